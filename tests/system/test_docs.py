"""What the documents say is what the program does: its options, their defaults, and the commands that README names."""
import os
import re
import subprocess

import pytest

from container import INITS, TOP

UNITS = {"ms": 1, "s": 1000, "m": 60000, "h": 3600000}


def read(name):
    with open(os.path.join(TOP, name), encoding="utf-8") as file:
        return file.read()


def help_options():
    """{--name: its help}"""
    text = subprocess.run([INITS["fini"], "--help"], capture_output=True, text=True, check=True).stdout
    text = text.partition("\n\n")[2].partition("\n\n")[0]
    items = re.split(r"^ {2}(?:-\w, | {4})(?=--)", text, flags=re.MULTILINE)[1:]
    return {re.match(r"--[a-z-]+", item).group(): item for item in items}


def man_options():
    """{--name: its section of OPTIONS, as source}"""
    options = re.search(r"^\.Sh OPTIONS\n(.*?)^\.Sh ", read("man/fini.8"), re.MULTILINE | re.DOTALL).group(1)
    items = re.split(r"^\.It Fl (?:\w , )?-(?=[a-z])", options, flags=re.MULTILINE)[1:]
    return {"--" + re.match(r"[a-z-]+", item).group(): item for item in items}


def man_default(item):
    found = re.search(r"The default is\n\.Cm (\S+)", item)
    return found and found.group(1)


def table_defaults():
    """{--name: milliseconds} of the option table, for what has a duration other than none."""
    table = read("init/option_table.c")
    constants = dict(re.findall(r"^#define (\w+_MS) (\d+)", table, re.MULTILINE))
    fields = dict(re.findall(r"\.(\w+_ms) = (\w+_MS)", table))
    names = dict(re.findall(r'OPTION_DURATION, FIELD\((\w+)\),\s*"([a-z-]+)"', table))
    return {f"--{names[field]}": int(constants[constant]) for field, constant in fields.items()}


def milliseconds(duration):
    number, unit = re.fullmatch(r"([\d.]+)([a-z]+)", duration).groups()
    return float(number) * UNITS[unit]


def test_every_option_of_help_is_in_the_man_page():
    assert help_options().keys() - man_options().keys() == set()


def test_every_option_of_the_man_page_is_in_help():
    assert man_options().keys() - help_options().keys() == set()


def test_letters_are_the_same():
    man = dict(re.findall(r"^\.It Fl (\w) , -([a-z-]+)", read("man/fini.8"), re.MULTILINE))
    text = subprocess.run([INITS["fini"], "--help"], capture_output=True, text=True, check=True).stdout
    assert man == dict(re.findall(r"^ {2}-(\w), --([a-z-]+)", text, re.MULTILINE))


def test_the_table_has_defaults():
    assert len(table_defaults()) >= 6


@pytest.mark.parametrize("name", sorted(table_defaults()))
def test_defaults(name):
    expected = table_defaults()[name]
    assert milliseconds(man_default(man_options()[name])) == expected, "man page"
    assert milliseconds(re.search(r"\(([\d.]+\w+)\)", help_options()[name]).group(1)) == expected, "--help"
    row = re.search(rf"^\| `{name} DUR` \| ([\w.]+) \|", read("README.md"), re.MULTILINE)
    assert row and milliseconds(row.group(1)) == expected, "README"


@pytest.mark.parametrize("name", sorted(help_options().keys() & man_options().keys()))
def test_readme_has_every_option_that_is_not_tinis(name):
    tinis = {"--pdeathsig", "--subreaper", "--verbose", "--verbosity", "--warn-on-reap", "--kill-process-group",
             "--remap-exit", "--license", "--help", "--version"}
    assert name in tinis or f"| `{name}" in read("README.md")


def first_table(text, after):
    """[[cell]] of the first table after those words, its ruler left out."""
    rows = text.partition(after)[2].partition("\n\n|")[2].partition("\n\n")[0].split("\n")
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows if not row.startswith("|---")]


def test_readme_states_what_arrived():
    """The numbers of docs/data.md: in how many rows everything arrived, and the rows of fini's where it did not."""
    data = read("docs/data.md")
    counts = re.findall(r"^- ([^:*]+): everything arrived in (\d+) of (\d+) rows", data, re.MULTILINE)
    inits, *rows = first_table("\n" + data, "All bytes, the last words too:")
    fini = {row[0]: row[inits.index("fini")].partition(",")[0] for row in rows}
    short = [f"{name} ({share})" for name, share in fini.items() if "%" in share and share != "100 %"]
    readme = read("README.md")
    names = "| | " + " | ".join(name for name, _, _ in counts) + " |"
    numbers = f"| complete, of {counts[0][2]} | " + " | ".join(number for _, number, _ in counts) + " |"
    assert f"{names}\n" in readme and f"\n{numbers}\n" in readme, f"README wants:\n{names}\n{numbers}"
    said = re.search(r"^Not complete under fini: ([^\n]*)\.$", readme, re.MULTILINE)
    assert (said.group(1) if said else "") == "; ".join(short)


def test_exit_statuses_of_our_own():
    """Each that the sources have a name for is in EXIT STATUS; those of servers in README too."""
    man = re.search(r"^\.Sh EXIT STATUS\n(.*?)^\.Sh ", read("man/fini.8"), re.MULTILINE | re.DOTALL).group(1)
    ours = re.findall(r"^#define EXIT_(SERVER_)?\w+ (\d+)", read("init/finish.c") + read("init/main.c"), re.MULTILINE)
    ours += [("", number) for number in re.findall(r"EXIT_NOT_\w+ = (\d+)", read("src/spawn.c"))]
    assert {number for _, number in ours} >= {"1", "124", "125", "126", "127"}
    for of_servers, number in ours:
        assert f".It {number}\n" in man, number
        assert not of_servers or re.search(rf"\b{number}\b if ", read("README.md")), number


@pytest.mark.parametrize("status, stats, done", [
    (0, (0, 0), True), (0, (1, 0), False), (0, (0, 1), False), (0, (0, 10), False), (1, (0, 0), False)])
def test_script_of_the_man_page_that_asks_rclone(tmp_path, status, stats, done):
    script = re.search(r"^#!/bin/sh\nstats=.*?(?=^\.Ed)", read("man/fini.8"), re.MULTILINE | re.DOTALL).group()
    answer = '{\n\t"diskCache": {\n\t\t"uploadsInProgress": %d,\n\t\t"uploadsQueued": %d\n\t}\n}' % stats
    rclone = tmp_path / "rclone"
    rclone.write_text(f"#!/bin/sh\ncat <<'END'\n{answer}\nEND\nexit {status}\n")
    rclone.chmod(0o755)
    ran = subprocess.run(["sh", "-c", script], env={"PATH": f"{tmp_path}:{os.environ['PATH']}"})
    assert (ran.returncode == 0) == done


def test_readme_commands_are_make_targets():
    commands = re.findall(r"^make .*|`make [a-z-]+`", read("README.md"), re.MULTILINE)
    named = set(re.findall(r"\bmake ([a-z-]+)", " ".join(commands)))
    makefiles = ["Makefile", *(f"tools/{name}" for name in os.listdir(os.path.join(TOP, "tools"))
                               if name.endswith(".mk"))]
    rules = set(re.findall(r"^([a-z-]+):", "".join(map(read, makefiles)), re.MULTILINE))
    assert {"demo", "check", "data-table", "kernels", "engines"} <= named <= rules


def test_links_lead_to_files():
    for document in ("README.md", "docs/kernel.md", "CHANGELOG.md", "deploy/README.md"):
        for link in re.findall(r"\]\(([^)#:]+)\)", read(document)):
            assert os.path.exists(os.path.join(TOP, os.path.dirname(document), link)), f"{document}: {link}"


def test_man_page_has_no_warnings():
    done = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", os.path.join(TOP, "man/fini.8")],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_diagnostics_has_every_line_of_the_default_level():
    """Every message that the sources log as an error or a warning; what varies in it counts as nothing."""
    sources = "".join(read(f"{directory}/{name}") for directory in ("init", "src")
                      for name in sorted(os.listdir(os.path.join(TOP, directory))) if name.endswith(".c"))
    calls = re.findall(r"log_line\([^;]*?LOG_(?:ERROR|WARNING)\s*(?::[^,]*)?,\s*((?:\"[^\"]*\"\s*)+)", sources)
    man = subprocess.run(["mandoc", "-T", "utf8", "-O", "width=1000", os.path.join(TOP, "man/fini.8")],
                         capture_output=True, text=True, check=True).stdout
    man = re.sub(r"\s+", " ", re.sub(".\x08", "", man))
    assert len(calls) > 10
    for call in calls:
        message = "".join(re.findall(r'"([^"]*)"', call))
        # The longest run of fixed words is what a reader would search for.
        words = max(re.split(r"%\w+|[(:,\[]", message), key=len).strip()
        assert words in man, f"{message!r}: no {words!r} in DIAGNOSTICS"
