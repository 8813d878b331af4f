"""Ending a container by force: its processes are killed, and the connections made in it, and no others, are aborted.

Also the keeper: a process that does so for every container of a test worker that itself was killed.
"""
import os
import shutil
import signal
import subprocess
import sys
import time

import fusectl
import procfs

DEADLINE = 10


def connections(namespace, foreign):
    """The connections that the processes of a PID namespace serve or see mounted, but for the foreign ids. Pinned."""
    pinned = {}
    for pid in procfs.pids_in(namespace):
        for tid in procfs.tids(pid):
            _pin(pinned, foreign, lambda: set(procfs.fuse_mounts(pid, tid)))
    _pin(pinned, foreign, lambda: _served_only_in(namespace))
    return list(pinned.values())


def _served_only_in(namespace):
    """Not what is another's, too: fdinfo tells the id of a connection that is gone, and somebody may have it."""
    inside = set().union(*map(procfs.served_by, procfs.pids_in(namespace)))
    for pid in procfs.pids() if inside else ():
        if procfs.pidns(pid) != namespace:
            inside -= procfs.served_by(pid)
    return inside


def _pin(pinned, foreign, see):
    """Pins what see() shows. What it shows again afterwards cannot have been another's connection with the same id."""
    for number in see() - foreign - set(pinned):
        connection = fusectl.pin(number)
        if connection and number in see():
            pinned[number] = connection


def kill_all(namespace):
    for pid in procfs.pids_in(namespace):
        try:
            pidfd = os.pidfd_open(pid)
        except OSError:
            continue
        if procfs.pidns(pid) == namespace:
            try:
                signal.pidfd_send_signal(pidfd, signal.SIGKILL)
            except OSError:
                pass
        os.close(pidfd)


def release(namespace, foreign, known=(), ended=lambda: False):
    """Kills and aborts until the PID namespace is empty. known are pinned connections; ended() may say so early."""
    deadline = time.monotonic() + DEADLINE
    pinned = list(known) + connections(namespace, foreign)
    while not ended() and procfs.pids_in(namespace):
        kill_all(namespace)
        pinned += connections(namespace, foreign)
        for connection in pinned:
            connection.abort()
        if time.monotonic() > deadline:
            raise AssertionError(f"PID namespace {namespace} does not end: {procfs.pids_in(namespace)}")
        _pause()
    for connection in set(pinned) - set(known):
        connection.close()


def _pause():
    """A few milliseconds for the kernel to let go; the number of processes left is announced by no event."""
    signal.sigtimedwait([signal.SIGWINCH], 0.005)


class Keeper:
    """The keeper of this process: what is left of its containers is released when it dies."""

    def __init__(self):
        here = os.path.abspath(__file__)
        self._process = subprocess.Popen([sys.executable, here], stdin=subprocess.PIPE, text=True,
                                         start_new_session=True)

    def add(self, pid, namespace, directory, foreign):
        self._tell("add", namespace, pid, directory, *foreign)

    def pin(self, namespace, connection):
        """For mounts that no mountinfo will show any more when the time comes."""
        self._tell("pin", namespace, connection.id)

    def remove(self, namespace):
        self._tell("remove", namespace)

    def _tell(self, *words):
        print(*words, file=self._process.stdin, flush=True)

    def close(self):
        self._process.stdin.close()
        self._process.wait(DEADLINE)


class _Kept:
    def __init__(self, namespace, pid, directory, *foreign):
        self._namespace = int(namespace)
        self._held = _hold(int(pid), self._namespace)
        self._directory = directory
        self._foreign = set(map(int, foreign))
        self.pinned = []

    def release(self):
        if self._held is not None:
            release(self._namespace, self._foreign, self.pinned)
        shutil.rmtree(self._directory, ignore_errors=True)

    def close(self):
        for connection in self.pinned:
            connection.close()
        if self._held is not None:
            os.close(self._held)


def keep(lines):
    kept = {}
    for line in lines:
        what, namespace, *rest = line.split()
        if what == "add":
            kept[namespace] = _Kept(namespace, *rest)
        elif namespace not in kept:  # its PID 1 had ended before it could be added
            continue
        elif what == "pin":
            kept[namespace].pinned += filter(None, map(fusectl.pin, map(int, rest)))
        else:
            kept.pop(namespace).close()
    for container in reversed(kept.values()):
        container.release()


def _hold(pid, namespace):
    """Keeps the number of a PID namespace from being given to another; None if it is gone already."""
    try:
        fd = os.open(f"/proc/{pid}/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    if os.fstat(fd).st_ino == namespace:
        return fd
    os.close(fd)
    return None


if __name__ == "__main__":
    keep(sys.stdin)
