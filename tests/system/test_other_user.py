"""Servers of another user than PID 1's, where PID 1 has no CAP_SYS_PTRACE, as in docker by default."""
import os
import signal

import pytest

import procfs
import waiting
from inits import HURRY, assert_ends, assert_hangs, assert_killed, both_finis

SYS_PTRACE = "19"
NOBODY = 65534
BY = f"BY='setpriv --reuid={NOBODY} --regid={NOBODY} --clear-groups'"
SCENES = {
    "holds itself": f"{BY} nd a --hold-threads 3 --hold f; finish",
    "ignores SIGTERM": f"{BY} nd a --sigterm ignore --hold-threads 3 --hold f; finish",
}
each_scene = pytest.mark.parametrize("scene", SCENES)


@pytest.fixture
def start(container, for_nobody):
    def start(init, scene, options=HURRY):
        container.start(init, SCENES[scene], options, launch=[*for_nobody, "--drop-cap", SYS_PTRACE]).wait_ready()
        return container
    return start


@each_scene
def test_control_hangs(start, scene):
    assert_hangs(start("tini", scene, ()))


@both_finis
@each_scene
def test_main_exits(start, init, scene):
    container = start(init, scene)
    container.guardian()
    assert_ends(container)


@both_finis
@each_scene
def test_killed(start, init, scene):
    container = start(init, scene)
    container.guardian()
    assert_killed(container.kill())


@both_finis
def test_server_killed_alone(start, init):
    """Its exit is stuck while main runs: the connection is aborted all the same."""
    container = start(init, "holds itself")
    container.guardian()
    [server] = container.named("ndrive")
    os.kill(server, signal.SIGKILL)
    waiting.until(lambda: not procfs.alive(server), 10, "gone")
    assert_ends(container)
