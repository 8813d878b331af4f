"""Every signal reaches main, as it was sent."""
import ctypes
import os
import re
import signal

import pytest

import procfs
import waiting
from probe import ALL_SIGNALS, FINI, PROBE, SOON, box, boxes, start, status  # noqa: F401

QUIT = 4242  # the value that ends probe signals, with 42

libc = ctypes.CDLL(None, use_errno=True)


def queue(pid, number, value):
    if libc.sigqueue(pid, number, ctypes.c_void_p(value)) != 0:
        raise OSError(ctypes.get_errno(), "sigqueue")


def events(box):
    """What came, without the "ready" lines."""
    return [line for line in box.lines() if not line.startswith("ready")]


def test_every_signal(box, start):
    start("--", PROBE, "signals")
    box.line("ready")
    init = box.init()
    for n, number in enumerate(ALL_SIGNALS):
        os.kill(init, number)
        waiting.until(lambda: len(events(box)) > n, SOON, f"signal {number} forwarded: {events(box)}")
    assert events(box) == [f"{number} 0" for number in ALL_SIGNALS]
    queue(init, signal.SIGUSR1, QUIT)
    box.ends(42)


def test_every_queued_signal_with_its_value(box, start):
    start("--", PROBE, "signals")
    box.line("ready")
    init = box.init()
    for number in ALL_SIGNALS:
        queue(init, number, 1000 + number)
        box.line(f"{number} {1000 + number}")
    assert events(box) == [f"{number} {1000 + number}" for number in ALL_SIGNALS]
    queue(init, 64, QUIT)
    box.ends(42)


def test_queued_signals_keep_their_number_and_order(box):
    """Real-time signals are counted, others are not: signal(7)."""
    box.as_pid_1("--", PROBE, "signals")
    box.line("ready")
    for value in range(1, 101):
        queue(box.pid, 40, value)
    box.line("40 100")
    assert events(box) == [f"40 {value}" for value in range(1, 101)]
    queue(box.pid, 40, QUIT)
    box.ends(42)


def test_chld_is_ours(box):
    box.as_pid_1("--", PROBE, "signals")
    box.line("ready")
    os.kill(box.pid, signal.SIGCHLD)
    os.kill(box.pid, signal.SIGUSR2)
    box.line("12 0")
    assert events(box) == ["12 0"]
    queue(box.pid, 64, QUIT)
    box.ends(42)


def test_a_signal_from_inside_the_container(box):
    box.start("fini", "trap 'exit 9' USR1; kill -USR1 1; while :; do read -r x <go; done")
    box.ends(9)


def test_main_can_be_killed_from_outside(box, start):
    start("--", PROBE, "signals")
    [_, pid] = box.line("ready").split()
    [main] = [pid for pid in box.named("probe")]
    assert procfs.inner_pid(main) == int(pid)
    os.kill(main, signal.SIGKILL)
    box.ends(137)


@pytest.mark.parametrize("options,reached", [([], 1), (["-g"], 2), (["--kill-process-group"], 2)])
def test_the_process_group(box, start, options, reached):
    start(*options, "--", "/bin/sh", "-c", f"{PROBE} signals & exec {PROBE} signals")
    waiting.until(lambda: len(box.lines()) == 2, SOON, "both ready")
    os.kill(box.init(), 37)
    waiting.until(lambda: len(events(box)) == reached, SOON, f"forwarded to {reached}")
    os.kill(box.init(), 38)
    waiting.until(lambda: len(events(box)) == 2 * reached, SOON, f"forwarded to {reached}")
    assert sorted(events(box)) == ["37 0"] * reached + ["38 0"] * reached


def test_the_process_group_by_tinis_variable(box):
    box.run(["/usr/bin/env", "TINI_KILL_PROCESS_GROUP=1", FINI, "--", "/bin/sh", "-c",
             f"{PROBE} signals & exec {PROBE} signals"])
    waiting.until(lambda: len(box.lines()) == 2, SOON, "both ready")
    os.kill(box.init(), 37)
    waiting.until(lambda: len(events(box)) == 2, SOON, "forwarded to both")


def test_a_group_that_main_has_left(box):
    """-g: main's own group, not that of whoever started fini."""
    box.start("tini", f"probe signals >other & {FINI} -g -- probe signals & ready; await_go")
    box.wait_ready()
    box.line("ready")
    os.kill(box.init(), 37)
    box.line("37 0")
    waiting.line_in_file(box.path("other"), "ready")
    assert "37" not in box.read("other").decode()
    box.go()
    box.wait_end(SOON)


def test_a_signal_before_there_is_a_main(box):
    """It is pending when init is executed: not lost."""
    blocked = 1 << signal.SIGTERM - 1 | 1 << 34 - 1
    box.run_up_to_the_gate([PROBE, "with", "15,34", "-"], [FINI, "--", PROBE, "signals"])
    waiting.until(lambda: int(status(box.pid, "SigBlk")["SigBlk"], 16) == blocked, SOON, "blocked")
    queue(box.pid, signal.SIGTERM, 1015)
    queue(box.pid, 34, 1034)
    box.open_gate()
    box.line("15 1015")
    box.line("34 1034")
    queue(box.pid, 64, QUIT)
    box.ends(42)


def test_parents_death(box):
    scene = f"bash -c '{FINI} -p USR1 -- probe signals & wait' & ready; await_go"
    box.start("tini", scene).wait_ready()
    box.line("ready")
    [parent] = box.named("bash")
    os.kill(parent, signal.SIGKILL)
    box.line("10 0")
    assert box.init()
    box.go()
    assert box.wait_end(SOON)


def test_no_signal_at_parents_death_unless_asked_for(box):
    scene = f"bash -c '{FINI} -- probe signals & wait' & ready; await_go"
    box.start("tini", scene).wait_ready()
    box.line("ready")
    [parent] = box.named("bash")
    init = box.init()
    os.kill(parent, signal.SIGKILL)
    waiting.until(lambda: not procfs.alive(parent), SOON, "dead")
    os.kill(init, 37)
    box.line("37 0")
    assert events(box) == ["37 0"]
    box.go()
    assert box.wait_end(SOON)


# --rewrite, -r

@pytest.mark.parametrize("options", [["--rewrite=TERM:QUIT"], ["-r", "15:3"], ["-rHUP:0,SIGTERM:SIGQUIT"]])
def test_rewrite(box, start, options):
    start(*options, "--", PROBE, "signals")
    box.line("ready")
    init = box.init()
    queue(init, signal.SIGTERM, 1015)
    box.line("3 1015")
    os.kill(init, signal.SIGUSR1)
    box.line("10 0")
    queue(init, 64, QUIT)
    box.ends(42)


def test_rewrite_for_the_process_group(box, start):
    start("-g", "--rewrite=TERM:QUIT", "--", PROBE, "signals")
    box.line("ready")
    os.kill(box.init(), signal.SIGTERM)
    box.line("3 0")


def test_rewrite_to_nothing(box, start):
    start("--rewrite=TERM:0", "-r", "USR2:0", "--", PROBE, "signals")
    box.line("ready")
    init = box.init()
    for number in (signal.SIGTERM, signal.SIGUSR2, signal.SIGUSR1):
        os.kill(init, number)
    box.line("10 0")
    assert events(box) == ["10 0"]
    queue(init, 64, QUIT)
    box.ends(42)


# -v

def test_verbose_says_what_killed_main(box, start):
    start("-v", "--", "/bin/sh", "-c", "kill -SEGV $$")
    box.ends(139)
    assert re.search(r"fini: reaped main\[\d+\]: killed by signal 11 \(SIGSEGV\)\n", box.stderr())


def test_what_killed_main_is_not_said_unless_asked_for(box, start):
    start("--", "/bin/sh", "-c", "kill -SEGV $$")
    box.ends(139)
    assert box.stderr() == ""


# Main is another user's, and PID 1 has no CAP_KILL

KILL, SETUID, SYS_PTRACE = "5", "7", "19"
TO_NOBODY = ["/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]


def sandboxed(box):
    """For 50 ms after the start fini has everything that it was given."""
    return waiting.until(lambda: status(box.init(), "Seccomp")["Seccomp"] == "2", SOON, "in its sandbox")


@pytest.mark.parametrize("dropped", [[KILL], [KILL, SYS_PTRACE]], ids=["KILL", "KILL and SYS_PTRACE"])
@pytest.mark.parametrize("options", [[], ["-g"]], ids=["main", "group"])
def test_main_of_another_user_without_cap_kill(box, dropped, options):
    launch = [word for number in dropped for word in ("--drop-cap", number)]
    box.as_pid_1(*options, "--", *TO_NOBODY, PROBE, "signals", launch=launch)
    box.line("ready")
    sandboxed(box)
    os.kill(box.pid, signal.SIGTERM)
    box.line("15 0")
    queue(box.pid, 64, QUIT)
    box.line("64 0")
    assert box.stderr() == ""
