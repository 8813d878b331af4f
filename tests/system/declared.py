"""For the tests of the servers that fini starts itself: their command lines, and who works for them."""
import re
import os
import signal

import pytest

import procfs
import waiting
from container import INITS, TOOLS
from freezer import Freezer, available
from probe import PROBE, one_line

STARTS = 10  # seconds; for what takes milliseconds on a machine that has nothing else to do

# Says in the drives' log when it is there and when it is told to stop. Its comm is "store".
STORE = """#!/bin/sh
trap 'echo store SIGTERM >>{scratch}/drives.log; exit 0' TERM
exec 3<>{scratch}/store.fifo
echo store up >>{scratch}/drives.log
while :; do read -r x <&3; done
"""


def drive(container, name, options="", back=None, on=None):
    """The command that serves back/NAME on mnt/NAME, as nd does in a scene."""
    s = container.scratch
    return (f"{TOOLS}/ndrive --log {s}/drives.log --name {name} --pid-file {s}/{name}.pid {options} "
            f"{back or f'{s}/back/{name}'} {on or f'{s}/mnt/{name}'}")


def server(command):
    return f"--server={command}"


def shell(container, script):
    """A command that runs a script without single quotes; where $S is what it is in a scene."""
    assert "'" not in script, script
    return f"sh -c 'S={container.scratch}; {script}'"


def store(container):
    """Makes the program store; returns its path."""
    path = container.path("store")
    with open(path, "w") as file:
        file.write(STORE.format(scratch=container.scratch))
    os.chmod(path, 0o755)
    os.mkfifo(container.path("store.fifo"))
    return path


def as_child(container, argv):
    """A PID 1 that runs argv, writes its exit status to the file status, says ready and stays until finish()."""
    s = container.scratch
    script = f'"$@"; echo $? >{s}/status; echo ready >{s}/ready; read -r status <{s}/go; exit "$status"'
    return ["/bin/sh", "-c", script, "sh", *argv]


def drives_of(container):
    """{name: pid on the host} of the drives that run. (Their pid files have the numbers of the container.)"""
    pids = {procfs.inner_pid(pid): pid for pid in container.named("ndrive")}
    found = {}
    for name in os.listdir(container.scratch):
        if name.endswith(".pid"):
            number = container.read(name).strip()
            if number and int(number) in pids:
                found[name[:-4]] = pids[int(number)]
    return found


def kill_everybody(container, freezer):
    """SIGKILL to every process of the container at once, its guardian and PID 1 too.

    They are frozen meanwhile: of two killed one after the other, the later could still answer the earlier.
    """
    freezer.take(*container.processes()).freeze()
    pidfds = [os.pidfd_open(pid) for pid in container.processes() if pid != container.pid]
    for pidfd in pidfds:
        signal.pidfd_send_signal(pidfd, signal.SIGKILL)
        os.close(pidfd)
    container.kill()
    freezer.thaw()


def await_mounted(container, *drives):
    """Waits until they are seen by PID 1, and pins their connections: for what fails before main could say ready."""
    points = {container.path(f"mnt/{name}") for name in drives}
    waiting.until(lambda: points <= set(procfs.fuse_mounts(container.pid).values()), STARTS, "mounted")
    container.pin_connections()
    assert len(container.connections) == len(drives)


def assert_only_pid_1_left(container):
    """What fini should have ended is gone, although its PID 1, another program, goes on."""
    left = [procfs.comm(pid) for pid in container.processes() if pid != container.pid]
    assert not left, left
    assert not set(procfs.fuse_mounts(container.pid)) - container.foreign
    waiting.until(lambda: not container.new_connections(), 1, "without connections")


def assert_not_started(container, *wanted):
    """fini must have ended with 125, after one line that has all of these, and nothing may be left."""
    end = container.wait_end(STARTS)
    assert end is not None, f"does not end: {[procfs.comm(pid) for pid in container.processes()]}"
    assert end.status == 125, container.stderr()
    line = one_line("".join(re.findall(r"^fini: .*\n", container.stderr(), re.MULTILINE)))
    for words in wanted:
        assert words in line, line
    container.assert_nothing_left()
    return line


class Gate:
    """A fifo somebody waits at for a line."""

    def __init__(self, container, name):
        self.path = container.path(name)
        os.mkfifo(self.path)
        self._fd = os.open(self.path, os.O_RDWR | os.O_CLOEXEC)

    def open(self):
        os.write(self._fd, b"\n")

    def close(self):
        os.close(self._fd)


@pytest.fixture
def freezer():
    """Asked for before any container, so that it is closed after all of them."""
    version = next((version for version in (1, 2) if available(version)), None)
    if version is None:
        pytest.skip("no freezer")
    freezer = Freezer(version)
    yield freezer
    freezer.close()


@pytest.fixture
def start_gated(gates):
    """Starts a container whose fini may end at once: only when everything that watches it is in place."""
    def start(container, init, options, launch=()):
        gate = gates(container, "start")
        argv = container.argv(init, "echo main ran >>drives.log\nfinish", options)
        container.run([PROBE, "gate", gate.path, *argv], launch)
        gate.open()
    return start


@pytest.fixture
def gates():
    made = []

    def make(container, name):
        made.append(Gate(container, name))
        return made[-1]

    yield make
    for gate in made:
        gate.close()


__all__ = ["INITS", "STARTS", "TOOLS", "as_child", "assert_not_started", "assert_only_pid_1_left", "await_mounted",
           "drive", "drives_of", "freezer", "gates", "kill_everybody", "server", "shell", "start_gated", "store"]
