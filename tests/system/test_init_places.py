"""Bad places: /proc, capabilities, limits, stderr, mounts. One clear line at most, and main's status."""
import os
import re
import select

import pytest

import waiting
from probe import FINI, LEAVES, PROBE, SOON, box, boxes, one_line  # noqa: F401

SYS_ADMIN, SYS_PTRACE, KILL = "21", "19", "5"

PLACES = {
    "/proc missing": ["--proc", "none"],
    "/proc read-only": ["--proc", "ro"],
    "/proc hidepid": ["--proc", "hidepid"],
    "/proc missing, no CAP_SYS_ADMIN": ["--proc", "none", "--drop-cap", SYS_ADMIN],
    "/proc missing, no capability": ["--proc", "none", "--drop-cap", "all"],
    "/proc hidepid, no capability": ["--proc", "hidepid", "--drop-cap", "all"],
    "no capability": ["--drop-cap", "all"],
    "no CAP_SYS_PTRACE": ["--drop-cap", SYS_PTRACE],
    "uid 1000": ["--uid", "1000"],
    "uid 1000, hidepid": ["--uid", "1000", "--proc", "hidepid"],
    "uid 1000, /proc missing": ["--uid", "1000", "--proc", "none"],
    "RLIMIT_NOFILE 16": ["--nofile", "16"],
    "RLIMIT_NOFILE 5": ["--nofile", "5"],
    "no pidfd_open": ["--deny", "pidfd_open"],
    "no pidfd_open, no close_range, no openat2, no statx": ["--deny", "pidfd_open", "--deny", "close_range",
                                                           "--deny", "openat2", "--deny", "statx"],
    "no pidfd_send_signal": ["--deny", "pidfd_send_signal:EPERM"],
    "pidfds forbidden": ["--deny", "pidfd_open:EPERM", "--deny", "pidfd_send_signal:EPERM"],
    "no fsopen": ["--deny", "fsopen"],
    "no seccomp": ["--deny", "seccomp:EPERM"],
    "no prctl": ["--deny", "prctl:EPERM"],
    "no capset": ["--deny", "capset:EPERM"],
    "no pwritev2": ["--deny", "pwritev2"],
}
in_each_place = pytest.mark.parametrize("launch", PLACES.values(), ids=PLACES.keys())


@in_each_place
def test_exit_status(box, launch):
    box.as_pid_1("--", "/bin/sh", "-c", "exit 7", launch=launch)
    box.ends(7)
    assert box.stderr() == "" or one_line(box.stderr())


@in_each_place
def test_kill_grace(box, launch):
    """Everybody is told, everybody ends, whatever can be seen of them."""
    box.as_pid_1("--kill-grace=20s", "--", PROBE, "leave", "100", "polite", launch=launch)
    box.ends(LEAVES)
    told = [line for line in box.lines() if line.startswith("TERM to")]
    assert len(told) == 100 and len(set(told)) == 100, len(told)
    assert box.stderr() == "" or one_line(box.stderr())


@in_each_place
def test_the_stubborn_are_killed(box, launch):
    box.as_pid_1("--kill-grace=200ms", "--", "/bin/sh", "-c",
                 f"{PROBE} leave 2 stubborn; exec {PROBE} leave 40 stubborn", launch=launch)
    box.ends(LEAVES)


@in_each_place
def test_signals(box, launch):
    box.as_pid_1("--", PROBE, "signals", launch=launch)
    box.line("ready")
    box.kill(34)
    box.line("34 0")
    box.kill(9)
    box.ends(-9)


@pytest.mark.parametrize("launch", [[], ["--uid", "1000"], ["--drop-cap", "all"], ["--proc", "hidepid"]],
                         ids=["root", "uid 1000", "no capability", "hidepid"])
def test_nothing_is_said(box, launch):
    """These are good places, as far as a container without FUSE is concerned."""
    box.as_pid_1("--kill-grace=1m", "--", PROBE, "leave", "2", "polite", launch=launch)
    box.ends(LEAVES)
    assert box.stderr() == ""


def test_what_is_lost_without_proc_is_said(box):
    box.as_pid_1("--", "true", launch=["--proc", "none", "--drop-cap", SYS_ADMIN])
    box.ends(0)
    line = one_line(box.stderr())
    assert "/proc" in line and "FUSE" in line


def test_processes_of_another_user(box):
    """PID 1 is root without CAP_KILL: who cannot be signalled is not waited for without end."""
    box.as_pid_1("--kill-grace=200ms", "--", "/bin/sh", "-c", f"setpriv --reuid=1000 {PROBE} stubborn & "
                 f"while ! grep -q stubborn {box.path('stdout')}; do :; done; exit 7")
    box.ends(7)


@pytest.mark.parametrize("arguments", [["-p", "TERM"], ["-s"], ["-g"], ["-w"], ["-vvv"], ["--wait"]], ids=" ".join)
def test_options_without_any_capability(box, arguments):
    box.as_pid_1(*arguments, "--", "/bin/sh", "-c", "exit 7", launch=["--uid", "1000", "--drop-cap", "all"])
    box.ends(7)


# stderr

@pytest.fixture
def full(box):
    """A pipe that is full and that nobody reads."""
    path = box.path("full")
    os.mkfifo(path)
    end = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    for block in (b"x" * 4096, b"x"):
        try:
            while os.write(end, block):
                pass
        except BlockingIOError:
            pass
    yield path
    os.close(end)


@pytest.mark.parametrize("arguments,status", [
    (["--", "/bin/sh", "-c", "exit 7"], 7),
    (["-w", "--kill-grace=1m", "--report=-", "--", PROBE, "leave", "50", "polite"], LEAVES),
    (["--report=/no/such/path", "--", "/bin/sh", "-c", "exit 7"], 7),
    (["--", "/no/such/program"], 127),
    (["-p", "NOSUCH", "--", "true"], 1),
], ids=["status", "teardown", "report", "exec", "usage"])
def test_a_full_pipe_for_stderr(box, full, arguments, status):
    box.run(["/bin/sh", "-c", f'exec 2>{full}; exec "$@"', "sh", FINI, "-vvv", *arguments])
    box.ends(status)


@pytest.mark.parametrize("where", ["2>&-", "2>/dev/full", "2>/dev/null", "2</dev/null", "2>&0"])
def test_stderr_that_takes_nothing(box, where):
    box.run(["/bin/sh", "-c", f'exec {where}; exec "$@"', "sh", FINI, "-vvv", "-w", "--kill-grace=1m", "--report=-",
             "--", PROBE, "leave", "5", "polite"])
    box.ends(LEAVES)
    assert len([line for line in box.lines() if line.startswith("TERM to")]) == 5


def run_with_reader(box):
    """Returns the reading end of the pipe that is fini's stderr."""
    path = box.path("pipe")
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    box.run(["/bin/sh", "-c", f"exec 2>{path}; exec {FINI} -vvv -- {PROBE} signals"])
    box.line("ready")
    return reader


def test_stderr_whose_reader_has_gone(box):
    """SIGPIPE of init's own write is neither its end nor main's business."""
    reader = run_with_reader(box)
    os.close(reader)
    for number in (10, 12, 34):
        box.kill(number)
        box.line(f"{number} 0")
    assert "13 0" not in box.lines()
    box.kill(9)
    box.ends(-9)


def test_lines_lost_are_counted(box):
    reader = run_with_reader(box)
    for _ in range(4000):
        box.kill(40)
    box.kill(41)
    box.line("41 0", 20)
    read_all(reader)
    box.kill(42)
    text = []
    waiting.until(lambda: text.append(read_all(reader)) or "".join(text).count("\n") == 2, SOON, "two lines")
    assert re.fullmatch(r"fini: \d+ lines lost: stderr was full\nfini: .*42.*\n", "".join(text))
    os.close(reader)
    box.kill(9)
    box.ends(-9)


def read_all(fd):
    text = b""
    while select.select([fd], [], [], 0)[0]:
        data = os.read(fd, 65536)
        if not data:
            break
        text += data
    return text.decode()


# Limits and mounts

def test_few_descriptors_and_many_inherited(box):
    """All of them are main's; init needs a few of its own for a moment."""
    box.run(["/bin/sh", "-c", "exec 3</dev/null 4</dev/null 5</dev/null 6</dev/null 7</dev/null; exec "
             f"{FINI} -w --kill-grace=1m -- {PROBE} leave 30 polite"], ["--nofile", "14"])
    box.ends(LEAVES)
    assert len([line for line in box.lines() if line.startswith("TERM to")]) == 30


@pytest.mark.parametrize("arguments,status", [
    (["--", "/bin/sh", "-c", "exit 7"], 7),
    (["-w", "--kill-grace=1m", "--", PROBE, "leave", "5", "polite"], LEAVES),
])
def test_more_than_a_thousand_mounts(box, arguments, status):
    """With spaces, newlines, backslashes and tabs in their names."""
    os.mkdir(box.path("mounts"))
    count = f"grep -c mounts/sp /proc/self/mountinfo >{box.path('count')}"
    box.run([PROBE, "mounts", "1100", box.path("mounts"), "/bin/sh", "-c", f'{count}; exec "$@"', "sh", FINI,
             *arguments])
    box.ends(status, 15)
    assert box.read("count") == b"1100\n"
    assert "teardown" not in box.stderr() and "FUSE" not in box.stderr()


def test_a_deep_mount_point(box):
    """A path of almost 4 KiB."""
    scene = "p=mnt; n=0; while [ $n -lt 15 ]; do p=$p/" + "d" * 250 + "; n=$((n + 1)); done; mkdir -p $p; " \
            "mount -t tmpfs none $p; grep -c tmpfs.none.rw /proc/self/mountinfo >count || true; exec \"$@\""
    box.run(["/bin/sh", "-c", f"cd {box.scratch}; {scene}", "sh", FINI, "--kill-grace=1m", "--", PROBE, "leave", "1",
             "polite"])
    box.ends(LEAVES)
    assert box.stderr() == ""


def test_mounts_come_and_go(box):
    """While init is reading them; none is FUSE, so nothing is said."""
    scene = "n=0; while [ $n -lt 100 ]; do mount -t tmpfs none mnt; umount mnt; n=$((n + 1)); done; exit 7"
    os.makedirs(box.path("mnt"), exist_ok=True)
    box.run(["/bin/sh", "-c", f"cd {box.scratch}; exec {FINI} -- /bin/sh -c '{scene}'"])
    box.ends(7, 20)
    assert box.stderr() == ""
