"""A FUSE mount of the host's, bound into ten containers. However they end, it works on for the host and the others."""
import os
import shutil

import pytest

import dockerd
import engine
import fusectl
import known
import procfs
import scenes
import waiting

CONTAINERS = 10

# Writes to the host's mount, and has a server of its own that holds itself.
SCENE = "client -p $S/progress stream /host/$NUMBER; " + scenes.SEED
ENDS = ("kill", "stop", "remove", "main exits")


class HostMount:
    """bindfs on the host."""

    def __init__(self):
        self.directory = engine.directory()
        self.group = engine.Group()
        self.back, self.mount = f"{self.directory}/back", f"{self.directory}/mount"
        os.mkdir(self.back)
        os.mkdir(self.mount)
        self._server = self.group.start(["bindfs", "-f", self.back, self.mount], f"{self.directory}/log")
        waiting.until(lambda: self.mount in procfs.fuse_mounts(os.getpid()).values(), 10, "mounted")
        [number] = [number for number, mount in procfs.fuse_mounts(os.getpid()).items() if mount == self.mount]
        self.connection = fusectl.pin(number)

    def written(self, name):
        with open(f"{self.back}/{name}", "rb") as file:
            return file.read()

    def assert_works(self, name):
        """The host reads there what it writes."""
        assert self.connection.exists() and self._server.poll() is None
        engine.check(engine.command("sh", "-c", 'echo "$1" >"$0/$1" && grep -q "$1" "$0/$1"', self.mount, name))
        assert self.written(name) == f"{name}\n".encode()

    def close(self):
        engine.stop(self._server)
        self.connection.abort()  # ours; if the server has ended there is none any more
        self.connection.close()
        if self.mount in procfs.fuse_mounts(os.getpid()).values():
            engine.check(engine.command("umount", "-l", self.mount))
        assert not self.group.close()
        shutil.rmtree(self.directory)


@pytest.fixture
def host():
    mount = HostMount()
    yield mount
    mount.close()


def end(docker, box, how):
    if how == "main exits":
        box.scratch.finish(7)
        assert docker.wait(box.name) == 7
    else:
        engine.check(getattr(docker, how)(box.name))
    box.watched.assert_gone()


def test_ten_containers(host, boxes, docker):
    left = [boxes(docker, dockerd.ENTRYPOINT, SCENE, "-v", f"{host.mount}:/host", "-e", f"NUMBER={number}")
            for number in range(CONTAINERS)]
    assert all(len(box.watched.connections) == 1 for box in left)
    for number in range(CONTAINERS):
        box = left.pop(0)
        box.watched.await_guardian()
        end(docker, box, ENDS[number % len(ENDS)])
        written = host.written(number)
        assert written and written == known.data(len(written)), "wrong bytes on the host's mount"
        assert len(written) >= int.from_bytes(box.scratch.read("progress"), "little"), "bytes are missing"
        host.assert_works(f"after-{number}")
        for other in range(number + 1, CONTAINERS):
            before = len(host.written(other))
            waiting.until(lambda: len(host.written(other)) > before, 5, f"written by container {other}")
