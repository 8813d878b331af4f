"""Is what is mounted where a --server mounts dead, left by a former life? Who asks waits for the server if it is not.

It may be somebody else's, who stalls: then nobody of ours may be left waiting for it, and the start goes on in time.
"""
import os
import signal
import time

import pytest

import waiting
from declared import drive, server
from inits import assert_ends, both_finis

SOON = 2  # seconds; asking takes half a second at most


def mute(foreign, late):
    """It reads what it is asked, and answers nothing any more."""
    foreign.container.run_inside("test ! -e mnt/late/mute")


def keep_others_waiting(foreign, late):
    mute(foreign, late)
    foreign.container.run_inside("stat mnt/late/x &")
    waiting.until(lambda: late.waiting() > 0, 2, "waited for")


def stop(foreign, late):
    """It does not even read."""
    os.kill(foreign.server_of(late), signal.SIGSTOP)


def lie_on_the_way(foreign, late):
    """To a mount that is dead."""
    foreign.container.run_inside("rawfuse --leave mnt/late/inner")
    foreign.container.pin_connections()
    [dead] = foreign.container.named("rawfuse")
    os.kill(dead, signal.SIGKILL)
    waiting.until(lambda: not foreign.container.named("rawfuse"), 2, "dead")
    mute(foreign, late)


@both_finis
@pytest.mark.parametrize("stall, point", [(keep_others_waiting, ""), (stop, ""), (lie_on_the_way, "/inner")],
                         ids=["waiting", "stopped", "on the way"])
def test_nobody_is_left_waiting(container, foreign, late, init, stall, point):
    stall(foreign, late)
    # It names the mount point, as one would that mounts there, but can do without.
    command = f"sh -c ': {foreign.container.path('mnt/late')}{point}; exec {drive(container, 'a')}'"
    begun = time.monotonic()
    container.start(init, "finish", [server(command)]).wait_ready()
    assert time.monotonic() - begun < SOON
    assert not [stuck for stuck in container.stuck() if stuck.wchan == "request_wait_answer"]
    assert_ends(container)
    assert late.exists()
