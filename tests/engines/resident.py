"""What of a program is in memory, and taking that away as memory pressure does."""
import ctypes
import os

SYS_PROCESS_MADVISE, MADV_PAGEOUT = 440, 21

_libc = ctypes.CDLL(None, use_errno=True)


class _Range(ctypes.Structure):
    _fields_ = [("start", ctypes.c_void_p), ("size", ctypes.c_size_t)]


def _mappings(pid, file):
    """(start, end) of what is mapped of that file."""
    with open(f"/proc/{pid}/maps") as maps:
        for line in maps:
            fields = line.split(maxsplit=5)
            if fields[5:] and fields[5].strip() == file:
                yield tuple(int(end, 16) for end in fields[0].split("-"))


def code(pid, file):
    """How many kB of the file's code are in memory; None if none of it is mapped."""
    found = None
    with open(f"/proc/{pid}/smaps") as smaps:
        for line in smaps:
            fields = line.split()
            if "-" in fields[0]:
                of_file = fields[-1] == file and "x" in fields[1]
            elif fields[0] == "Rss:" and of_file:
                found = (found or 0) + int(fields[1])
    return found


def take_away(pid, file):
    """Takes the pages that are mapped of the file out of memory: the next access must get them from the file again."""
    pidfd = os.pidfd_open(pid)
    try:
        for start, end in _mappings(pid, file):
            one = _Range(start, end - start)
            if _libc.syscall(SYS_PROCESS_MADVISE, pidfd, ctypes.byref(one), 1, MADV_PAGEOUT, 0) == -1:
                raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), "process_madvise")
    finally:
        os.close(pidfd)
