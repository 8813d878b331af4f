"""fini-doctor as an operator runs it, on what hangs."""
import json
import os
import re
import signal
import subprocess

import procfs
import waiting
from container import BUILD
from inits import HANG

DOCTOR = os.path.join(BUILD, "fini-doctor")
SANE = os.path.join(BUILD, "fini-doctor-sane")  # with ASan and UBSan
STUCK = ["--stuck=300ms"]
SOON = 1  # seconds: what is released ends within it
LOOKS = 10  # seconds for a look: it takes milliseconds


def doctor(*words, seconds=LOOKS, wrapper=(), program=DOCTOR):
    return subprocess.run([*wrapper, program, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=seconds)


def assert_sane(*words):
    """The same with the sanitizers, which write to stderr and end with a status of their own."""
    done = doctor(*STUCK, *words, program=SANE)
    assert done.returncode in (0, 1) and "Sanitizer" not in done.stderr and "runtime error" not in done.stderr, done
    return done


def look():
    """What is stuck on this machine, with a status that says so."""
    done = doctor(*STUCK, "--json")
    seen = json.loads(done.stdout)
    assert done.returncode == (1 if seen["stuck"] else 0), done
    return seen["stuck"]


def of(container):
    """What the doctor finds of that container; None: nothing. Other tests run beside this one, and hang."""
    for finding in look():
        if finding["namespace"] and finding["namespace"]["init"] == container.pid:
            return finding
    return None


def found(container):
    return waiting.until(lambda: of(container), 5, "found by the doctor")


def hang(container, scene, init="tini"):
    """Makes it hang: the control of every test here."""
    container.start(init, scene + "\nfinish").wait_ready()
    assert container.connections
    assert container.finish(7).wait_end(HANG) is None, "it ended: this scene shows nothing"
    return container


def released(container, *words):
    """Has it released. Returns within how many seconds it has ended; None: it has not."""
    done = doctor("release", *STUCK, *words, str(container.pid))
    ended = re.search(r"has ended, (\d+) ms later", done.stderr)
    if done.returncode != 0 or not ended or container.wait_end(SOON) is None:
        print(done)
        return None
    return int(ended[1]) / 1000


def assert_released(container, *words):
    seconds = released(container, *words)
    assert seconds is not None and seconds <= SOON, "not released, or too late: the doctor's own words are above"


FUSE = ("fuse", "behind-fuse")


def assert_named(container, finding):
    """The right threads, functions, connections and servers, and nobody else's."""
    assert finding["cause"] in FUSE and finding["advice"] == "release", finding
    waits = [thread for thread in finding["threads"] if thread["cause"] in FUSE]
    stuck = {thread.pid for thread in container.stuck()}
    assert {thread["pid"] for thread in waits} == stuck, (finding, stuck)
    assert any(re.search(r"request_wait_answer|folio_wait", thread["function"]) for thread in waits), finding
    assert any(thread["pid"] == container.pid and thread["cause"] == "pid-namespace" and
               "zap_pid_ns_processes" in thread["through"] for thread in finding["threads"]), finding
    connections = {connection["id"] for connection in finding["connections"]}
    assert connections and connections <= {connection.id for connection in container.connections}, finding
    dead, dying = {0}, set(container.processes())
    assert all(connection["sure"] and connection["hold"] == "none" and connection["server"] in dead | dying
               for connection in finding["connections"]), finding
    assert finding["command"] == f"fini-doctor release {container.pid}"


def inside(container, *words, wrapper=(), **how):
    """As on a host of its own: it sees that container, and what no other test hangs."""
    enter = ["nsenter", f"--target={container.pid}", "--pid", "--mount"]
    return doctor(*words, wrapper=[*enter, *wrapper], **how)


# A host of its own: containers in a container. A fini-doctor in there sees them, and what no other test hangs.

INNER = """
for name in {names}; do
    mkfifo up.$name
    BY='unshare -pfm' nd $name -f --hold f >up.$name &
    read -r up <up.$name
done
finish"""


class Host:
    """A container with others in it, each the server of its own mount. `hang` makes one of them hang."""

    def __init__(self, container, *names):
        self.hanging = 0
        self.container = container.start("tini", INNER.format(names=" ".join(names))).wait_ready()
        starters = sorted(container.named("unshare"))
        assert len(starters) == len(names)
        self.starters = dict(zip(names, starters))
        self.inits = {name: procfs.children(pid)[0] for name, pid in self.starters.items()}

    def hang(self, name, shared=False):
        """Kills it. What started it sees its mount; it lives on if that is to be shared."""
        if not shared:
            os.kill(self.starters[name], signal.SIGKILL)
            waiting.until(lambda: not procfs.alive(self.starters[name]), 5, "gone")
        os.kill(self.inits[name], signal.SIGKILL)
        self.hanging += 1
        waiting.until(lambda: len(self.look()) == self.hanging, 5, "hanging, for long enough")

    def look(self):
        """The findings that are namespaces."""
        return [finding for finding in json.loads(self.doctor(*STUCK, "--json").stdout)["stuck"] if finding["namespace"]]

    def has(self, name):
        return procfs.alive(self.inits[name])

    def doctor(self, *words, **how):
        return inside(self.container, *words, **how)

    def watch(self, *words, **how):
        """Its stderr, and its metrics: {name: value}."""
        done = self.doctor("watch", *STUCK, f"--metrics={self.container.path('fini.prom')}", *words, **how)
        assert done.returncode in (0, 1), done
        metrics = re.findall(r"^fini_doctor_(\w+) (\S+)$", self.container.read("fini.prom").decode(), re.MULTILINE)
        return done.stderr, {name: float(value) for name, value in metrics}


# Runs a program that may not choose its processors: then the kernel does not tell it how long a thread has waited.
UNTOLD = ["/usr/bin/python3", "-c", """
import ctypes, os, platform, struct, sys
number = {"x86_64": 203, "aarch64": 122}[platform.machine()]  # sched_setaffinity
code = [(0x20, 0, 0, 0), (0x15, 0, 1, number), (0x06, 0, 0, 0x50001), (0x06, 0, 0, 0x7fff0000)]
program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in code))
filter = ctypes.create_string_buffer(struct.pack("@HP", len(code), ctypes.addressof(program)))
if ctypes.CDLL(None).prctl(22, 2, filter) != 0:  # PR_SET_SECCOMP
    sys.exit("no filter")
os.execv(sys.argv[1], sys.argv[1:])
"""]
