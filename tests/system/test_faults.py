"""A fault at each system call of the teardown: the container ends nevertheless, one second after the budget at most.

Which calls there are is seen by strace in the same scene without a fault: no list can grow old. Then the scene is
played once for each call and each fault:

- The call fails, from the first or from the third time on, in PID 1 (or the guardian) alone or in its children too, by
  strace's injection. strace and the guardian cannot both trace PID 1: where strace does, there is no guardian.
- The call does not come back, in children, by arrest.c: one that looks or unmounts may meet a server that answers
  nobody. Nor in the guardian itself, once it has forked its last act. PID 1 is held in test_faults_held.py: here the
  container would wait for its tracer.

There are about 1,700. make check plays the same few each time; TEST_FAULTS=1 plays all, TEST_FAULTS=10 every tenth.
"""
import collections
import contextlib
import os
import re
import subprocess
import zlib

import pytest

import procfs
import waiting
from container import TOOLS
from hangs import HEALTHY, HOLDER, SCENES
from inits import assert_hangs

EVERY = int(os.environ.get("TEST_FAULTS", "40"))

LOADS = {
    "holds its own file": HOLDER,
    "two hold each other's files": SCENES["two servers hold each other's files"],
    "own thread in read": SCENES["own thread in read() of its own mount"],
    "healthy": HEALTHY,
}
GRACES = {"client-grace": 200, "client-kill": 200, "drain": 200, "server-grace": 200, "abort-wait": 200, "patience": 0}
DETACH = 500  # as in init/limits.h
KILL_BUDGET = 500
OPTIONS = [f"--{name}={ms}ms" for name, ms in {**GRACES, "kill-budget": KILL_BUDGET}.items()]
LATE = 1  # seconds after the budget
TRIES = 3  # until a fault is met
SECONDS = {  # that it may take, by who tears down
    "init": (sum(GRACES.values()) + GRACES["abort-wait"] + DETACH) / 1000 + LATE,
    "guardian": KILL_BUDGET / 1000 + LATE,
}

ATTACHED = "restart_syscall"  # of a poll(2) that the tracer itself has interrupted

Fault = collections.namedtuple("Fault", "name whose since tracer")
ALONE, ALL, CHILDREN = "alone", "and its children", "its children"


def failing(error, whose, since):
    def tracer(pid, call, log):
        return ["strace", *(["-f"] if whose == ALL else []), "-o", log, "-p", str(pid), "-e", f"trace={call}",
                "-e", f"inject={call}:error={error}:when={since}+"]
    return Fault(f"{error} from {since} on, {whose}", whose, since, tracer)


FAULTS = [failing(error, whose, since)
          for error in ("EIO", "ENOSYS", "EAGAIN") for whose in (ALONE, ALL) for since in (1, 3)]
FAULTS.append(Fault(f"held, {CHILDREN}", CHILDREN, 1, lambda pid, call, log: [f"{TOOLS}/arrest", str(pid), call, log]))
ITSELF = Fault(f"held, {ALONE}", ALONE, 1, lambda pid, call, log: [f"{TOOLS}/arrest", str(pid), call, log, "itself"])
NO_FAULT = Fault("none", ALL, 0, lambda pid, _, log: ["strace", "-f", "-o", log, "-p", str(pid)])


@contextlib.contextmanager
def traced(command):
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE) as tracer:
        try:
            assert waiting.readable(tracer.stderr, 5)
            assert b"attached" in tracer.stderr.readline()
            yield
        finally:
            tracer.kill()  # and whom it holds goes on


class Play:
    """A scene, from its beginning to the end of the time that it may take."""

    def __init__(self, container, load, actor, fault, call=None):
        never = ["--guard=never"] if actor == "init" else []
        container.start("fini", f"{LOADS[load]}\nfinish", [*OPTIONS, *never]).wait_ready()
        self.pid = container.guardian() if actor == "guardian" else container.pid
        with traced(fault.tracer(self.pid, call, container.path("trace"))):
            end = (container.kill() if actor == "guardian" else container.finish()).wait_end(SECONDS[actor])
            self.where = None if end else where(container)
        self.trace = container.read("trace").decode(errors="replace")
        self.met = "INJECTED" in self.trace or "HELD" in self.trace
        container.close()

    def calls(self):
        """How often one process made each call at most: {ALONE: {name: times}, CHILDREN: ..., ALL: ...}."""
        times = collections.Counter(re.findall(r"^(\d+) +(\w+)\(", self.trace, re.MULTILINE))
        most = {whose: collections.Counter() for whose in (ALONE, CHILDREN, ALL)}
        for (pid, name), count in times.items():
            if name != ATTACHED:
                for whose in (ALONE if int(pid) == self.pid else CHILDREN, ALL):
                    most[whose][name] = max(count, most[whose][name])
        return most


def where(container):
    """Who is still there, where he waits, and what fini has said."""
    threads = [f"{'PID 1' if pid == container.pid else procfs.comm(pid)}[{pid}] in {procfs.wchan(pid, tid)}"
               for pid in container.processes() for tid in procfs.tids(pid)]
    return f"{', '.join(threads)}; {container.stderr().strip()}"


def calls_without_fault(containers, load, actor):
    """Those that two plays have in common: some are made in some moments only."""
    plays = [Play(containers(), load, actor, NO_FAULT) for _ in range(2)]
    assert not any(play.where for play in plays), f"hangs without a fault: {[play.where for play in plays]}"
    first, second = (play.calls() for play in plays)
    return {whose: first[whose] & second[whose] for whose in first}


def play_until_met(containers, load, actor, fault, call):
    for _ in range(TRIES):
        play = Play(containers(), load, actor, fault, call)
        if play.where or play.met or fault.since > 1 or fault is ITSELF:
            break
    return play


def chosen(*case, every=EVERY):
    return zlib.crc32(" ".join(case).encode()) % every == 0


@pytest.mark.parametrize("load", [load for load in LOADS if load != "healthy"])
def test_control_hangs(container, load):
    container.start("tini", f"{LOADS[load]}\nfinish").wait_ready()
    assert_hangs(container.finish())


@pytest.mark.parametrize("actor", SECONDS)
@pytest.mark.parametrize("load", LOADS)
def test_faults(containers, load, actor):
    calls = calls_without_fault(containers, load, actor)
    faults = [*FAULTS, ITSELF] if actor == "guardian" else FAULTS
    cases = [(fault, call) for fault in faults for call, times in sorted(calls[fault.whose].items())
             if times >= fault.since and chosen(load, actor, fault.name, call)]
    assert cases, "none was chosen"
    plays = [(fault, call, play_until_met(containers, load, actor, fault, call)) for fault, call in cases]
    late = [f"{call}: {fault.name}: {play.where}" for fault, call, play in plays if play.where]
    assert not late, f"{len(late)} of {len(plays)} not over after {SECONDS[actor]} s:\n" + "\n".join(late)
    unmet = [f"{call}: {fault.name}" for fault, call, play in plays
             if fault.since == 1 and fault is not ITSELF and not play.met]
    assert not unmet, f"no such call was made: {unmet}"
