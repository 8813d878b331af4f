"""A foreign connection: served, mounted and written to outside of the container under test, visible and used inside."""
import os

import known
import procfs
import waiting
from container import Container

OUTSIDE = "nd a -o allow_other\nclient -f stream mnt/a/outside &\nready\nawait_go\nkill $!\nwait $!\nexit\n"

# Put before every scene: a client inside writes known bytes to the foreign mount, for each shell to its own file.
INSIDE = "client stream {mount}/inside${{S##*.}}.$$\n"


class Foreign:
    def __init__(self, scratch, keeper, launch=("--propagation", "shared")):
        self.container = Container(scratch, keeper, drives=("a", "late"))
        self.container.start("tini", OUTSIDE, launch=launch).wait_ready()
        self.mount = self.container.path("mnt/a")
        [self.connection] = self.container.connections

    @property
    def pid(self):
        """PID 1 of the container in which it is mounted."""
        return self.container.pid

    def serve(self, drive, options=""):
        """Serves another mount outside; returns its connection."""
        known = len(self.container.connections)
        self.container.run_inside(f"nd {drive} -o allow_other {options}")
        self.container.pin_connections()
        [connection] = self.container.connections[known:]
        return connection

    def server_of(self, connection):
        """The pid, on the host, of what serves it."""
        [pid] = [pid for pid in self.container.named("ndrive") if connection.id in procfs.served_by(pid)]
        return pid

    def _written(self, name):
        return self.container.read(f"back/a/{name}")

    def assert_untouched(self):
        """Still there, still that connection, still served; what was streamed through it is right byte for byte."""
        assert self.connection.exists(), "the foreign connection is gone"
        assert procfs.fuse_mounts(self.pid).get(self.connection.id) == self.mount, "the foreign mount is gone"
        waiting.until(lambda: os.path.exists(self.container.path("back/a/outside")), 2, "begun on the foreign mount")
        before = len(self._written("outside"))
        waiting.until(lambda: len(self._written("outside")) > before, 2, "written to the foreign mount")
        end = self.container.finish(0).wait_end(5)
        assert end and end.status == 0, f"the writer outside failed: {end} {self.container.stderr()}"
        for name in os.listdir(self.container.path("back/a")):
            if not name.startswith(("inside", "outside")):
                continue
            written = self._written(name)
            assert written == known.data(len(written)) and written, f"{name}: wrong bytes on the foreign mount"
