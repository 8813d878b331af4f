"""Freezing a container as docker pause does: with the freezer of cgroup v1, or of v2."""
import os
import tempfile

import waiting

V1 = "/sys/fs/cgroup/freezer"
V2 = [path for path in ("/sys/fs/cgroup/unified", "/sys/fs/cgroup") if os.path.exists(f"{path}/cgroup.procs")]


def available(version):
    return os.path.exists(f"{V1}/cgroup.procs") if version == 1 else bool(V2)


class Freezer:
    """A cgroup of our own, removed in the end."""

    def __init__(self, version):
        self._version = version
        self._path = tempfile.mkdtemp(prefix="fini-test.", dir=V1 if version == 1 else V2[0])

    def _write(self, name, text):
        with open(f"{self._path}/{name}", "w") as file:
            file.write(text)

    def _read(self, name):
        with open(f"{self._path}/{name}") as file:
            return file.read()

    def take(self, *pids):
        for pid in pids:
            self._write("cgroup.procs", str(pid))
        return self

    def freeze(self, seconds=2):
        if self._version == 1:
            self._write("freezer.state", "FROZEN")
            waiting.until(lambda: self._read("freezer.state") == "FROZEN\n", seconds, "frozen")
        else:
            self._write("cgroup.freeze", "1")
            waiting.until(lambda: "frozen 1" in self._read("cgroup.events"), seconds, "frozen")

    def thaw(self):
        self._write(*(("freezer.state", "THAWED") if self._version == 1 else ("cgroup.freeze", "0")))

    def kill(self):
        """SIGKILL to everybody in it, at once."""
        self._write("cgroup.kill", "1")

    def can_kill(self):
        return os.path.exists(f"{self._path}/cgroup.kill")

    def close(self):
        self.thaw()
        waiting.until(self._remove, 5, "removed")

    def _remove(self):
        try:
            os.rmdir(self._path)
        except OSError:
            return False
        return True
