"""A server that holds a file of its own mount open, under crun alone; and what crun delete -f does to everybody."""
import contextlib
import shutil
import time

import pytest

import crun
import engine
import measured
import scenes
import waiting
import world

RUNS = measured.runs(10)


@pytest.fixture(scope="module")
def rooted(image):
    """Where crun runs."""
    if not shutil.which("crun"):
        pytest.skip("needs crun")
    made = world.World(rootless=False)
    yield made
    left = made.close()
    assert not left, f"crun left {left}"


@pytest.fixture
def cruns(rooted, watch):
    """Makes containers; whatever happens they are gone after the test."""
    with contextlib.ExitStack() as stack:
        def make(*arguments, **options):
            made = crun.Crun(rooted, watch, *arguments, **options)
            stack.callback(made.close)
            return made.start()
        yield make


def kill(container, signal, seconds=engine.ENDS):
    """The seconds from crun kill, which only sends a signal, to the container's end."""
    start = time.monotonic()
    engine.check(container.kill(signal=signal))
    waiting.until(lambda: container.state() == "stopped", seconds, "stopped")
    return time.monotonic() - start


each_signal = pytest.mark.parametrize("signal", ["TERM", "KILL"])


@each_signal
def test_control_hangs(cruns, signal):
    container = cruns("tini", scenes.SEED)
    assert container.watched.connections
    with pytest.raises(waiting.Late):
        kill(container, signal, engine.HANG)
    assert container.watched.stuck()
    assert container.watched.release(), "it ended without an abort: this was no hang"


@each_signal
def test_kill(cruns, signal):
    own = max(kill(cruns("tini", scenes.NOTHING), signal) for _ in range(min(3, RUNS)))
    for _ in range(RUNS):
        container = cruns("fini", scenes.SEED)
        assert container.watched.connections
        container.watched.await_guardian()
        seconds = kill(container, signal, own + engine.SLACK + engine.HANG)
        assert seconds < own + engine.SLACK, f"{seconds:.2f} s, a harmless container {own:.2f} s"
        measured.seconds(f"crun kill {signal}, fini over tini without FUSE", seconds - own)
        container.watched.assert_gone()
        engine.check(container.remove())


def test_residual_delete_kills_everybody(cruns):
    """Not covered, shown here: crun delete -f of a running container is a SIGKILL to all of its cgroup at once.

    podman does not do that: it kills PID 1, waits, and lets crun delete what has ended.
    """
    container = cruns("fini", scenes.SEED)
    assert container.watched.connections
    engine.check(container.remove())
    with pytest.raises(waiting.Late):
        container.watched.assert_gone(engine.HANG)
    assert container.watched.stuck()
    assert container.watched.release(), "it ended without an abort: this was no hang"


@pytest.mark.parametrize("isolated", [False, True], ids=["control", "--isolate"])
def test_delete_with_isolated_servers(cruns, isolated):
    """--isolate covers it: the server cannot hold what it cannot see."""
    container = cruns("fini", scenes.NOTHING, [*(["--isolate"] if isolated else []), "--server", scenes.GATED])
    assert container.watched.connections
    container.scratch.hold()
    engine.check(container.remove())
    if isolated:
        return container.watched.assert_gone()
    with pytest.raises(waiting.Late):
        container.watched.assert_gone(engine.HANG)
    assert container.watched.release(), "it ended without an abort: this was no hang"
