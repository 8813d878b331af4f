"""A lease on a file makes whoever opens it wait, for up to 45 seconds: who owns a file may take one, and needs no right."""
import os
import signal

import pytest

import waiting
from hangs import HEALTHY, HOLDER, both_loads
from inits import KILLED, PROMPT, assert_ends, assert_killed

FUSECTL = "/sys/fs/fuse/connections/$(mountpoint -d mnt/a | cut -d: -f2)"
TINI_TOO = pytest.mark.parametrize("init", ["tini", "fini"])
GUARDED = {"tini": ":", "fini": "guarded"}
SOON = 1  # seconds


@TINI_TOO
def test_on_the_number_of_requests(container, init):
    """PID 1 looks at the next mount whether a connection is gone; and then main is to end."""
    container.start(init, f"""nd a; {GUARDED[init]}; mkdir m; lease {FUSECTL}/waiting
        mount -t tmpfs tmpfs m
        trap 'echo >told; exit 3' TERM; ready; sleep 30 & wait""", launch=["--fusectl"]).wait_ready()
    container.kill(signal.SIGTERM)
    waiting.until(lambda: os.path.exists(container.path("told")), SOON, "told")


@both_loads
@pytest.mark.parametrize("by", ["exit", "SIGKILL"])
def test_on_the_number_of_requests_in_a_teardown(container, by, load):
    container.start("fini", f"{load}; guarded; lease {FUSECTL}/waiting; finish", launch=["--fusectl"]).wait_ready()
    if by == "exit":
        assert_ends(container, seconds=PROMPT + 3)  # the client that holds it ignores SIGTERM
    else:
        assert_killed(container.kill(), seconds=KILLED)
    if load == HEALTHY:
        container.assert_written("back/a/f", size=100000)


def test_on_the_file_that_aborts(container):
    """Nobody has looked at the connection yet. It is aborted in another way."""
    container.start("fini", f"ready; await_go; {HOLDER}; lease {FUSECTL}/abort; finish", launch=["--fusectl"]).wait_ready()
    container.kill(signal.SIGSTOP)
    container.go().wait_ready()
    container.kill(signal.SIGCONT)
    container.guardian()
    assert_ends(container, seconds=PROMPT + 3)


IN_PROC = ["comm", "mountinfo", "task/*/schedstat", "task/*/children", "status"]


@TINI_TOO
@pytest.mark.parametrize("file", IN_PROC)
def test_on_a_file_of_a_server_in_proc(container, init, file):
    container.start(init, f"{HEALTHY}; {GUARDED[init]}; lease /proc/$(cat a.pid)/{file}; finish").wait_ready()
    assert_ends(container, seconds=PROMPT + 3)
    if init == "fini":
        container.assert_written("back/a/f", size=100000)
