"""A server that holds a file of its own mount open, under runc alone."""
import contextlib
import shutil
import time

import pytest

import engine
import measured
import runc
import scenes
import waiting

pytestmark = pytest.mark.skipif(not shutil.which("runc"), reason="needs runc")
RUNS = measured.runs(10)


@pytest.fixture
def runcs(image, watch):
    """Makes containers; whatever happens they are gone after the test."""
    with contextlib.ExitStack() as stack:
        def make(*arguments):
            container = runc.Runc(watch, *arguments)
            stack.callback(container.close)
            return container.start()
        yield make


def ended(container, seconds):
    """Waits until runc says that it has stopped."""
    waiting.until(lambda: container.state() == "stopped", seconds, "stopped")


def kill(container, signal, seconds=engine.ENDS):
    """The seconds from runc kill, which only sends a signal, to the container's end."""
    start = time.monotonic()
    engine.check(container.kill(signal=signal))
    ended(container, seconds)
    return time.monotonic() - start


def remove(container, _=None, seconds=engine.ENDS):
    """The seconds that runc delete -f takes."""
    ran = container.remove(seconds=seconds)
    if ran.status != 0:  # it gives up after ten seconds
        raise waiting.Late(f"runc delete -f did not end it: {ran}")
    return ran.seconds


each_way = pytest.mark.parametrize("end, signal", [(kill, "TERM"), (kill, "KILL"), (remove, None)],
                                   ids=["kill TERM", "kill KILL", "delete -f"])


@each_way
def test_control_hangs(runcs, end, signal):
    container = runcs("tini", scenes.SEED)
    assert container.watched.connections
    with pytest.raises(waiting.Late):
        end(container, signal, seconds=engine.HANG)
    assert container.watched.stuck()
    assert container.watched.release(), "it ended without an abort: this was no hang"


@each_way
def test_ends(runcs, end, signal):
    own = max(end(runcs("tini", scenes.NOTHING), signal) for _ in range(min(3, RUNS)))
    for _ in range(RUNS):
        container = runcs("fini", scenes.SEED)
        assert container.watched.connections
        container.watched.await_guardian()
        seconds = end(container, signal, seconds=own + engine.SLACK + engine.HANG)
        assert seconds < own + engine.SLACK, f"{seconds:.2f} s, a harmless container {own:.2f} s"
        measured.seconds(f"runc {end.__name__} {signal or '-f'}, fini over tini without FUSE", seconds - own)
        container.watched.assert_gone()


def test_dirty_data_arrives(runcs):
    container = runcs("fini", scenes.DIRTY)
    container.watched.await_guardian()
    kill(container, "KILL")
    container.scratch.assert_written()
