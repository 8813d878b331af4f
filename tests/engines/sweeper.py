"""Removes what a run has left when it was interrupted or killed: by the name that all of it bears.

The sweeper is a process of its own. When its standard input ends, so has the test process, and it begins. Containers
that the test knew are also released by the other keeper, tests/system/release.py; here those it did not know yet.
"""
import glob
import os
import signal
import subprocess
import sys
import tempfile

sys.path.append(os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "system"))

import procfs  # noqa: E402
import release  # noqa: E402
import waiting  # noqa: E402

PATIENCE = 60


class Sweeper:
    """The sweeper of this process and of all that it makes with engine.PREFIX in the name."""

    def __init__(self, prefix):
        self._process = subprocess.Popen([sys.executable, os.path.abspath(__file__), prefix], stdin=subprocess.PIPE,
                                         start_new_session=True)

    def close(self):
        self._process.stdin.close()
        self._process.wait(PATIENCE)


def _cgroups(prefix):
    """The cgroups of that name and those in them, innermost first."""
    return [path for path, _, _ in os.walk("/sys/fs/cgroup", topdown=False) if f"/{prefix}" in path]


def _thaw(cgroup):
    for name, text in (("freezer.state", "THAWED"), ("cgroup.freeze", "0")):
        if os.path.exists(f"{cgroup}/{name}"):
            with open(f"{cgroup}/{name}", "w") as file:
                file.write(text)


def _processes(cgroup):
    with open(f"{cgroup}/cgroup.procs") as file:
        return [pid for pid in map(int, file) if pid]  # 0 is one of another PID namespace


def _end(cgroup, foreign):
    """Daemons are killed. What is in a PID namespace of its own is released, and its connections with it."""
    _thaw(cgroup)
    for pid in _processes(cgroup):
        namespace = procfs.pidns(pid)
        if namespace and namespace != procfs.pidns(os.getpid()):
            release.release(namespace, foreign)
        else:
            os.kill(pid, signal.SIGKILL)
    os.rmdir(cgroup)


def _gone(prefix, foreign):
    """One try to remove the cgroups. Returns whether there is none left."""
    for cgroup in _cgroups(prefix):
        try:
            _end(cgroup, foreign)
        except (AssertionError, OSError):  # busy, or gone already
            pass
    return not _cgroups(prefix)


def _unmount(prefix):
    with open("/proc/self/mountinfo") as file:
        mounts = [line.split()[4] for line in file]
    for mount in reversed(mounts):
        if f"/{prefix}" in mount:
            subprocess.run(["umount", "-l", mount])


def sweep(prefix):
    foreign = {number for number, mount in procfs.fuse_mounts(os.getpid()).items() if f"/{prefix}" not in mount}
    waiting.until(lambda: _gone(prefix, foreign), PATIENCE, f"swept: {_cgroups(prefix)}")
    _unmount(prefix)
    for directory in glob.glob(f"{tempfile.gettempdir()}/{prefix}*"):
        subprocess.run(["rm", "-rf", "--one-file-system", directory])


if __name__ == "__main__":
    sys.stdin.read()
    sweep(sys.argv[1])
