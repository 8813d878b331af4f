"""Root inside mounts FUSE over what /proc shows of a process, and the server does not answer: fini must not ask it."""
import pytest

from inits import PROMPT, assert_ends, assert_killed, both_finis

NOBODY = 65534

# A server of another user, whose files PID 1 reads with that user's ids; then a mount on what /proc has of it, or of
# PID 1. Nothing but the mount itself is ever answered.
SCENE = """
rawfuse --uid {uid} --name served --log drives.log {hold} mnt/a
ready; await_go
P=$(pgrep -o rawfuse)
rawfuse --leave --unanswered all /proc/{covered}
finish
"""
COVERED = ["$P", "$P/fd", "$P/fdinfo", "$P/task", "1", "1/task"]
each_place = pytest.mark.parametrize("covered", COVERED)


@pytest.fixture
def start(container):
    def start(init, covered, hold=""):
        container.start(init, SCENE.format(uid=NOBODY, covered=covered, hold=hold)).wait_ready()
        if init != "tini":
            container.guardian()
        return container.go().wait_ready()
    return start


@each_place
def test_control_ends(start, covered):
    assert_ends(start("tini", covered))


@each_place
@both_finis
def test_ends(start, covered, init):
    assert_ends(start(init, covered, "--hold f"), seconds=PROMPT + 3)


@each_place
@both_finis
def test_ends_at_a_sigkill(start, covered, init):
    assert_killed(start(init, covered, "--hold f").kill(), seconds=PROMPT + 1)
