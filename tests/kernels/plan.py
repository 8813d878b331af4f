"""What every virtual machine goes through: each hang scene, ended in each way, under each init."""
import collections
import os
import sys

import debian

sys.path.insert(0, os.path.join(debian.TOP, "tests", "system"))

import hangs  # noqa: E402
from container import PROLOGUE  # noqa: E402

INITS = ("tini", "fini")
ENDS = {"exit": "main exits", "kill": "SIGKILL of PID 1"}
STATUS = {"exit": 7, "kill": -9}
SELF_WAIT = "own thread"  # scenes whose name begins so: fini must say why it aborted
WHY = "its server waits for itself"
BOUND_MS = {"tini": 6000, "fini": 20000}  # emulated: what has not ended by then hangs
# Beside every scene: a client of a drive that is served outside, see guest/foreign.c.
MAIN = PROLOGUE.format(tools="/bin", scratch="$1") + 'client stream "/foreign/mnt/${1##*/}"\n'

# A client inside execve(2), of a server that never answers it: whoever looks at the client waits as well, which an init
# that looks at nobody does not. It must end under fini too (tests/system/test_exec.py).
EXEC = """
rawfuse --log drives.log --name a --unanswered {unanswered} {more} mnt/a
[ "$(cat /proc/1/comm)" != fini ] || guarded
execer {how} mnt/a/f &
until grep -q "a UNANSWERED {unanswered}" drives.log; do :; done"""
HARMLESS = {  # under tini
    "client in execve(2), its FLUSH is never answered": EXEC.format(unanswered="FLUSH", more="", how="open"),
    "client in execve(2) with a dirty mapping, its WRITE is never answered":
        EXEC.format(unanswered="WRITE", more="", how="map"),
}
# Before, write-back was over once pages had been copied for the server: nobody waited. On any other kernel a client that
# is not seen inside execve(2) is a failure, and the scene is not left out.
WAITS_FROM = {scene: (6, 16) if "mapping" in scene else (0, 0) for scene in HARMLESS}
# And one that hangs under tini: then somebody is inside execve(2) while we read where all of them are.
IN_EXEC = {
    "client in execve(2) of a server that holds its own file":
        EXEC.format(unanswered="FLUSH", more="--hold f", how="open"),
}
# FUSE over io_uring, which the virtual machine switches on where its kernel has it.
RING = {
    "thread in read() of its own mount, over io_uring": """
rawfuse --log drives.log --name a --ring --leave --stubborn --unanswered READ --read f mnt/a
until grep -q "a UNANSWERED READ" drives.log; do :; done
grep -q "a BY RING" drives.log""",
    # No abort ends this one once the server is dead: fini has to be first.
    "holds a file of its own mount, over io_uring": """
rawfuse --log drives.log --name a --ring --leave --hold f mnt/a
grep -q "a BY RING" drives.log""",
}
RING_SWITCH = "/sys/module/fuse/parameters/enable_uring"
SCENES = {**hangs.SCENES, **HARMLESS, **IN_EXEC, **RING}

Cell = collections.namedtuple("Cell", "number scene end init")


def cells():
    """All of them, in the order in which they run; their numbers count from 0."""
    kinds = [(scene, end, init) for scene in SCENES for end in ENDS for init in INITS]
    return [Cell(number, *kind) for number, kind in enumerate(kinds)]


def files(runs):
    """The plan and its scenes, as files of the virtual machine. Controls only wait: all runs at once."""
    names = list(SCENES)
    lines = [f"{cell.number} {cell.init} {cell.end} {'together' if cell.init == 'tini' else 'alone'} {runs} "
             f"{BOUND_MS[cell.init]} /scenes/{names.index(cell.scene)} {RING_SWITCH if cell.scene in RING else '/'} "
             f"{'execve' if cell.scene in {**HARMLESS, **IN_EXEC} else '-'}\n" for cell in cells()]
    scenes = {f"scenes/{number}": (MAIN + SCENES[name] + "\nfinish\n").encode() for number, name in enumerate(names)}
    return {"plan": "".join(lines).encode(), **scenes}
