"""A container that does not end because a parent outside does not reap: that is not FUSE, and something helps."""
import signal
import subprocess

import pytest

import procfs
import waiting
from doctors import found
from inits import HANG

# Has a child in the container, as docker exec has, and does not reap it.
CARELESS = ["/usr/bin/python3", "-c", """
import ctypes, os, sys, time
ctypes.CDLL(None).setns(os.open(f"/proc/{sys.argv[1]}/ns/pid", os.O_RDONLY), 0)
if os.fork() == 0:
    os.execvp("sleep", ["sleep", "1000"])
time.sleep(1000)
"""]


def ends_but_for_the_zombie(container, parent, child):
    container.kill()
    assert container.wait_end(HANG) is None, "it ended: this scene shows nothing"
    assert procfs.state(child, child) == "Z"
    finding = found(container)
    assert finding["cause"] == "pid-namespace" and finding["advice"] == "elsewhere", finding
    assert finding["verdict"].startswith(f"not FUSE: sleep[{child}] in it has ended, and its parent outside, "), finding
    assert f"[{parent}], " in finding["verdict"], finding
    return finding


@pytest.fixture
def child_of(container):
    """Starts a parent outside, and returns it with its child inside, which sleeps."""
    started = []

    def start(*argv):
        parent = subprocess.Popen(argv)
        started.append(parent)
        [child] = waiting.until(lambda: procfs.children(parent.pid), 5, "started")
        waiting.until(lambda: procfs.comm(child) == "sleep", 5, "started")
        return parent, child
    container.start("tini", "finish").wait_ready()
    yield start
    for parent in started:
        parent.kill()
        parent.wait()


def test_a_parent_that_is_stopped(container, child_of):
    parent, child = child_of("nsenter", f"--target={container.pid}", "--pid", "sleep", "1000")
    parent.send_signal(signal.SIGSTOP)
    finding = ends_but_for_the_zombie(container, parent.pid, child)
    assert "is stopped" in finding["verdict"] and f"kill -CONT {parent.pid}" in finding["command"], finding
    parent.send_signal(signal.SIGCONT)  # as it says
    assert container.wait_end(5)


def test_a_parent_that_does_not_care(container, child_of):
    parent, child = child_of(*CARELESS, str(container.pid))
    finding = ends_but_for_the_zombie(container, parent.pid, child)
    assert "stopped" not in finding["verdict"] and "-CONT" not in finding["command"], finding
    assert f"kill -KILL {parent.pid}" in finding["command"], finding
    parent.kill()  # as it says
    assert container.wait_end(5)
