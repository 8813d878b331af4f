"""A server that holds a file of its own mount open, under a kubelet's interface: StopContainer returns."""
import time

import pytest

import engine
import measured
import scenes

cri = pytest.importorskip("cri", reason="needs python3-grpcio and python3-protobuf")
RUNS = measured.runs(10)

# Seconds from SIGTERM to SIGKILL, and the container's exit status.
STOPS = {"SIGTERM": (30, 143), "SIGKILL": (0, 137)}
both_stops = pytest.mark.parametrize("grace, status", STOPS.values(), ids=STOPS)


def stopped(container, grace, **how):
    """The seconds that StopContainer took."""
    start = time.monotonic()
    container.stop(grace, **how)
    return time.monotonic() - start


@both_stops
def test_control_hangs(pods, grace, status):
    container = pods().container("tini", scenes.SEED)
    assert container.watched.connections
    with pytest.raises(cri.Late):
        container.stop(grace, seconds=engine.HANG)
    assert container.watched.stuck()
    assert container.watched.release(), "it ended without an abort: this was no hang"


@both_stops
def test_returns(pods, grace, status):
    pod = pods()
    own = max(stopped(pod.container("tini", scenes.NOTHING), grace) for _ in range(min(3, RUNS)))
    beside = pod.container("fini", scenes.NOTHING)
    for _ in range(RUNS):
        container = pod.container("fini", scenes.SEED)
        assert container.watched.connections
        container.watched.await_guardian()
        try:
            seconds = stopped(container, grace, seconds=own + engine.SLACK + engine.HANG)
        except cri.Late as late:
            raise AssertionError(f"{late}: {container.watched.describe()}: {container.log()}") from late
        assert seconds < own + engine.SLACK, f"{seconds:.2f} s, a harmless container {own:.2f} s"
        measured.seconds(f"CRI StopContainer by {'SIGTERM' if grace else 'SIGKILL'}, fini over tini without FUSE",
                         seconds - own)
        assert container.status() == status
        container.watched.assert_gone()
        assert beside.exec("echo", "works") == "works"


@both_stops
def test_dirty_data_arrives(pods, grace, status):
    container = pods().container("fini", scenes.DIRTY)
    container.watched.await_guardian()
    container.stop(grace)
    assert container.status() == status
    container.scratch.assert_written()
    assert container.log() == [], "a good day is silent"
