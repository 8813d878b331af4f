"""A container frozen, as docker pause does it, then killed and thawed; and everybody in it killed at once."""
import os
import signal

import pytest

import freezer
import waiting
from hangs import HEALTHY, HOLDER, both_loads
from inits import assert_hangs, assert_killed


@pytest.fixture(params=[1, 2], ids=["cgroup v1", "cgroup v2"])
def frozen(request):
    if not freezer.available(request.param):
        pytest.skip(f"no freezer of cgroup v{request.param} here")
    group = freezer.Freezer(request.param)
    yield group
    group.close()


@both_loads
def test_init_frozen_killed_thawed(guarded, frozen, load):
    container, _ = guarded(load)
    frozen.take(container.pid).freeze()
    container.kill()
    frozen.thaw()
    assert_killed(container)


@pytest.mark.parametrize("pause", [0, 2.5])
@both_loads
def test_all_frozen_killed_thawed(guarded, frozen, load, pause):
    """As docker pause, docker kill, docker unpause; also later than a guardian ends that is held up."""
    container, _ = guarded(load)
    frozen.take(*container.processes()).freeze()
    waiting.moment(pause)
    container.kill()
    frozen.thaw()
    assert_killed(container)


def test_what_a_frozen_container_does_when_killed(containers, frozen, request):
    """What differs from tini.

    On cgroup v2 a frozen task may die, so a healthy container under tini ends at once, frozen as it is; under fini
    PID 1 stops in its exit for its guardian, which is frozen, until the thaw. On v1 nobody who is frozen dies, and both
    wait for the thaw. docker unpause does it.
    """
    ended = {}
    for init in ("tini", "fini"):
        container = containers()
        container.start(init, HEALTHY + "\nfinish").wait_ready()
        frozen.take(*container.processes()).freeze()
        ended[init] = container.kill().wait_end(1) is not None
        frozen.thaw()
        assert_killed(container)
    assert ended == {"tini": "v2" in request.node.name, "fini": False}


def kill_in_turn(container):
    for pid in container.processes():
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


@pytest.mark.parametrize("how", ["each in turn", "frozen meanwhile", "cgroup.kill"])
def test_residual_everybody_killed_at_once(guarded, how):
    """Not covered, shown here: SIGKILL of PID 1, guardian and server together still hangs. fini-doctor is for that."""
    container, _ = guarded(HOLDER)
    if how == "each in turn":
        kill_in_turn(container)
        return assert_hangs(container)
    version = 2 if how == "cgroup.kill" else 1
    if not freezer.available(version):
        pytest.skip(f"no freezer of cgroup v{version} here")
    group = freezer.Freezer(version)
    try:
        group.take(*container.processes())
        if how == "cgroup.kill":
            if not group.can_kill():
                pytest.skip("no cgroup.kill before Linux 5.14")
            group.kill()
        else:
            group.freeze()
            kill_in_turn(container)
            group.thaw()
        assert_hangs(container)
    finally:
        group.close()
