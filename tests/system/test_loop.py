"""PID 1 neither spins nor goes deaf, whatever of the ways fails for good by which it waits, reads and reaps."""
import contextlib
import os
import resource
import signal
import subprocess

import pytest

import procfs
import waiting
from hangs import SCENES
from inits import HURRY, PROMPT, assert_ends, assert_killed
from probe import FINI, LEAVES, PROBE, SOON, box, boxes  # noqa: F401
from test_init_signals import QUIT, queue
from test_old_kernel import CLIENT, SIZE

STATUS = 7
FLOOD = 34  # a real-time signal: each is queued
FLOOD_SECONDS = 20
LITTLE = 0.1  # of a second's CPU; a loop that spins takes all of it
A_SECOND = 1

OF_SIGNALS = "2:0x800"  # read(2) of 2,048 to 4,095 bytes: nobody else's
POLL = ["poll:{}", "ppoll:{}"]
REFUSED = {
    "poll": POLL,
    "read of signals": ["read:{}:" + OF_SIGNALS],
    "signalfd": ["signalfd4:{}", "signalfd:{}"],
    "waitid": ["waitid:{}"],
    "poll, signalfd": [*POLL, "signalfd4:{}"],
    "pidfd_open, poll": ["pidfd_open:{}", *POLL],
    "pidfd_open, signalfd": ["pidfd_open:{}", "signalfd4:{}"],
}
NOT_HOW = ["waitid:{}", "wait4:{}"]  # nobody can be reaped

errors = pytest.mark.parametrize("error", ["ENOSYS", "EPERM"])
each = pytest.mark.parametrize("refused", REFUSED.values(), ids=REFUSED)


def launch(calls, error):
    return [word for call in calls for word in ("--deny", call.format(error))]


def cpu(pid):
    """Seconds that it has run."""
    with open(f"/proc/{pid}/schedstat") as file:
        return int(file.read().split()[0]) / 1e9


def assert_idle(pid):
    before = cpu(pid)
    waiting.moment(A_SECOND)
    assert cpu(pid) - before < LITTLE


def assert_forwards(box):
    for number in (signal.SIGTERM, signal.SIGHUP, FLOOD):
        os.kill(box.pid, number)
        box.line(f"{number} 0", PROMPT)
    queue(box.pid, 35, 1035)
    box.line("35 1035", PROMPT)


def assert_works(box):
    """Main is probe signals, and ready."""
    assert_forwards(box)
    assert_idle(box.pid)
    queue(box.pid, signal.SIGUSR1, QUIT)
    box.ends(42, PROMPT)


@errors
@each
def test_main_is_told_and_its_end_is_seen(box, refused, error):
    box.as_pid_1("--", PROBE, "signals", launch=launch(refused, error))
    box.line("ready")
    assert_works(box)
    assert box.stderr() == ""


@errors
@each
def test_who_is_left_behind_is_waited_for(boxes, refused, error):  # noqa: F811
    """The waits of a teardown: until all are dead, by themselves or by a signal, and not before."""
    polite, stubborn = boxes(), boxes()
    refused = launch(refused, error)
    polite.as_pid_1("--wait", "--", PROBE, "leave", "3", "wait", launch=refused)
    stubborn.as_pid_1("--kill-grace=500ms", "--", PROBE, "leave", "3", "stubborn", launch=refused)
    waiting.until(lambda: len(polite.lines()) == 3, SOON, "left")
    assert stubborn.ends(LEAVES, PROMPT).seconds < PROMPT
    waiting.until(lambda: len(procfs.children(polite.pid)) == 3, PROMPT, "main reaped")
    assert_idle(polite.pid)
    polite.kill(signal.SIGTERM)
    polite.ends(LEAVES, PROMPT)


@errors
def test_orphans_are_reaped_without_waitid(box, error):
    box.as_pid_1("--", PROBE, "zombies", "1500", launch=launch(["waitid:{}"], error))
    box.line("done")
    waiting.until(lambda: len(procfs.children(box.pid)) == 1, SOON, "reaped")


def test_orphans_by_the_thousand(box):
    """More than are reaped in one round, and one SIGCHLD for all of them."""
    box.start("fini", "ready; await_go; exec probe zombies 5000").wait_ready()
    os.kill(box.pid, signal.SIGSTOP)
    box.go().line("done", 30)
    os.kill(box.pid, signal.SIGCONT)
    waiting.until(lambda: len(procfs.children(box.pid)) == 1, SOON, "reaped")


@errors
def test_an_end_that_nobody_can_reap(box, error):
    """It is seen, and how it ended is not known."""
    box.as_pid_1("--", PROBE, "signals", launch=launch(NOT_HOW, error))
    box.line("ready")
    assert_forwards(box)
    assert_idle(box.pid)
    queue(box.pid, signal.SIGUSR1, QUIT)
    box.ends(1, PROMPT)
    [line] = box.stderr().splitlines()
    assert "main has ended, but its status is unknown: waitid: " in line


@errors
def test_deaf_but_not_for_ever(box, error):
    """No way at all to get a signal: main's end is still seen."""
    box.as_pid_1("--", PROBE, "wait", launch=launch(["signalfd4:{}", "rt_sigtimedwait:{}"], error))
    box.line("ready")
    assert_idle(box.pid)
    [main] = box.named("probe")
    os.kill(main, signal.SIGKILL)
    box.ends(128 + signal.SIGKILL, PROMPT)


def test_the_limit_on_open_files_is_lowered(box):
    """poll(2) takes no more descriptors than it allows: EINVAL."""
    box.as_pid_1("--", PROBE, "signals")
    box.line("ready")
    resource.prlimit(box.pid, resource.RLIMIT_NOFILE, (1, 1))
    os.kill(box.pid, signal.SIGHUP)  # it waits in a poll that was still allowed
    box.line("1 0")
    assert_works(box)


@pytest.mark.parametrize("limit", [0, 1, 3, 4])
def test_hardly_any_open_files(box, limit):
    """Main is static, and needs none either."""
    box.as_pid_1("--", FINI, "--", FINI, "--version", before=["/usr/bin/prlimit", f"--nofile={limit}"])
    box.ends(0, PROMPT)


@contextlib.contextmanager
def flood(pid, senders=2):
    """As fast as two can, for a bounded time, signals that are taken before any other."""
    argv = [PROBE, "flood", str(pid), str(FLOOD), str(FLOOD_SECONDS)]
    running = [subprocess.Popen(argv) for _ in range(senders)]
    try:
        before = cpu(pid)
        waiting.until(lambda: cpu(pid) - before > LITTLE, SOON, "flooded")
        yield running
    finally:
        for sender in running:
            sender.kill()
            sender.wait()


FLOODED = ["--", PROBE, "with", "-", str(FLOOD), "/bin/sh", "-c"]  # a main that ignores them


@pytest.mark.parametrize("refused", [[], ["signalfd4:ENOSYS"]], ids=["signalfd", "without"])
def test_mains_end_behind_a_flood(box, refused):
    box.as_pid_1(*FLOODED, "echo ready; read x <go; exit 7", launch=launch(refused, ""), before=in_scratch(box))
    box.line("ready")
    with flood(box.pid) as senders:
        box.finish(STATUS)
        end = box.wait_end(SOON)
        assert end and end.status == STATUS
    assert all(sender.returncode for sender in senders), "the flood was over before"


@pytest.mark.parametrize("refused", [[], ["signalfd4:ENOSYS"]], ids=["signalfd", "without"])
def test_a_stop_signal_behind_a_flood(box, refused):
    box.as_pid_1(*FLOODED, 'trap "exit 9" TERM; echo ready; while :; do sleep 0.1; done', launch=launch(refused, ""))
    box.line("ready")
    with flood(box.pid) as senders:
        box.kill(signal.SIGTERM)
        end = box.wait_end(SOON)
        assert end and end.status == 9
    assert all(sender.returncode for sender in senders), "the flood was over before"


def test_orphans_behind_a_flood(box):
    box.as_pid_1("--wait", *FLOODED, f"{PROBE} leave 3 polite; exit 7")
    waiting.until(lambda: len(box.lines()) == 3, SOON, "left")
    with flood(box.pid):
        box.kill(signal.SIGTERM)
        end = box.wait_end(SOON)
        assert end and end.status == 7


def in_scratch(box):
    return ["/usr/bin/env", f"--chdir={box.scratch}"]


# With FUSE

CYCLE = SCENES["two servers hold each other's files"] + "\nfinish"
BUDGET = 4  # seconds; the guardian, whom nothing tells of deaths without poll(2), takes all of its time


@each
def test_a_hang_ends(container, refused):
    container.start("fini", CYCLE, options=HURRY, launch=launch(refused, "EPERM"))
    assert_ends(container.wait_ready(), seconds=BUDGET)


@each
def test_a_hang_ends_at_a_sigkill(container, refused):
    container.start("fini", CYCLE, options=HURRY, launch=launch(refused, "EPERM")).wait_ready().guardian()
    assert_killed(container.kill(), seconds=BUDGET)


@each
def test_a_signal_does_not_end_the_guardian(container, refused):
    """Its own timer sends it one every second, and wait4(2), which it uses without waitid(2), ends with EINTR."""
    guardian = container.start("fini", CYCLE, options=HURRY, launch=launch(refused, "EPERM")).wait_ready().guardian()
    before = cpu(guardian)
    os.kill(guardian, signal.SIGCONT)
    waiting.until(lambda: cpu(guardian) > before and procfs.state(guardian, guardian) == "S", SOON, "signalled")
    assert container.guardian() == guardian
    assert_killed(container.kill(), seconds=BUDGET)


@each
def test_what_a_killed_client_wrote_arrives(container, refused):
    container.start("fini", CLIENT + "\nfinish", options=HURRY, launch=launch(refused, "EPERM"))
    assert_ends(container.wait_ready(), seconds=BUDGET)
    container.assert_written("back/a/f", size=SIZE)


@pytest.mark.parametrize("killed", [False, True], ids=["main ends", "SIGKILL"])
def test_a_hang_ends_with_the_limit_lowered(guarded, killed):
    container, _ = guarded(SCENES["two servers hold each other's files"], HURRY)
    resource.prlimit(container.pid, resource.RLIMIT_NOFILE, (1, 1))
    if killed:
        assert_killed(container.kill(), seconds=BUDGET)
    else:
        assert_ends(container, seconds=BUDGET)
