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
SEED = f"{BY} nd a --hold-threads 3 --hold f; finish"
IGNORES = f"{BY} nd a --sigterm ignore --hold-threads 3 --hold f; finish"


@pytest.fixture
def place(container):
    """Launch options: any user in there may open /dev/fuse, and PID 1 lacks SYS_PTRACE."""
    path = container.path("fuse")
    os.mknod(path, 0o20666, os.stat("/dev/fuse").st_rdev)
    os.chmod(path, 0o666)
    container.give_to(NOBODY)
    return ["--bind", f"{path}:/dev/fuse", "--drop-cap", SYS_PTRACE]


@pytest.mark.parametrize("scene", [SEED, IGNORES], ids=["holds itself", "ignores SIGTERM"])
def test_main_exits_control(container, place, scene):
    container.start("tini", scene, launch=place).wait_ready()
    assert_hangs(container)


@both_finis
@pytest.mark.parametrize("scene", [SEED, IGNORES], ids=["holds itself", "ignores SIGTERM"])
def test_main_exits(container, place, init, scene):
    container.start(init, scene, HURRY, launch=place).wait_ready()
    container.guardian()
    assert_ends(container)


@both_finis
@pytest.mark.parametrize("scene", [SEED, IGNORES], ids=["holds itself", "ignores SIGTERM"])
def test_killed(container, place, init, scene):
    container.start(init, scene, HURRY, launch=place).wait_ready()
    container.guardian()
    assert_killed(container.kill())
    container.assert_nothing_left()


@both_finis
def test_server_killed_alone(container, place, init):
    """Its exit is stuck while main runs: the connection is aborted all the same."""
    container.start(init, SEED, HURRY, launch=place).wait_ready()
    container.guardian()
    [server] = container.named("ndrive")
    os.kill(server, signal.SIGKILL)
    waiting.until(lambda: not procfs.alive(server), 10, "gone")
    assert_ends(container)
