"""The closing check: no daemon, container, mount, network namespace, cgroup or connection is left of the run."""
import os
import tempfile

import closing_proof
import engine
import sweeper
import waiting

# What dockerd and containerd make wherever their own directories are; empty in the end.
SHARED = ("/run/docker/plugins", "/run/docker", "/run/containerd/s", "/run/containerd")


class Before:
    """How the machine was before the run."""

    def __init__(self):
        self._proof = closing_proof.Before()
        self._shared = {path for path in SHARED if os.path.exists(path)}
        self.verdict = ""

    def left(self, interrupted=False):
        """What the run left behind, in words; when it was interrupted, once the sweepers are through."""
        try:
            waiting.until(lambda: not self._found(), sweeper.PATIENCE if interrupted else 0, "swept")
        except waiting.Late:
            pass
        for path in SHARED:
            if path not in self._shared and os.path.exists(path) and not os.listdir(path):
                os.rmdir(path)
        found = self._proof.left() + self._found()
        self.verdict = (f"LEFT BEHIND: {'; '.join(found)}" if found else
                        f"{self._proof.verdict}; no daemon, cgroup or directory")
        return found

    @staticmethod
    def _found():
        return [*_mounts(), *_cgroups(), *_directories()]


def _mounts():
    """Network namespaces too: engines keep them by a mount."""
    with open("/proc/self/mountinfo") as file:
        yield from (f"mount {line.split()[4]}" for line in file if engine.RUN in line)


def _cgroups():
    """Daemons too: each runs in a cgroup of the run."""
    for directory, names, _ in os.walk("/sys/fs/cgroup"):
        yield from (f"cgroup {directory}/{name}" for name in names if engine.RUN in name)


def _directories():
    temporary = tempfile.gettempdir()
    yield from (f"{temporary}/{name}" for name in os.listdir(temporary) if name.startswith(engine.RUN))
