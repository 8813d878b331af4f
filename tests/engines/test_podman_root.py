"""A FUSE root filesystem, fuse-overlayfs, as rootless podman has it where overlay cannot be had: fini lies on it."""
import contextlib
import errno
import os
import signal

import pytest

import engine
import podman as tests_podman
import procfs
import resident
import scenes
import waiting

pytest_plugins = ["podman_fixtures"]


@pytest.fixture
def rooted(boxes, on_fuse):
    """Starts a scene under an init that lies on the root; the connection of the root comes with it."""
    def start(init, scene):
        box = boxes(on_fuse, f"{tests_podman.IMAGE}:{init}", scene)
        [root] = [number for number, point in procfs.fuse_mounts(box.watched.pid).items() if point == "/"]
        return box, root
    return start


@contextlib.contextmanager
def stuck(podman):
    """The server of the root does not answer any more. There is one: podman has one container."""
    [server] = [pid for pid in podman.processes() if procfs.comm(pid) == "fuse-overlayfs"]
    pidfd = os.pidfd_open(server)
    signal.pidfd_send_signal(pidfd, signal.SIGSTOP)
    try:
        yield
    finally:
        signal.pidfd_send_signal(pidfd, signal.SIGCONT)
        os.close(pidfd)


def take_pages_away(box, init):
    try:
        resident.take_away(box.watched.pid, f"/{init}")
    except OSError as failure:
        if failure.errno in (errno.ENOSYS, errno.EPERM):
            pytest.skip(f"no process_madvise(2) here: {failure}")
        raise


def test_root_is_foreign(rooted, on_fuse):
    """fini runs, aborts what is served in the container when its server dies, and the root works on."""
    box, root = rooted("fini", scenes.SEED)
    [served] = [connection for connection in box.watched.connections if connection.id != root]
    [server] = [pid for pid in box.watched.processes() if procfs.comm(pid) == "ndrive"]
    os.kill(server, signal.SIGKILL)
    waiting.until(lambda: not procfs.alive(server), 5, "gone")
    assert engine.check(on_fuse.exec(box.name, "head", "-n1", "/etc/passwd")).startswith("root:")
    engine.check(on_fuse.stop(box.name))
    box.watched.assert_gone()
    said = on_fuse("logs", box.name).err
    assert f"aborted connection {served.id} " in said
    assert f"connection {root} " not in said


def test_control_waits_for_the_root(rooted, on_fuse):
    """Another init, whose code was taken out of memory, waits for the server of the root before it can do anything."""
    box, _ = rooted("tini", scenes.NOTHING)
    with stuck(on_fuse):
        take_pages_away(box, "tini")
        assert resident.code(box.watched.pid, "/tini") < 16, "little was taken away: this scene shows nothing"
        os.kill(box.watched.pid, signal.SIGTERM)
        with pytest.raises(waiting.Late):
            waiting.until(lambda: not procfs.alive(box.watched.pid), engine.HANG, "ended")
        assert procfs.wchan(box.watched.pid, box.watched.pid).startswith(("folio_wait", "request_wait"))
    box.watched.assert_gone()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=["SIGTERM", "SIGKILL"])
@pytest.mark.parametrize("scene", ["NOTHING", "SEED"])
def test_fini_does_not_wait_for_the_root(rooted, on_fuse, scene, number):
    """It has its pages for itself."""
    box, root = rooted("fini", getattr(scenes, scene))
    assert resident.code(box.watched.pid, "/fini") is None
    served = [connection for connection in box.watched.connections if connection.id != root]
    if served:
        box.watched.await_guardian()
    with stuck(on_fuse):
        take_pages_away(box, "fini")
        os.kill(box.watched.pid, number)
        waiting.until(lambda: not box.watched.processes(), 5, f"gone: {box.watched.stuck()}")
        waiting.until(lambda: not any(connection.exists() for connection in served), 2, "gone")
