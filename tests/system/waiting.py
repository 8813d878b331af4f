"""Waiting for events, each with a deadline in seconds. Nothing here sleeps and hopes."""
import ctypes
import os
import select
import time

IN_MODIFY, IN_CREATE, IN_MOVED_TO = 0x2, 0x100, 0x80
TICK = 0.005
SLOW = float(os.environ.get("TEST_SLOW", "1"))  # how much longer everything may take, on an emulated machine

_libc = ctypes.CDLL(None, use_errno=True)


class Late(AssertionError):
    """The event did not come before its deadline."""


def deadline_in(seconds):
    """The time.monotonic() at which they are over."""
    return time.monotonic() + seconds * SLOW


def readable(fd, seconds):
    """Waits until fd can be read (a pidfd: until the process is gone). Returns whether it can."""
    return readable_before(fd, deadline_in(seconds))


def readable_before(fd, deadline):
    """The same with a deadline of time.monotonic()."""
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    return bool(poll.poll(max(0, deadline - time.monotonic()) * 1000))


def moment(seconds):
    """For scenes whose subject is the time between two signals: it passes, to a tenth of a millisecond."""
    select.select([], [], [], seconds)


def line_in_file(path, wanted, seconds=10):
    """Waits until a line of the file contains wanted, by inotify on its directory. Returns that line."""
    deadline = deadline_in(seconds)
    watch = _libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        directory = os.path.dirname(path).encode()
        if watch == -1 or _libc.inotify_add_watch(watch, directory, IN_MODIFY | IN_CREATE | IN_MOVED_TO) == -1:
            raise OSError(ctypes.get_errno(), "inotify", path)
        while True:
            for line in _lines(path):
                if wanted in line:
                    return line
            if not readable_before(watch, deadline):
                raise Late(f"no {wanted!r} in {path} after {seconds} s")
            os.read(watch, 65536)
    finally:
        os.close(watch)


def _lines(path):
    try:
        with open(path) as file:
            return file.read().splitlines()
    except FileNotFoundError:
        return []


def until(condition, seconds, what):
    """For what the kernel announces by no event: looks every few milliseconds. Returns what condition returned."""
    deadline = deadline_in(seconds)
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > deadline:
            raise Late(f"not {what} after {seconds} s")
        select.select([], [], [], TICK)
