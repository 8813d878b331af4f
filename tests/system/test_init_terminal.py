"""Main has the terminal that init had; no error of a terminal is fatal."""
import fcntl
import os
import signal
import subprocess
import termios
import time

import pytest

import procfs
import waiting
from probe import FINI, PROBE, SOON, TOOLS, box, boxes  # noqa: F401


class Terminal:
    """A pseudo-terminal, and a session on it."""

    def __init__(self):
        self.master, self.slave = os.openpty()
        self.seen = b""
        self.process = None

    def run(self, *argv, **more):
        def take():
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        self.process = subprocess.Popen(argv, stdin=self.slave, stdout=self.slave, stderr=self.slave,
                                        start_new_session=True, preexec_fn=take, **more)
        os.close(self.slave)
        self.slave = None
        return self

    def read_until(self, wanted, seconds=SOON):
        deadline = time.monotonic() + seconds
        while wanted not in self.seen:
            if not waiting.readable_before(self.master, deadline):
                raise waiting.Late(f"no {wanted!r}: {self.seen!r}")
            try:
                data = os.read(self.master, 4096)
            except OSError:  # hung up
                data = b""
            if not data:
                raise AssertionError(f"the terminal ended before {wanted!r}: {self.seen!r}")
            self.seen += data
        before, _, self.seen = self.seen.partition(wanted)
        return before

    def event(self, name):
        """The numbers in the next such line."""
        self.read_until(name.encode() + b" ")
        return [int(number) for number in self.read_until(b"\n").split()]

    def write(self, data):
        os.write(self.master, data)

    def foreground(self):
        """The process group that has the terminal."""
        return os.tcgetpgrp(self.master)

    def ends(self, status):
        assert self.process.wait(SOON) == status, self.seen

    def close(self):
        """The hang-up ends whoever is left: SIGHUP to the foreground group, to the session's leader, and SIGKILL."""
        os.close(self.master)
        if self.slave is not None:
            os.close(self.slave)
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait(SOON)


@pytest.fixture
def terminal():
    terminal = Terminal()
    yield terminal
    terminal.close()


AS_PID_1 = [f"{TOOLS}/launch", "--report", "1", "--", "/usr/bin/setsid", "--ctty", FINI]


@pytest.fixture(params=["ordinary", "PID 1"])
def fini(request):
    """The command that runs fini on the terminal."""
    return [FINI] if request.param == "ordinary" else AS_PID_1


def on_terminal(terminal, fini, *arguments):
    """As PID 1, the way engines do it: a session of the container's own. The terminal must be nobody's then."""
    if fini[0] == FINI:
        return terminal.run(*fini, *arguments)
    terminal.process = subprocess.Popen([*fini, *arguments], stdin=terminal.slave, stdout=terminal.slave,
                                        stderr=terminal.slave, start_new_session=True)
    os.close(terminal.slave)
    terminal.slave = None
    return terminal


def test_main_has_the_terminal(terminal):
    terminal.run(FINI, "--", PROBE, "wait")
    pid, ppid, group = terminal.event("ready")
    assert ppid == terminal.process.pid and group == pid
    assert terminal.foreground() == pid
    terminal.write(b"\x03")
    terminal.ends(128 + signal.SIGINT)


def test_interrupt_and_quit_reach_main_and_not_init(terminal, fini):
    on_terminal(terminal, fini, "--", "/bin/sh", "-c",
                "trap 'echo interrupted' INT; trap 'echo quitted; exit 9' QUIT; echo here; while :; do read -r x; done")
    terminal.read_until(b"here")
    terminal.write(b"\x03")
    terminal.read_until(b"interrupted")
    terminal.write(b"\x1c")
    terminal.read_until(b"quitted")
    if fini[0] == FINI:
        terminal.ends(9)
    else:
        terminal.read_until(b'"ended", "status": %d,' % (9 << 8))


@pytest.mark.parametrize("options", [[], ["-g"]], ids=["", "-g"])
def test_input_reaches_main(terminal, fini, options):
    on_terminal(terminal, fini, *options, "--", "/bin/sh", "-c", "read -r line; echo got $line; exit 9")
    terminal.write(b"something\n")
    terminal.read_until(b"got something")


def test_a_hang_up(terminal):
    """The session's leader is init: the kernel sends it SIGHUP, which is main's."""
    terminal.run(FINI, "--", PROBE, "wait")
    terminal.event("ready")
    os.close(terminal.master)
    terminal.master = os.open("/dev/null", os.O_RDONLY)
    terminal.ends(128 + signal.SIGHUP)


def test_job_control_in_main(terminal, fini):
    """A shell as main can put jobs to the foreground, stop and continue them."""
    on_terminal(terminal, fini, "--", "/bin/bash", "--norc", "--noediting", "-i")
    terminal.write(b"PS1='$ '\n")
    terminal.write(f"{PROBE} wait\n".encode())
    terminal.event("ready")
    job = terminal.foreground()
    terminal.write(b"\x1a")
    terminal.read_until(b"Stopped")
    terminal.write(b"bg; echo in the back''ground\n")
    terminal.read_until(b"in the background")
    terminal.write(b"fg\n")
    waiting.until(lambda: terminal.foreground() == job, SOON, "in the foreground")
    terminal.write(b"\x03")
    terminal.write(b"echo status $?; exit 7\n")
    terminal.read_until(b"status 130")
    assert b"no job control" not in terminal.seen
    if fini[0] == FINI:
        terminal.ends(7)


def test_main_stopped_by_the_terminal_and_continued(terminal):
    """Ctrl-Z stops main, which is no end; SIGCONT through init continues it."""
    terminal.run(FINI, "--", PROBE, "wait")
    [pid, _, _] = terminal.event("ready")
    terminal.write(b"\x1a")
    waiting.until(lambda: procfs.state(pid, pid) == "T", SOON, "stopped")
    assert terminal.process.poll() is None
    os.kill(terminal.process.pid, signal.SIGCONT)
    waiting.until(lambda: procfs.state(pid, pid) == "S", SOON, "continued")
    os.kill(terminal.process.pid, signal.SIGTERM)
    terminal.ends(128 + signal.SIGTERM)


def test_in_the_background_the_terminal_is_left_alone(terminal):
    """A shell with job control runs init as a background job."""
    terminal.run("/bin/bash", "-c", f"set -m; {FINI} -- {PROBE} wait & read -r line; kill %1; wait %1; exit $?")
    terminal.event("ready")
    assert terminal.foreground() == terminal.process.pid
    terminal.write(b"go\n")
    terminal.ends(128 + signal.SIGTERM)


def test_in_the_background_as_pid_1_the_terminal_is_left_alone(terminal):
    """Both process groups are outside of the namespace: getpgrp() and tcgetpgrp() say 0."""
    terminal.run("/bin/bash", "-c", f"set -m; {TOOLS}/launch --report 1 -- {FINI} -- {PROBE} wait & "
                 "read -r line; kill -KILL %1; exit 7")
    terminal.event("ready")
    assert terminal.foreground() == terminal.process.pid
    terminal.write(b"go\n")
    terminal.ends(7)


def test_a_terminal_of_another_session(terminal):
    """It is no error that it cannot be taken."""
    terminal.run("/bin/sh", "-c", f"setsid -w {FINI} -vvv -- {PROBE} wait & read -r line; kill $!; exit 7")
    terminal.event("ready")
    assert terminal.foreground() == terminal.process.pid
    terminal.write(b"go\n")
    terminal.ends(7)


def test_a_stopped_terminal_stops_nothing(terminal):
    """Ctrl-S: whoever writes waits; init never does."""
    terminal.run(FINI, "-vvv", "--", PROBE, "signals")
    terminal.event("ready")
    terminal.write(b"\x13")
    for _ in range(50):
        os.kill(terminal.process.pid, signal.SIGWINCH)
    [main] = [int(pid) for pid in children(terminal.process.pid)]
    os.kill(main, signal.SIGKILL)
    terminal.ends(137)


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return file.read().split()
