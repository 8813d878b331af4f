"""docker run --pid container:NAME: fini is not PID 1. It tears down what it started, and nobody else's processes."""
import pytest

import dockerd
import engine
import procfs
import scenes
import waiting


class Pair:
    """A container with a witness, and one in the same PID namespace."""

    def __init__(self, boxes, docker, scene, *options):
        self.docker = docker
        self.host = boxes(docker, dockerd.IMAGE, scenes.WITNESS)
        self.before = set(self.host.watched.processes())
        self.guest = boxes(docker, dockerd.ENTRYPOINT, scene, "--pid", f"container:{self.host.name}", *options)
        self.init = docker.pid(self.guest.name)

    def named(self, name):
        return [pid for pid in self.guest.watched.processes() if procfs.comm(pid) == name]

    def left(self):
        """What of the second container is still alive."""
        return set(self.guest.watched.processes()) - self.before

    def assert_ended(self, status):
        """The second container has ended with that status and left nothing; the witness has noticed nothing."""
        assert self.docker.wait(self.guest.name) == status
        waiting.until(lambda: not self.left(), 2, "gone")
        assert not self.guest.watched.present()
        assert set(self.host.watched.processes()) == self.before
        assert self.host.scratch.signals() == []
        assert engine.check(self.docker.exec(self.host.name, "echo", "works")) == "works"


def finish(pair):
    pair.guest.scratch.finish(7)
    return 7


def stop(pair):
    engine.check(pair.docker.stop(pair.guest.name))
    return 143


def kill(pair):
    engine.check(pair.docker.kill(pair.guest.name))
    return 137


each_end = pytest.mark.parametrize("end", [finish, stop, kill], ids=["main exits", "docker stop", "docker kill"])
each_scene = pytest.mark.parametrize("scene", [scenes.SEED, scenes.DIRTY], ids=["holds itself", "dirty data"])


@each_end
@each_scene
def test_ends(boxes, docker, scene, end):
    pair = Pair(boxes, docker, scene)
    assert procfs.inner_pid(pair.init) != 1
    [server] = pair.named("ndrive")
    pair.guest.watched.await_guardian()
    assert server in procfs.children(pair.init), "a daemon of its own must come to fini, the subreaper"
    pair.assert_ended(end(pair))
    if scene == scenes.DIRTY:
        pair.guest.scratch.assert_written()


@each_end
def test_control_hangs(boxes, docker_tini, end):
    """tini exits, and runc kills what is left in the container's cgroup: the server sticks in its exit."""
    pair = Pair(boxes, docker_tini, scenes.SEED, "-e", "TINI_SUBREAPER=1")
    pair.guest.scratch.finish(7) if end == finish else docker_tini(end.__name__, pair.guest.name, seconds=engine.HANG)
    with pytest.raises(waiting.Late):
        waiting.until(lambda: not pair.left(), engine.HANG, "gone")
    assert pair.guest.watched.stuck()
    assert pair.guest.watched.release(), "it ended without an abort: this was no hang"
