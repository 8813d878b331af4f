"""Reading /proc of processes that may be dying, without being caught in their death.

Only files that take no reference on the target's memory are read: comm, wchan, stack, fd, fdinfo, ns, mountinfo, task.
The others (stat, status, cmdline...) can make the reader drop the last reference and hang in the target's place, so
they are read by a child with a deadline.
"""
import os
import select
import subprocess

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


def pids():
    return sorted(int(name) for name in os.listdir("/proc") if name.isdigit())


def pidns(pid):
    """The inode number of the process's PID namespace; zombies have one too."""
    link = _link(f"/proc/{pid}/ns/pid")
    return int(link[5:-1]) if link else None


def alive(pid):
    """Whether a thread of the process still runs. A zombie leader with a thread in D is alive, says its pidfd."""
    try:
        pidfd = os.pidfd_open(pid)
    except OSError:
        return False
    try:
        return not select.select([pidfd], [], [], 0)[0]
    finally:
        os.close(pidfd)


def pids_in(namespace):
    """Those alive. (A zombie may be there for long: some machines' PID 1 reaps late.)"""
    return [pid for pid in pids() if pidns(pid) == namespace and alive(pid)]


def comm(pid):
    return _read(f"/proc/{pid}/comm").strip()


def tids(pid):
    return sorted(int(name) for name in _list(f"/proc/{pid}/task"))


def wchan(pid, tid):
    """The kernel function the thread sleeps in; "0" for one that runs or is a zombie."""
    return _read(f"/proc/{pid}/task/{tid}/wchan")


def stack(pid, tid):
    return _read(f"/proc/{pid}/task/{tid}/stack")


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
        if select.select([child.stdout], [], [], deadline)[0]:
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


def served_by(pid):
    """The connections whose /dev/fuse the process holds, where the kernel says so (6.16 and later)."""
    served = set()
    for fd in _list(f"/proc/{pid}/fd"):
        if _link(f"/proc/{pid}/fd/{fd}") == "/dev/fuse":
            for line in _read(f"/proc/{pid}/fdinfo/{fd}").splitlines():
                if line.startswith("fuse_connection:"):
                    served.add(int(line.split()[1]))
    return served
