"""A private fusectl, mounted nowhere, and connections pinned in it."""
import ctypes
import os

SYS_FSOPEN, SYS_FSCONFIG, SYS_FSMOUNT = 430, 431, 432  # the same on every architecture
FSCONFIG_CMD_CREATE = 6
FSOPEN_CLOEXEC = FSMOUNT_CLOEXEC = 1

_libc = ctypes.CDLL(None, use_errno=True)


def _syscall(number, *arguments):
    returned = _libc.syscall(ctypes.c_long(number), *arguments)
    if returned == -1:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), f"system call {number}")
    return returned


def _private_mount():
    context = _syscall(SYS_FSOPEN, b"fusectl", FSOPEN_CLOEXEC)
    try:
        _syscall(SYS_FSCONFIG, context, FSCONFIG_CMD_CREATE, None, None, 0)
        mount = _syscall(SYS_FSMOUNT, context, FSMOUNT_CLOEXEC, 0)  # an O_PATH descriptor
        try:
            return os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=mount)
        finally:
            os.close(mount)
    finally:
        os.close(context)


_root = None


def root():
    global _root
    if _root is None:
        _root = _private_mount()
    return _root


def listed():
    """The ids of all connections of this machine."""
    return {int(name) for name in os.listdir(root())}


class Connection:
    """One connection, pinned.

    Ids are reused, open files of fusectl are not: once the connection is gone its files read as empty and writing to
    them does nothing, whoever has the id by then. So nothing but the connection that was pinned can be aborted here.
    """

    def __init__(self, number):
        self.id = number
        self._waiting = os.open(f"{number}/waiting", os.O_PATH | os.O_CLOEXEC, dir_fd=root())
        self._abort = os.open(f"{number}/abort", os.O_WRONLY | os.O_CLOEXEC, dir_fd=root())

    def __repr__(self):
        return f"connection {self.id}"

    def _read_waiting(self):
        with open(f"/proc/self/fd/{self._waiting}") as file:  # a second read of the same open file is always empty
            return file.read()

    def exists(self):
        return self._read_waiting() != ""

    def waiting(self):
        """The number of requests without an answer."""
        return int(self._read_waiting() or 0)

    def abort(self):
        os.write(self._abort, b"1")

    def close(self):
        os.close(self._waiting)
        os.close(self._abort)


def pin(number):
    """The connection with that id, or None if there is none now."""
    try:
        return Connection(number)
    except FileNotFoundError:
        return None
