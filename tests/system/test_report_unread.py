"""--report where nobody reads: PID 1 does not wait for a reader, nor does its guardian."""
import fcntl
import json
import os
import select
import time

import pytest

import waiting
from inits import assert_killed
from probe import FINI, LEAVES, PROBE, SOON, box, boxes, one_line  # noqa: F401


def full_pipe(box):
    """A pipe that somebody has open, and nobody reads. Its path."""
    path = box.path("pipe")
    os.mkfifo(path)
    fd = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    fill(fd)
    return path, [fd]


def full_terminal(_box):
    """A terminal whose other end is not read."""
    master, slave = os.openpty()
    path = os.ttyname(slave)
    os.set_blocking(slave, False)
    fill(slave)
    return path, [master, slave]


def fill(fd):
    """A terminal takes more a moment later: until there is no room for so long."""
    poll = select.poll()
    poll.register(fd, select.POLLOUT)
    while poll.poll(50):
        try:
            os.write(fd, b"." * 4096)
        except BlockingIOError:
            os.write(fd, b".")


@pytest.fixture(params=[full_pipe, full_terminal], ids=["pipe", "terminal"])
def full(request, box):
    path, fds = request.param(box)
    yield path
    for fd in fds:
        os.close(fd)


def test_report_that_nobody_reads(box, full):
    box.as_pid_1(f"--report={full}", "--", "/bin/sh", "-c", "exit 7")
    box.ends(7)
    assert full in one_line(box.stderr())


def test_report_on_a_stderr_that_nobody_reads(box, full):
    """/dev/stderr is opened anew: what is known of our own stderr does not hold for it."""
    box.as_pid_1("--report=/dev/stderr", "--", "/bin/sh", "-c", "exit 7", launch=["--stdio", full])
    box.ends(7)


def test_report_that_nobody_reads_after_a_kill(container, full):
    """The guardian does not wait for a reader either, and PID 1 is let go."""
    container.start("fini", "nd a --hold f\nfinish", [f"--report={full}"]).wait_ready().guardian()
    assert_killed(container.kill())


def test_report_whose_reader_is_slow(box):
    """Who reads in time gets all of it."""
    os.mkfifo(box.path("pipe"))
    fd = os.open(box.path("pipe"), os.O_RDWR | os.O_CLOEXEC)
    fcntl.fcntl(fd, fcntl.F_SETPIPE_SZ, 4096)
    try:
        box.as_pid_1("--kill-grace=1m", f"--report={box.path('pipe')}", "--report-format=json", "--",
                     PROBE, "leave", "100", "polite")
        lines = b""
        while b'"event":"exit"' not in lines:
            assert waiting.readable(fd, SOON), f"no more after {lines[-100:]}"
            lines += os.read(fd, 512)
    finally:
        os.close(fd)
    box.ends(LEAVES)
    assert json.loads(lines.splitlines()[-1])["dropped"] > 0
    assert box.stderr() == ""


def test_report_costs_next_to_nothing_without_pidfds(boxes):
    """Opening it in a child, whose end no descriptor tells of then."""
    def run(*options):
        box = boxes()
        box.run_up_to_the_gate((), [FINI, *options, "--", "true"], ["--deny", "pidfd_open"])
        began = time.monotonic()
        box.open_gate()
        box.ends(0)
        return time.monotonic() - began

    most = min(run("--report=/dev/null") for _ in range(10)) - min(run() for _ in range(10))
    assert most < 0.015, f"{most} s"
