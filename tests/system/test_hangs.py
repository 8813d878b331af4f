"""Containers that never end under any other init: a FUSE server that waits, dying, for its own answer.

Each scene runs under tini as control, where it must hang, and under fini, where it must not.
"""
import re

from hangs import hang_scenes
from inits import HANG, assert_ends, both_finis


@hang_scenes
def test_control_hangs(container, scene):
    container.start("tini", scene + "\nfinish").wait_ready()
    assert container.connections
    assert container.finish(7).wait_end(HANG) is None, "the control ended: this scene shows nothing"
    stuck = container.stuck()
    assert any(thread.state == "D" for thread in stuck), stuck
    assert re.search(r"request_wait_answer|folio_wait", "".join(thread.wchan + thread.stack for thread in stuck))
    assert container.release(), "it ended without an abort: this was no hang"


@hang_scenes
@both_finis
def test_ends(container, scene, init):
    container.start(init, scene + "\nfinish").wait_ready()
    assert container.connections
    assert_ends(container)
