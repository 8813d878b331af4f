"""Containers that never end under any other init: a FUSE server that waits, dying, for its own answer.

Each scene runs under tini as control, where it must hang, and under fini, where it must not.
"""
import re

import pytest

from inits import HANG, assert_ends, both_finis

# What the server does to itself before main exits.
SCENES = {
    "holds a file of its own mount, 1 thread": "nd a -s --hold f",
    "holds a file of its own mount, 3 threads": "nd a --hold-threads 3 --hold f",
    "two servers hold each other's files": """
        nd a --await-mount $S/mnt/b --hold $S/mnt/b/f &
        nd b --await-mount $S/mnt/a --hold $S/mnt/a/f
        wait $!""",
    "wrote to its own file, writeback_cache": "nd a --writeback-cache --dirty f",
    "wrote to its own file, writeback_cache, no FLUSH": "nd a --writeback-cache --no-flush --dirty f",
    "dirty mapping of its own file, writeback_cache": "nd a --writeback-cache --map f",
    "dirty mapping of its own file": "nd a --map f",
    "own thread in read() of its own mount": "nd a --never-read seed --read seed",
    "own thread in a page fault on its own mount": "nd a --never-read seed --fault seed",
    "helper with a higher /dev/fuse and a file": "nd a --helper f",
}
scenes = pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES.keys())


@scenes
def test_control_hangs(container, scene):
    container.start("tini", scene + "\nfinish").wait_ready()
    assert container.connections
    assert container.finish(7).wait_end(HANG) is None, "the control ended: this scene shows nothing"
    stuck = container.stuck()
    assert any(thread.state == "D" for thread in stuck), stuck
    assert re.search(r"request_wait_answer|folio_wait", "".join(thread.wchan + thread.stack for thread in stuck))
    assert container.release(), "it ended without an abort: this was no hang"


@scenes
@both_finis
def test_ends(container, scene, init):
    container.start(init, scene + "\nfinish").wait_ready()
    assert container.connections
    assert_ends(container)
