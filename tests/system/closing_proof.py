"""The closing proof: after the run nothing of it is left, on the whole machine."""
import collections
import os
import tempfile

import fusectl
import procfs

RECORD = "TEST_RECORD"  # names the file in which all workers record what they made


def record(what, kind, number):
    """Remembers that a "pidns" or a "connection" was "made", or that the test proved it to be "gone"."""
    path = os.environ.get(RECORD)
    if path:
        with open(path, "a") as file:
            file.write(f"{what} {kind} {number}\n")


def _mounts():
    return set(procfs.fuse_mounts(os.getpid()))


def _unkillable():
    return {(pid, tid) for pid in procfs.pids() for tid in procfs.tids(pid)
            if procfs.wchan(pid, tid).startswith(("request_wait_answer", "folio_wait", "zap_pid_ns"))}


class Before:
    """How the machine was before the run."""

    verdict = "nothing could be compared: needs root and fusectl"

    def __init__(self):
        self._file = tempfile.NamedTemporaryFile("r", prefix="fini-record.")
        os.environ[RECORD] = self._file.name
        try:
            self._connections = fusectl.listed()
        except OSError:
            self._connections = None
            return
        self._mounts = _mounts()
        self._unkillable = _unkillable()

    def left(self):
        """What the run left behind, in words. Numbers are reused: what was proved to be gone is another's by now."""
        if self._connections is None:
            return []
        left, made = collections.Counter(), collections.Counter()
        for line in self._file:
            what, kind, number = line.split()
            left[kind, int(number)] += 1 if what == "made" else -1
            made[kind] += what == "made"
        ours = [pid for pid in procfs.pids() if left["pidns", procfs.pidns(pid)]]
        found = [f"process {pid} ({procfs.comm(pid)})" for pid in ours]
        found += [f"thread {tid} of {pid} in D" for pid, tid in _unkillable() - self._unkillable if pid in ours]
        found += [f"connection {n}" for n in fusectl.listed() - self._connections if left["connection", n]]
        found += [f"mount of connection {n}" for n in _mounts() - self._mounts if left["connection", n]]
        self.verdict = (f"no process, mount or connection is left of {made['pidns']} PID namespaces "
                        f"and {made['connection']} connections")
        return found
