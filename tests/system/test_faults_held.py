"""PID 1 itself is held in a system call of its teardown, for ever: the container ends nevertheless.

Not by ptrace(2), as others are in test_faults.py: only one can trace PID 1, and it must be free to be traced. The
kernel holds it, for a seccomp notification that nobody answers (launch --hold), as it would for a server that does not.

Nothing can take PID 1 out of such a call, and no signal from inside kills it. So when the time is over the last act, a
child, has the kernel kill it: then the status is 137, and not main's.

That begins with the teardown, of which the last act is armed first. Before, PID 1 cannot be expected to end anything:
it is held in the call that would tell it of main's end (poll, read, waitid), or on the way from there, or in the clone
that arms. Nor in exit_group, the call that ends it: by then it waits for nobody. There it is the engine that ends the
container, by the SIGKILL that follows each stop signal; and the guardian sees to it that it does.
"""
import signal

import pytest

import waiting
from hangs import HOLDER
from inits import assert_hangs
from test_faults import ALONE, EVERY, LOADS, OPTIONS, SECONDS, calls_without_fault, chosen, where

FEW = max(1, EVERY // 4)  # one in so many of these: there are not many
NO_CALLS = {"exit_group", "restart_syscall"}
TEARDOWN, BEFORE = "in the teardown", "before it"
# Each is made in every teardown; the others, which depend on the load, are taken from a play of it.
ALWAYS = ["clone", "close", "poll"]


class Held:
    """A scene in which PID 1 is held where it calls one system call next, once main has ended."""

    def __init__(self, container, load, when, call):
        begin, log = container.path("begin"), container.path("held")
        container.start("fini", f"{LOADS[load]}\nfinish", OPTIONS,
                        ["--hold", call, "--hold-from", begin, "--hold-log", log,
                         *(["--hold-forked"] if when == TEARDOWN else [])]).wait_ready()
        container.guardian()
        open(begin, "w").close()
        container.finish()
        if when == BEFORE:
            waiting.until(lambda: container.read("held") or container.wait_end(0), SECONDS["init"], "held, or over")
            self.end = container.wait_end(0) or container.kill().wait_end(SECONDS["guardian"])
        else:
            self.end = container.wait_end(SECONDS["init"])
        self.held = b"HELD" in container.read("held")
        self.where = None if self.end else where(container)
        container.close()

    def complaint(self):
        if self.where:
            return f"not over: {self.where}"
        status = -signal.SIGKILL if self.held else 7
        return None if self.end.status == status else f"{self.end}, and was {'' if self.held else 'not '}held"


def test_control_hangs(container):
    """Another init has nobody who would do anything in its place."""
    container.start("tini", f"{HOLDER}\nfinish").wait_ready()
    assert_hangs(container.finish())


@pytest.mark.parametrize("when", [TEARDOWN, BEFORE])
@pytest.mark.parametrize("load", LOADS)
def test_held_in_any_call(containers, load, when):
    calls = set(calls_without_fault(containers, load, "init")[ALONE]) - NO_CALLS
    calls = sorted(call for call in calls if chosen(load, when, call, every=FEW))
    plays = {call: Held(containers(), load, when, call) for call in {*calls, *ALWAYS}}
    complaints = [f"{call}: {play.complaint()}" for call, play in plays.items() if play.complaint()]
    assert not complaints, f"{len(complaints)} of {len(plays)} held {when}:\n" + "\n".join(complaints)
    assert all(plays[call].held for call in ALWAYS), "one of those that are always made was not"


@pytest.mark.parametrize("when", [TEARDOWN, BEFORE])
def test_held_in_the_abort_itself(containers, when):
    """Then the connection does not count as aborted: the last act, or the guardian, tries again."""
    play = Held(containers(), "own thread in read", when, "write")
    assert play.held and not play.complaint(), play.complaint()
