"""A pod whose containers share one PID namespace: fini is not PID 1, and leaves the others' processes alone."""
import pytest

import engine
import procfs
import scenes
import waiting

cri = pytest.importorskip("cri", reason="needs python3-grpcio and python3-protobuf")
each_scene = pytest.mark.parametrize("scene", [scenes.SEED, scenes.DIRTY], ids=["holds itself", "dirty data"])


@pytest.mark.parametrize("grace, status", [(30, 143), (0, 137)], ids=["SIGTERM", "SIGKILL"])
@each_scene
def test_ends(pods, scene, grace, status):
    pod = pods(pid="POD")
    witness = pod.container("fini", scenes.WITNESS)
    before = set(witness.watched.processes())
    assert pod.pid() in before
    container = pod.container("fini", scene)
    assert procfs.inner_pid(container.pid()) != 1
    [server] = [pid for pid in container.watched.processes() if procfs.comm(pid) == "ndrive"]
    assert server in procfs.children(container.pid())
    container.watched.await_guardian()
    container.stop(grace, seconds=engine.HANG)
    assert container.status() == status
    waiting.until(lambda: set(witness.watched.processes()) == before, 2, "as before")
    assert not container.watched.present()
    assert witness.scratch.signals() == []
    assert witness.exec("echo", "works") == "works"
    if scene == scenes.DIRTY:
        container.scratch.assert_written()


def test_the_pod_ends(pods):
    """StopPodSandbox, with a server that holds itself in it."""
    pod = pods(pid="POD")
    container = pod.container("fini", scenes.SEED)
    container.watched.await_guardian()
    pod.stop()
    container.watched.assert_gone()


def test_control_the_pod_hangs(pods):
    pod = pods(pid="POD")
    container = pod.container("tini", scenes.SEED)
    with pytest.raises(cri.Late):
        pod.stop(seconds=engine.HANG)
    assert container.watched.stuck()
    assert container.watched.release(), "it ended without an abort: this was no hang"
