"""Backends that are reached over the network: a WebDAV server (rclone's) and a GlusterFS brick, outside of the
container under test; and the files that configure them, for those inside (inside.py) too.
"""
import contextlib
import os

import backends
import files
import waiting
from container import Container, scratch

# A password is never asked for, and the cache is the container's own.
DAVFS2 = """ask_auth 0
use_locks 0
secrets {there}/secrets
cache_dir {there}/cache
"""
DAV_SERVER = 'exec rclone --config "" serve webdav "{there}" --addr 127.0.0.1:{port} --log-level NOTICE'

BRICK = """volume posix
  type storage/posix
  option directory {there}
end-volume
volume locks
  type features/locks
  subvolumes posix
end-volume
volume server
  type protocol/server
  option transport-type tcp
  option transport.socket.bind-address 127.0.0.1
  option transport.socket.listen-port {port}
  option auth.addr.locks.allow *
  subvolumes locks
end-volume
"""
CLIENT = """volume client
  type protocol/client
  option transport-type tcp
  option remote-host 127.0.0.1
  option remote-port {port}
  option remote-subvolume locks
end-volume
volume write-behind
  type performance/write-behind
  subvolumes client
end-volume
"""
BRICK_SERVER = 'exec glusterfsd -N -f "{volume}" -l "{log}" -p "{log}.pid"'


def _write(container, name, text, mode=0o644):
    path = container.path(name)
    with open(path, "w", opener=lambda path, flags: os.open(path, flags, mode)) as file:
        file.write(text)
    return path


def write_davfs2_configuration(container):
    """davfs2.conf, secrets and cache/ in the container's directory."""
    _write(container, "davfs2.conf", DAVFS2.format(there=container.scratch))
    _write(container, "secrets", "", 0o600)
    os.mkdir(container.path("cache"))
    os.chmod(container.path("cache"), 0o777)  # mount.davfs becomes another user


def write_volumes(server, client, port, directory):
    """brick.vol in the one container's directory, client.vol in the other's."""
    _write(server, "brick.vol", BRICK.format(there=directory, port=port))
    _write(client, "client.vol", CLIENT.format(port=port))


class _Outside:
    """A server in a container of its own, which stores to back/a there."""

    def __init__(self, container, keeper):
        self._container, self._keeper = container, keeper

    @contextlib.contextmanager
    def serving(self):
        self._server = Container(scratch(), self._keeper, drives=("a",))
        try:
            self._port = backends.free_port()
            self._begin()
            waiting.until(lambda: backends.listens(self._port), backends.DEADLINE, "listening")
            self.environment = {"PORT": self._port}
            yield self
        finally:
            self._server.close()

    def arrived(self, unit):
        """What had reached it is stored when nothing is connected to it any more."""
        waiting.until(lambda: not backends.connected({self._port}), backends.QUIET, "the end of the requests")
        return files.arrived(files.in_directories(self._server.path("back/a")), unit)


class Dav(_Outside):
    def _begin(self):
        write_davfs2_configuration(self._container)
        self._server.start("tini", DAV_SERVER.format(there=self._server.path("back/a"), port=self._port))


class Gluster(_Outside):
    def _begin(self):
        server = self._server
        write_volumes(server, self._container, self._port, server.path("back/a"))
        server.start("tini", BRICK_SERVER.format(volume=server.path("brick.vol"), log=server.path("brick.log")))
