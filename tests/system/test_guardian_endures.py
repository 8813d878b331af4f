"""What somebody inside, or a curious administrator, does to the guardian: PID 1 is neither held by it nor uncovered."""
import contextlib
import os
import re
import resource
import signal
import subprocess

import pytest

import measured
import procfs
import waiting
from hangs import HEALTHY, HOLDER, both_loads
from inits import PROMPT, assert_ends, assert_hangs, assert_killed

BUDGET = 2  # seconds: --kill-budget

# Stopped for ever, whatever it does, for longer than any test waits

EVERY_MS = "pester -e 1000 {signal} 30 tracer"
AT_FULL_SPEED = "pester -n 2 {signal} 30 tracer"
STOP = int(signal.SIGSTOP)
LONGER = 1.5  # seconds: than the guardian sleeps before it continues itself


def stopped(how, load=HEALTHY, number=STOP):
    return f"{load}\nguarded; {how.format(signal=number)}\nfinish"


def test_control_ends(container):
    """Without a guardian nobody is there to be stopped."""
    container.start("tini", f"{HEALTHY}; {EVERY_MS.format(signal=STOP)} &\nfinish").wait_ready()
    waiting.moment(LONGER)
    assert_killed(container.kill())


@pytest.mark.parametrize("how,number", [(EVERY_MS, STOP), (AT_FULL_SPEED, STOP), (AT_FULL_SPEED, 0)],
                         ids=["every millisecond", "at full speed", "signal 0, which does nothing"])
def test_stopped_again_and_again(container, how, number):
    """PID 1 must not wait for ever for a guardian that is not let work."""
    container.start("fini", stopped(how, number=number)).wait_ready()
    waiting.moment(LONGER)
    assert_killed(container.kill(), seconds=BUDGET + 3)


@pytest.mark.parametrize("how", [EVERY_MS, AT_FULL_SPEED], ids=["every millisecond", "at full speed"])
def test_main_exits_while_it_is_stopped_again_and_again(container, how):
    container.start("fini", stopped(how, HOLDER)).wait_ready()
    assert_ends(container, seconds=PROMPT + 1)


def test_share_that_is_covered_although_it_is_stopped_again_and_again(containers):
    """How often, in the moments that it is left, it can still end what never ends under any other init."""
    for _ in range(measured.runs(2)):
        container = containers()
        container.start("fini", stopped(EVERY_MS, HOLDER)).wait_ready()
        ended = container.kill().wait_end(BUDGET + 2)
        measured.share("SIGKILL with a guardian that is stopped every millisecond was covered", ended)
        container.close()


# Traced itself, and so stopped

CHECK = 2  # seconds: --server-check, with which PID 1 looks whether its guardian is traced


def traced(container, load, launch=(), options=()):
    container.start("fini", f"{load}\nguarded; attach && echo yes >traced || echo no >traced\nfinish", options,
                    launch).wait_ready()
    return container.read("traced") == b"yes\n"


def replaced(container, load):
    """Waits until the one that is traced has been replaced."""
    assert traced(container, load, options=["-v"])
    stopped = procfs.tracer(container.pid)
    waiting.line_in_file(container.path("stderr"), "is traced: another one", CHECK + 1)
    waiting.until(lambda: procfs.tracer(container.pid) not in (0, stopped), PROMPT, "guarded by another one")


@both_loads
def test_who_has_no_ptrace_capability_cannot_trace_it(container, as_nobody, load):
    """The same user could trace any other process of its own."""
    assert not traced(container, load, as_nobody)
    assert_killed(container.kill())


@both_loads
def test_tracer_does_not_hold_pid_1(container, load):
    """PID 1 sees it, and has another one before its SIGKILL comes."""
    replaced(container, load)
    assert_killed(container.kill())


def test_next_one_is_traced_again(container):
    """A tracer that comes again: now a timer ends the guardian, which a stop does not hold up."""
    replaced(container, HEALTHY)
    container.run_inside("attach")
    assert_killed(container.kill(), seconds=CHECK + 2)


def test_main_exits_while_it_is_traced(container):
    assert traced(container, HOLDER)
    assert_ends(container, seconds=PROMPT + 1)


# Not allowed

PIDS = 100  # that the scene, and looking at it, may use up; each guardian takes one


def next_pid(container):
    """The number that the container's next process gets, or one a little higher."""
    container.run_inside("echo $$ >next-pid")
    return int(container.read("next-pid"))


def test_ptrace_that_kills(container):
    """A seccomp profile ends whoever calls ptrace(2) by SIGSYS: few are sent into that, and one line says so."""
    container.start("fini", f"ready; await_go; {HEALTHY}\nfinish", launch=["--deny", "ptrace:KILL"]).wait_ready()
    before = next_pid(container)
    container.go().wait_ready()
    with contextlib.suppress(waiting.Late):
        waiting.line_in_file(container.path("stderr"), "not covered", 3)
    at_once = next_pid(container) - before
    waiting.moment(1)
    later = next_pid(container) - before - at_once
    assert 0 < at_once < PIDS and 0 < later < PIDS, f"{at_once} processes at once, {later} a second later"
    [line] = container.stderr().splitlines()
    assert re.fullmatch(r"fini: SIGKILL of init is not covered: .+", line)
    assert_ends(container)
    container.assert_written("back/a/f", size=100000)


@contextlib.contextmanager
def strace(container):
    """Somebody looks what PID 1 does, and goes away."""
    with subprocess.Popen(["strace", "-o", container.path("strace.log"), "-p", str(container.pid)],
                          stderr=subprocess.DEVNULL) as tracer:
        try:
            waiting.until(lambda: procfs.tracer(container.pid) == tracer.pid, 5, "traced")
            yield
        finally:
            tracer.send_signal(signal.SIGINT)


SEEN = 1  # seconds for which PID 1 serves FUSE under strace, and cannot have its guardian
AGAIN = 10  # seconds within which it must have it then


def serve_under_strace(container, init, options=()):
    container.start(init, f"ready; await_go; {HOLDER}\nfinish", options).wait_ready()
    with strace(container):
        container.go().wait_ready()
        waiting.moment(SEEN)
    return container


@pytest.mark.parametrize("init,options", [("tini", []), ("fini", ["--guard=never"])])
def test_control_hangs_after_strace(container, init, options):
    serve_under_strace(container, init, options).kill()
    assert_hangs(container)


COVERED = "fini: SIGKILL of init is covered"
NOT_COVERED = "fini: SIGKILL of init is not covered: {}"


def test_strace_that_has_passed(container):
    serve_under_strace(container, "fini").guardian(AGAIN)
    waiting.line_in_file(container.path("stderr"), COVERED)
    assert container.stderr().splitlines() == [
        NOT_COVERED.format("it may not be traced: Operation not permitted"), COVERED]
    assert_killed(container.kill())


def switches(pid):
    """How often it has slept and been woken."""
    with open(f"/proc/{pid}/status") as file:
        [line] = [line for line in file if line.startswith("voluntary_ctxt_switches")]
    return int(line.split()[1])


def test_strace_that_stays_costs_nothing(container):
    """Trying again is neither a busy loop of the guardian's nor one guardian after the other."""
    container.start("fini", f"ready; await_go; {HOLDER}\nfinish").wait_ready()
    with strace(container):
        container.go().wait_ready()
        waiting.line_in_file(container.path("stderr"), "not covered")
        [guardian] = [pid for pid in procfs.children(container.pid) if procfs.comm(pid) == "fini: guardian"]
        before = switches(guardian)
        waiting.moment(2)
        assert switches(guardian) - before < 10
    container.guardian(AGAIN)
    assert_killed(container.kill())


# No process for it


def test_fork_that_fails(container, as_nobody):
    """At its limit of processes PID 1 says once that there is no guardian, and has one as soon as it may."""
    limit = resource.getrlimit(resource.RLIMIT_NPROC)[0]
    again = "unlimited" if limit == resource.RLIM_INFINITY else limit
    container.start("fini", f"{HEALTHY}; guarded; prlimit --pid 1 --nproc=1:; ready; await_go\n"
                            f"prlimit --pid 1 --nproc={again}:\nfinish", launch=as_nobody).wait_ready()
    os.kill(container.guardian(), signal.SIGKILL)
    waiting.line_in_file(container.path("stderr"), "not covered")
    container.kill(signal.SIGURG).kill(signal.SIGURG)  # wake-ups, for which there is no line
    container.go().wait_ready().guardian(AGAIN)
    waiting.line_in_file(container.path("stderr"), COVERED)
    assert container.stderr().splitlines() == [
        NOT_COVERED.format("guardian: Resource temporarily unavailable"), COVERED]
    assert_killed(container.kill())


# By name


def test_ps_shows_who_it_is(guarded):
    container, guardian = guarded(HEALTHY)
    number = procfs.inner_pid(guardian)
    container.run_inside("ps -ww -eo pid=,comm=,args= >ps")
    lines = {int(line.split()[0]): line for line in container.read("ps").decode().splitlines()}
    assert "fini: guardian" in lines[number], lines[number]
    assert "guardian" not in lines[1], lines[1]
    assert_killed(container.kill(), seconds=PROMPT)
