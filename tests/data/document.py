"""docs/data.md: the table, and what was lost where. Every number in it was measured."""
import datetime
import os
import platform
import re
import subprocess
import textwrap

import files
import npm
from cell import GIVE_UP, STOP_TIMEOUT
from daemons import DAEMONS

INIT_PACKAGES = ("tini", "dumb-init", "catatonit")
IN_WORDS = {
    "closed": "closed files",
    "open": "the open file",
    "renamed": "renamed files",
    "mapped": "the dirty mapping",
    files.LAST: "last words",
}


def mb(size):
    return f"{size / files.MIB:.1f}"


def share(cell, kinds):
    """Percent, rounded down, so that 100 is all of it."""
    all_of = sum(cell["wanted"][kind] for kind in kinds)
    return f"{1000 * sum(cell['arrived'][kind] for kind in kinds) // all_of / 10:g} %"


def in_cell(cell, kinds):
    if "error" in cell:
        return "not measured"
    time = "**hangs**" if cell["hangs"] else f"{cell['seconds']:.2f} s"
    return time if cell["arrived"] is None else f"{share(cell, kinds)}, {time}"


def in_short(cell):
    """One line for who looks on."""
    return f"{in_cell(cell, IN_WORDS)}; {cell.get('error') or lost(cell)}"


def lost(cell):
    """In words."""
    if cell["arrived"] is None:
        return "hangs" if cell["hangs"] else "ends"
    wanted = cell["wanted"]
    parts = [f"{mb(wanted[kind] - cell['arrived'][kind])} of {mb(wanted[kind])} MB of {words}"
             for kind, words in IN_WORDS.items() if cell["arrived"][kind] < wanted[kind]]
    return "lost " + ", ".join(parts) if parts else "lost nothing"


def table(rows, inits, kinds):
    lines = ["| | " + " | ".join(inits) + " |", "|---" * (len(inits) + 1) + "|"]
    lines += [f"| {name} | " + " | ".join(in_cell(row[init], kinds) for init in inits) + " |"
              for name, row in rows.items()]
    return "\n".join(lines) + "\n"


def sentence(daemon, row):
    """Who lost what, those with the same losses together; fini first."""
    found = {}
    for init in sorted(row, key=lambda init: init != "fini"):
        cell = row[init]
        if "error" in cell:
            said = f"not measured ({cell['error'].splitlines()[0]})"
        else:
            said = lost(cell)
            if cell["hangs"]:
                said += f", and hung until it was released ({cell['stuck'][0] if cell['stuck'] else 'not seen where'})"
        found.setdefault(said, []).append(init)
    misnamed = {init: len(cell["misnamed"]) for init, cell in row.items() if cell.get("misnamed")}
    note = daemon.note
    if misnamed:
        note += " Found under the name they had before they were renamed, and counted: "
        note += ", ".join(f"{init} {count} files" for init, count in misnamed.items()) + "."
    who = "; ".join(f"{', '.join(names)}: {said}" for said, names in found.items())
    return f"- **{daemon.name}** ({daemon.started}). {who}. {note}".rstrip()


def failures(rows):
    """What must not be: fini hung, or a cell was not measured."""
    found = [f"{name}: hung under fini" for name, row in rows.items() if row["fini"].get("hangs")]
    return found + [f"{name}, {init}: {cell['error']}" for name, row in rows.items() for init, cell in row.items()
                    if "error" in cell]


def complete(rows, init, kinds):
    """The daemons of which everything arrived."""
    return [name for name, row in rows.items() if row[init].get("arrived") and not row[init]["hangs"]
            and all(row[init]["arrived"][kind] == row[init]["wanted"][kind] for kind in kinds)]


def summary(rows, inits):
    writable = [name for name, row in rows.items() if any(cell.get("arrived") for cell in row.values())]
    return "\n".join(
        f"- {init}: everything arrived in {len(complete(rows, init, IN_WORDS))} of {len(writable)} rows, "
        f"everything written before the stop in {len(complete(rows, init, files.KINDS))}." for init in inits)


def version(package):
    return subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package], capture_output=True, text=True).stdout


def of_npm():
    return ", ".join(f"{name} {npm.version(name)}" for name in sorted(npm.VERSIONS))


def versions(names):
    return ", ".join(f"{name} {version(name)}" for name in names)


HEAD = """
Made by `{command}` (tests/data/table) on {date}, in one run: Linux {kernel}, {cpus} CPUs, {at_once} daemons at a time,
{fini}; {inits}; {daemons}, {of_npm}. Nothing here is typed by hand; to have the numbers of your machine, run it there.

Main is a shell script, as users write it: it starts the daemon, waits until it is mounted, and starts four applications
in the background. One has written files and closed them, one still has its file open, one renamed its files, one has a
dirty shared mapping: {before} MB in all. At SIGTERM each of them writes its last words, {last} MB, and exits. Then
the stop, as docker stop does it: SIGTERM to PID 1, of which main ends at once, and SIGKILL after {stop} s. What the
daemon stores to (an ssh, S3, WebDAV or GlusterFS server, a loop device, a directory) is outside of the container,
unless the row says "inside": then it is a process of the container, too. A cell is the share of the bytes that are
there afterwards, read back from there, and the time from the stop to the end of the PID namespace. "{by_hand}" is tini,
but main ends the applications, waits, unmounts, waits for the daemon, and ends what is left: the best a script can do.
A container that is still there {give_up} s after the stop hangs; only its own connections are then aborted.
"""


def for_readme(rows, inits):
    """How many rows were complete, and which were not under fini."""
    writable = [name for name, row in rows.items() if any(cell.get("arrived") for cell in row.values())]
    done = {init: complete(rows, init, IN_WORDS) for init in inits}
    missing = [name for name in writable if name not in done["fini"]]
    counts = " | ".join(str(len(done[init])) for init in inits)
    said = "; ".join(f"{name} ({share(rows[name]['fini'], IN_WORDS)})" for name in missing)
    return f"""| | {" | ".join(inits)} |
|{"---|" * (len(inits) + 1)}
| complete, of {len(writable)} | {counts} |

Not complete under fini: {said or "none"}.
"""


def paragraphs(text):
    return "\n\n".join(textwrap.fill(" ".join(paragraph.split()), 120, break_on_hyphens=False, break_long_words=False)
                       for paragraph in text.strip().split("\n\n"))


def head(by_hand, megabytes, fini, at_once):
    sizes = files.sizes(files.unit(megabytes))
    return paragraphs(HEAD.format(
        command="make data-table" + (f" DATA_MB={megabytes}" if megabytes != 100 else ""),
        date=datetime.date.today(), kernel=re.match(r"[0-9.]+", platform.release())[0], cpus=os.cpu_count(),
        at_once=at_once,
        fini=subprocess.run([fini, "--version"], capture_output=True, text=True).stdout.strip(),
        inits=versions(INIT_PACKAGES),
        daemons=versions(sorted({package for daemon in DAEMONS for package in daemon.packages})),
        of_npm=of_npm(), by_hand=by_hand, stop=STOP_TIMEOUT, give_up=GIVE_UP, last=mb(files.unit(megabytes)),
        before=mb(sum(size for kind, size in sizes.items() if kind != files.LAST))))


def document(rows, inits, by_hand, megabytes, fini, at_once):
    return f"""# What arrives: FUSE servers in a container that is stopped

{head(by_hand, megabytes, fini, at_once)}

All bytes, the last words too:

{table(rows, inits, IN_WORDS)}
Only what was written before the stop:

{table(rows, inits, files.KINDS)}
{summary(rows, inits)}

What was lost where (in brackets: how the daemon runs):

{chr(10).join(sentence(daemon, rows[daemon.name]) for daemon in DAEMONS)}
"""
