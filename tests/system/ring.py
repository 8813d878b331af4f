"""FUSE over io_uring, switched on for a while: fuse's module parameter enable_uring (Linux 6.14).

It is the whole machine's. So it is another process that switches it, and puts back exactly what was there, also when
the tests have been killed; and one at a time, by a lock on the parameter.
"""
import fcntl
import os
import subprocess
import sys

PARAMETER = "/sys/module/fuse/parameters/enable_uring"
FORBIDDEN = "/proc/sys/kernel/io_uring_disabled"
DEADLINE = 10


def missing():
    """Why it cannot be had here, or None."""
    if not os.path.exists(PARAMETER):
        return "this kernel has no FUSE over io_uring (6.14, CONFIG_FUSE_IO_URING)"
    if not os.access(PARAMETER, os.W_OK):
        return f"{PARAMETER} cannot be written"
    if os.path.exists(FORBIDDEN):
        with open(FORBIDDEN) as file:
            if file.read().strip() == "2":
                return "kernel.io_uring_disabled is 2"
    return None


class Switch:
    """On until close(), or until this process is gone."""

    def __init__(self):
        self._process = subprocess.Popen([sys.executable, os.path.abspath(__file__)], stdin=subprocess.PIPE,
                                         stdout=subprocess.PIPE, text=True, start_new_session=True)
        if self._process.stdout.readline() != "on\n":
            raise AssertionError(f"{PARAMETER} cannot be switched on")

    def close(self):
        self._process.stdin.close()
        self._process.stdout.close()
        if self._process.wait(DEADLINE) != 0:
            raise AssertionError(f"{PARAMETER} was not put back")


def keep():
    with open(PARAMETER, "r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        before = file.read()
        try:
            _write("Y")
            print("on", flush=True)
            sys.stdin.read()
        finally:
            _write(before)


def _write(value):
    with open(PARAMETER, "w") as file:
        file.write(value)


if __name__ == "__main__":
    keep()
