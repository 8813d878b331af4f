"""For the tests of the init without FUSE: a container beside which nothing is served, and what probe.c says in it."""
import os
import signal
import subprocess

import pytest

import conftest
import procfs
import waiting
from container import INITS, TOOLS, Container

FINI, TINI, PROBE = INITS["fini"], INITS["tini"], f"{TOOLS}/probe"
SOON = 10  # seconds; for what takes milliseconds on a machine that has nothing else to do
LEAVES = 7  # probe leave's exit status


class Box(Container):
    def __init__(self, scratch, keeper):
        super().__init__(scratch, keeper, drives=())
        os.mkfifo(self.path("gate"))
        os.chmod(self.path("gate"), 0o666)
        self._gate = os.open(self.path("gate"), os.O_RDWR | os.O_CLOEXEC)

    def run(self, argv, launch=(), mounts_of=None, wrapper=()):
        """As PID 1, but only once everything is in place: what ends at once would be gone before it was seen."""
        self.run_up_to_the_gate((), argv, launch, mounts_of, wrapper)
        self.open_gate()
        return self

    def run_up_to_the_gate(self, before, argv, launch=(), mounts_of=None, wrapper=()):
        super().run([*before, PROBE, "gate", self.path("gate"), *argv], launch, mounts_of, wrapper)

    def open_gate(self):
        os.write(self._gate, b".")

    def close(self):
        super().close()
        os.close(self._gate)

    def as_pid_1(self, *arguments, launch=(), before=()):
        """Runs fini as PID 1. before is a command that executes its arguments."""
        return self.run([*before, FINI, *arguments], launch)

    def as_ordinary(self, *arguments, launch=(), before=()):
        """Runs fini as an ordinary process, the only child of another PID 1."""
        return self.run([TINI, "--", *before, FINI, *arguments], launch)

    def line(self, wanted, seconds=SOON):
        """Waits for a line of standard output."""
        return waiting.line_in_file(self.path("stdout"), wanted, seconds)

    def lines(self):
        return self.read("stdout").decode(errors="replace").splitlines()

    def ends(self, status, seconds=SOON):
        """It must end with that status, and nothing be left of it."""
        end = self.wait_end(seconds)
        assert end is not None, f"does not end: {[procfs.comm(pid) for pid in self.processes()]}: {self.stderr()}"
        assert end.status == status, self.stderr()
        self.assert_nothing_left()
        return end

    def init(self):
        """The pid of fini, wherever it runs; main must have been executed.

        A child of fini that looks at others (src/fuse/eyes.h) has the same name, for some milliseconds."""
        found = self.named("fini")
        children = {child for pid in found for child in procfs.children(pid)}
        [pid] = set(found) & set(self.named("fini")) - children
        return pid

    def children(self):
        """Of init, zombies too."""
        pid = self.init()
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            return file.read().split()

    def descriptors(self, pid):
        return {int(number): os.readlink(f"/proc/{pid}/fd/{number}") for number in os.listdir(f"/proc/{pid}/fd")}


@pytest.fixture
def boxes(keeper):
    made = []

    def make():
        made.append(Box(conftest.scratch(), keeper))
        return made[-1]

    yield make
    for box in made:
        conftest.show(box)
        box.close()


@pytest.fixture
def box(boxes):
    return boxes()


@pytest.fixture(params=["as_pid_1", "as_ordinary"])
def start(box, request):
    """Runs fini in the box: each test that asks for it runs twice."""
    return getattr(box, request.param)


def fields(text, *wanted):
    """Lines of a /proc/PID/status whose names begin so."""
    found = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
    return {name: found[name].strip() for name in found if name.startswith(wanted)}


def status(pid, *wanted):
    return fields(procfs.read_in_child(f"/proc/{pid}/status"), *wanted)


def plainly(*arguments, **more):
    """Runs fini as an ordinary process of this machine, for what ends at once and leaves nobody."""
    return subprocess.run([FINI, *arguments], stdin=subprocess.DEVNULL, capture_output=True, timeout=SOON, text=True,
                          **more)


def one_line(text):
    """The only line of fini's stderr, without its "fini: "."""
    assert text.startswith("fini: ") and text.endswith("\n") and text.count("\n") == 1, text
    return text[6:-1]


ALL_SIGNALS = [number for number in range(1, 65) if number not in (signal.SIGKILL, signal.SIGSTOP, signal.SIGCHLD)]
