"""Reading /proc of processes that may be dying, or inside execve(2), without being caught with them.

Only files that take neither a reference on the target's memory nor its exec_update_lock are read: comm, fdinfo,
mountinfo, task, the names in fd. The others can make the reader hang in the target's place, or with it: stat, status,
cmdline... are read by a child with a deadline, wchan and stack by a thread that is left behind.
"""
import fcntl
import os
import queue
import select
import subprocess
import threading

PIDFD_GET_PID_NAMESPACE = 0xFF05  # from 6.11 on

_readers = []  # killed, not reaped yet


def _read(path):
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        return ""


def _link(path):
    try:
        return os.readlink(path)
    except OSError:
        return ""


def _list(path):
    try:
        return os.listdir(path)
    except OSError:
        return []


def _readable(fd, seconds):
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    return bool(poll.poll(seconds * 1000))


def pids():
    return sorted(int(name) for name in os.listdir("/proc") if name.isdigit())


def pidns(pid):
    """The inode number of the process's PID namespace; zombies have one too."""
    try:
        pidfd = os.pidfd_open(pid)
    except OSError:
        return None
    try:
        namespace = fcntl.ioctl(pidfd, PIDFD_GET_PID_NAMESPACE, 0)
    except OSError:  # a zombie, which is in no execve, or an old kernel
        link = _link(f"/proc/{pid}/ns/pid")
        return int(link[5:-1]) if link else None
    finally:
        os.close(pidfd)
    try:
        return os.fstat(namespace).st_ino
    finally:
        os.close(namespace)


def alive(pid):
    """Whether a thread of the process still runs. A zombie leader with a thread in D is alive, says its pidfd."""
    try:
        pidfd = os.pidfd_open(pid)
    except OSError:
        return False
    try:
        return not _readable(pidfd, 0)
    finally:
        os.close(pidfd)


def pids_in(namespace):
    """Those alive. (A zombie may be there for long: some machines' PID 1 reaps late.)"""
    return [pid for pid in pids() if pidns(pid) == namespace and alive(pid)]


def comm(pid):
    return _read(f"/proc/{pid}/comm").strip()


def tids(pid):
    return sorted(int(name) for name in _list(f"/proc/{pid}/task"))


class _Reader:
    """Reads files in a thread of its own, until that waits for longer than LATE seconds."""

    LATE = 0.2

    def __init__(self):
        self._paths, self._texts = queue.SimpleQueue(), queue.SimpleQueue()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while (path := self._paths.get()) is not None:
            self._texts.put(_read(path))

    def read(self, path):
        """The text, or None: then the thread waits, killably, for who is in an execve."""
        self._paths.put(path)
        try:
            return self._texts.get(timeout=self.LATE)
        except queue.Empty:
            self._paths.put(None)
            return None


_reader = None
IN_EXEC = "?"  # it cannot be read now


def _read_beside(path):
    global _reader
    _reader = _reader or _Reader()
    text = _reader.read(path)
    if text is None:
        _reader = None
    return IN_EXEC if text is None else text


def wchan(pid, tid):
    """The kernel function the thread sleeps in; "0" for one that runs or is a zombie, "?" inside execve(2)."""
    return _read_beside(f"/proc/{pid}/task/{tid}/wchan")


def stack(pid, tid):
    return _read_beside(f"/proc/{pid}/task/{tid}/stack")


def children(pid):
    return [int(child) for tid in tids(pid) for child in _read(f"/proc/{pid}/task/{tid}/children").split()]


def inner_pid(pid):
    """The number the process has in its own PID namespace."""
    for line in read_in_child(f"/proc/{pid}/status").splitlines():
        if line.startswith("NSpid:"):
            return int(line.split()[-1])
    return None


def tracer(pid):
    """Who traces the process: a pid, or 0. The pid is one of our own PID namespace."""
    for line in read_in_child(f"/proc/{pid}/status").splitlines():
        if line.startswith("TracerPid:"):
            return int(line.split()[1])
    return 0


def state(pid, tid):
    """One letter, as ps shows it; "?" when even reading it would hang."""
    text = read_in_child(f"/proc/{pid}/task/{tid}/stat")
    return text.rpartition(")")[2].split()[0] if text else "?"


def read_in_child(path, deadline=1):
    """The file's text, or "" if it cannot be read in time. The child may hang in D by then: nobody waits for it."""
    child = subprocess.Popen(["cat", path], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL)
    with child.stdout:
        text = b""
        if _readable(child.stdout, deadline):
            text = os.read(child.stdout.fileno(), 65536)  # cat writes a small file at once
    child.kill()
    _readers[:] = [reader for reader in _readers + [child] if reader.poll() is None]
    return text.decode(errors="replace")


def fuse_in_mountinfo(text):
    """The FUSE mounts in a mountinfo: {connection id: mount point}, the topmost mount point of each."""
    found = {}
    for line in text.splitlines():
        fields, _, tail = line.partition(" - ")
        fstype = tail.split()[0] if tail else ""
        if fstype in ("fuse", "fuseblk") or fstype.startswith(("fuse.", "fuseblk.")):
            fields = fields.split()
            major, minor = map(int, fields[2].split(":"))
            found[major << 20 | minor] = fields[4]
    return found


def fuse_mounts(pid, tid=None):
    """What fuse_in_mountinfo says for the mount namespace of a process, or of one thread of a dying process."""
    return fuse_in_mountinfo(_read(f"/proc/{pid}/task/{tid or pid}/mountinfo"))


MOST_DESCRIPTORS = 256  # the first ones: a server opens /dev/fuse before it opens thousands


def served_by(pid):
    """The connections whose /dev/fuse the process holds, where the kernel says so (6.16 and later)."""
    served = set()
    for fd in sorted(map(int, _list(f"/proc/{pid}/fd")))[:MOST_DESCRIPTORS]:
        for line in _read(f"/proc/{pid}/fdinfo/{fd}").splitlines():
            if line.startswith("fuse_connection:"):
                served.add(int(line.split()[1]))
    return served
