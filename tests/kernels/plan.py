"""What every virtual machine goes through: each hang scene, ended in each way, under each init."""
import collections
import os
import sys

import debian

sys.path.insert(0, os.path.join(debian.TOP, "tests", "system"))

from container import PROLOGUE  # noqa: E402
from hangs import SCENES  # noqa: E402

INITS = ("tini", "fini")
ENDS = {"exit": "main exits", "kill": "SIGKILL of PID 1"}
STATUS = {"exit": 7, "kill": -9}
SELF_WAIT = "own thread"  # scenes whose name begins so: fini must say why it aborted
WHY = "its server waits for itself"
BOUND_MS = {"tini": 6000, "fini": 20000}  # emulated: what has not ended by then hangs
# Beside every scene: a client of a drive that is served outside, see guest/foreign.c.
MAIN = PROLOGUE.format(tools="/bin", scratch="$1") + 'client stream "/foreign/mnt/${1##*/}"\n'

Cell = collections.namedtuple("Cell", "number scene end init")


def cells():
    """All of them, in the order in which they run; their numbers count from 0."""
    kinds = [(scene, end, init) for scene in SCENES for end in ENDS for init in INITS]
    return [Cell(number, *kind) for number, kind in enumerate(kinds)]


def files(runs):
    """The plan and its scenes, as files of the virtual machine. Controls only wait: all runs at once."""
    names = list(SCENES)
    lines = [f"{cell.number} {cell.init} {cell.end} {'together' if cell.init == 'tini' else 'alone'} {runs} "
             f"{BOUND_MS[cell.init]} /scenes/{names.index(cell.scene)}\n" for cell in cells()]
    scenes = {f"scenes/{number}": (MAIN + SCENES[name] + "\nfinish\n").encode() for number, name in enumerate(names)}
    return {"plan": "".join(lines).encode(), **scenes}
