"""What the documents say is what the program does: its options, their defaults, and the commands that README names."""
import glob
import os
import re
import subprocess

import pytest

from container import INITS, TOP
from inits import HANG, PROMPT

TABLE = "init/cli/fini.c"
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


def table_options():
    """{--name: its letter, or nothing} of the option table"""
    table = re.search(r"struct option table\[\] = \{\n(.*?)^\};", read(TABLE), re.MULTILINE | re.DOTALL).group(1)
    return {f"--{name}": letter for letter, name in re.findall(r"\{ (?:0|'(\w)'), \"([a-z-]+)[=\"]", table)}


def table_defaults():
    """{--name: milliseconds} of the option table, for what has a duration other than none."""
    table = read(TABLE) + read("init/limits.h")
    constants = dict(re.findall(r"^#define (\w+_MS) (\d+)", table, re.MULTILINE))
    fields = dict(re.findall(r"\.(\w+_ms) = (\w+_MS)", table))
    names = {field: name for name, field in
             re.findall(r'"([a-z-]+)", OPTION_DURATION, \w+,\s*FIELD\((\w+)\)', table)}
    return {f"--{names[field]}": int(constants[constant]) for field, constant in fields.items()}


def milliseconds(duration):
    number, unit = re.fullmatch(r"([\d.]+)([a-z]+)", duration).groups()
    return float(number) * UNITS[unit]


def test_help_has_the_options_of_the_table_and_no_other():
    assert len(table_options()) >= 30
    assert help_options().keys() == table_options().keys()


def test_the_man_page_has_the_options_of_the_table_and_no_other():
    assert man_options().keys() == table_options().keys()


def test_letters_are_the_same():
    table = {name: letter for name, letter in table_options().items() if letter}
    man = re.findall(r"^\.It Fl (\w) , -([a-z-]+)", read("man/fini.8"), re.MULTILINE)
    text = subprocess.run([INITS["fini"], "--help"], capture_output=True, text=True, check=True).stdout
    helped = re.findall(r"^ {2}-(\w), --([a-z-]+)", text, re.MULTILINE)
    assert {f"--{name}": letter for letter, name in man} == table
    assert {f"--{name}": letter for letter, name in helped} == table


def test_every_help_begins_in_the_same_column():
    text = subprocess.run([INITS["fini"], "--help"], capture_output=True, text=True, check=True).stdout
    for line in text.split("\n\n")[1].splitlines():
        assert re.match(r".{31} \S|      --\S+ \S{19,}$", line), line


def test_the_table_has_defaults():
    assert len(table_defaults()) >= 6


@pytest.mark.parametrize("name", sorted(table_defaults()))
def test_defaults(name):
    expected = table_defaults()[name]
    assert milliseconds(man_default(man_options()[name])) == expected, "man page"
    assert milliseconds(re.search(r"\(([\d.]+\w+)\)", help_options()[name]).group(1)) == expected, "--help"
    row = re.search(rf"^\| `{name} DUR` \| ([\w.]+) \|", read("docs/options.md"), re.MULTILINE)
    assert row and milliseconds(row.group(1)) == expected, "docs/options.md"


@pytest.mark.parametrize("name", sorted(help_options().keys() & man_options().keys()))
def test_table_of_options_has_every_one_that_is_not_tinis(name):
    tinis = {"--pdeathsig", "--subreaper", "--verbose", "--verbosity", "--warn-on-reap", "--kill-process-group",
             "--remap-exit", "--license", "--help", "--version"}
    assert name in tinis or f"| `{name}" in read("docs/options.md")


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


def test_readme_shows_what_the_doctor_has_shown():
    """The picture of docs/doctor.md, which is made from real docker."""
    made = re.search(r"^<!-- docker, from make engines -->\n(.*?)\n<!-- end -->", read("docs/doctor.md"),
                     re.MULTILINE | re.DOTALL)[1]
    shown = re.search(r"^<!-- from docs/doctor.md, by make engines -->\n(.*?)\n<!-- end -->", read("README.md"),
                      re.MULTILINE | re.DOTALL)[1]
    assert shown == made
    for wanted in ("docker kill seed", "does not end", "zap_pid_ns_processes", "request_wait_answer", "SIGKILL pending",
                   "<defunct>", "its server: dead", "fini-doctor release seed", "it has ended", "works"):
        assert wanted in shown, wanted


def test_exit_statuses_of_our_own():
    """Each that the sources have a name for is in EXIT STATUS; those of servers in README too."""
    man = re.search(r"^\.Sh EXIT STATUS\n(.*?)^\.Sh ", read("man/fini.8"), re.MULTILINE | re.DOTALL).group(1)
    ours = re.findall(r"^#define EXIT_(SERVER_)?\w+ (\d+)", read("init/servers.c") + read("init/main.c"), re.MULTILINE)
    ours += [("", number) for number in re.findall(r"EXIT_NOT_\w+ = (\d+)", read("init/spawn.c"))]
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


def rescue():
    """The commands of README's box for a container that hangs, in order."""
    box = re.search(r"^> ```sh\n(.*?)^> ```", read("README.md"), re.MULTILINE | re.DOTALL).group(1)
    return [line.removeprefix("> ").partition("  #")[0].strip() for line in box.splitlines()]


def bash(script):
    """Its output, where fusectl is mounted, as README says."""
    mount = "mount -t fusectl none /sys/fs/fuse/connections; "
    return subprocess.run(["unshare", "--mount", "bash", "-c", mount + script], capture_output=True, text=True,
                          timeout=20).stdout


def test_readme_rescues_a_container_that_hangs(container):
    """Its commands as they stand there, but for the first: this container is none of docker's."""
    assert "`mount -t fusectl none /sys/fs/fuse/connections`" in read("README.md")
    find, who, numbers, mounts, abort = rescue()
    assert find.startswith("P=$(docker inspect") and find.endswith(" NAME)")
    container.start("tini", "nd a --hold own\nfinish").wait_ready().finish()
    assert container.wait_end(HANG) is None, "no hang to be rescued from"
    found = f"P={container.pid}; {who}"
    assert re.search(r"\b(request_wait_answer|fuse_\w+) +ndrive$", bash(found), re.MULTILINE), bash(found)
    [connection] = container.new_connections()
    assert f"/{connection.id}/waiting:" in bash(numbers)
    assert re.search(r"/N/|:N ", mounts + abort)
    ours = set(container.processes())
    mounted = {int(pid) for pid in re.findall(r"/proc/(\d+)/", bash(mounts.replace("0:N", f"0:{connection.id}")))}
    assert mounted <= ours, "somebody else mounts it"
    bash(abort.replace("/N/", f"/{connection.id}/"))
    assert container.wait_end(PROMPT) is not None, "not rescued"


def test_readme_answers_on_its_first_screen_and_a_half():
    """At 80 columns: symptoms, rescue, the three lines of a Dockerfile, and what to do with FUSE and without."""
    screen = read("README.md").splitlines()[:36]
    assert all(len(line) <= 80 for line in screen)
    text = "\n".join(screen)
    for wanted in ("docker stop", "It hangs now", "/abort", "COPY --from=fini", "ENTRYPOINT [", "CMD [", "No FUSE inside?",
                   "FUSE inside?", "--cap-add SYS_ADMIN"):
        assert wanted in text, wanted


def test_readme_is_read_in_a_few_minutes():
    """Details belong into docs/ and the manual."""
    assert len(read("README.md").split()) <= 1350


def test_readme_commands_are_make_targets():
    commands = re.findall(r"^make .*|`make [a-z-]+`", read("README.md"), re.MULTILINE)
    named = set(re.findall(r"\bmake ([a-z-]+)", " ".join(commands)))
    makefiles = ["Makefile", *(f"tools/{name}" for name in os.listdir(os.path.join(TOP, "tools"))
                               if name.endswith(".mk"))]
    rules = set(re.findall(r"^([a-z-]+):", "".join(map(read, makefiles)), re.MULTILINE))
    assert {"demo", "check", "data-table", "kernels", "engines"} <= named <= rules


def test_links_lead_to_files():
    for document in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "deploy/README.md", "docs/architecture.md",
                     "docs/kernel.md", "docs/options.md", "docs/tini.md", "docs/rights.md"):
        for link in re.findall(r"\]\(([^)#:]+)\)", read(document)):
            assert os.path.exists(os.path.join(TOP, os.path.dirname(document), link)), f"{document}: {link}"


def test_man_page_has_no_warnings():
    done = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", os.path.join(TOP, "man/fini.8")],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_diagnostics_has_every_line_of_the_default_level():
    """Every message that the sources log as an error or a warning; what varies in it counts as nothing."""
    sources = "".join(read(name) for directory in ("init", "src")
                      for name in sorted(glob.glob(f"{directory}/**/*.c", root_dir=TOP, recursive=True)))
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
