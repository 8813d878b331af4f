"""A server that held its own file dies while main goes on: no event says so, and without fini every client hangs."""
import os
import re
import signal

import pytest

import procfs
import waiting
from inits import HANG, PROMPT, assert_ends, both_finis

CLIENTS = 10
SECONDS = 5  # fini looks every 2 s, and aborts at the second look

# Ten writers; when all of them have ended, main says so and goes on.
SCENE = f"""
nd a --hold own
for n in $(seq {CLIENTS}); do {{ client -f stream mnt/a/$n 2>>errors && s=0 || s=$?; echo $s >>ended; }} & done
ready
wait
echo main goes on >>ended
finish
"""


@pytest.fixture
def start(container):
    """Starts the scene and kills the server, alone."""
    def start(init):
        container.start(init, SCENE).wait_ready()
        waiting.until(lambda: len(container.named("client")) == CLIENTS + 1, 5, "writing")  # one writes elsewhere
        [server] = container.named("ndrive")
        os.kill(server, signal.SIGKILL)
        return container
    return start


def test_control_hangs(start):
    container = start("tini")
    with pytest.raises(waiting.Late):
        container.wait_ready(HANG)
    assert container.stuck()
    container.release()


@both_finis
def test_clients_get_an_error(start, init):
    container = start(init)
    container.wait_ready(SECONDS)
    assert container.read("ended").decode().splitlines() == ["1"] * CLIENTS + ["main goes on"]
    assert re.fullmatch(r"(.*(not connected|connection abort).*\n)+", container.read("errors").decode())
    [line] = container.stderr().splitlines()
    assert re.fullmatch(r"fini: aborted connection \d+ \(.*/mnt/a, ndrive\[\d+\]\) by .*: .*", line), line
    waiting.until(lambda: not container.stuck(), 2, "nobody waits")  # the writer on a healthy drive does, for a moment
    assert not container.named("ndrive")
    assert procfs.wchan(container.pid, container.pid) != "0"
    assert_ends(container)


@both_finis
def test_never_looks_with_zero(container, init):
    """--server-check=0: then only main's exit ends it."""
    container.start(init, "nd a --hold f; client hold mnt/a/g\nfinish", options=["--server-check=0"]).wait_ready()
    [server] = container.named("ndrive")
    os.kill(server, signal.SIGKILL)
    waiting.until(container.stuck, 2, "stuck")
    with pytest.raises(waiting.Late):
        waiting.line_in_file(container.path("stderr"), "aborted", HANG)
    assert_ends(container)


# Main itself is the server, in the foreground; a child of it tells when it is mounted.
MAIN = "mkfifo up\n{ read -r up <up; ready; } &\nBY=exec nd a -f --hold f >up\n"


@both_finis
def test_main_is_the_server_and_is_killed(container, init):
    """It can never be reaped while it waits for itself: only its abort lets init know that main has ended."""
    container.start(init, MAIN).wait_ready()
    [server] = container.named("ndrive")
    os.kill(server, signal.SIGKILL)
    end = container.wait_end(SECONDS)
    assert end is not None, f"hangs: {container.stuck()}"
    assert end.status == 128 + signal.SIGKILL
    container.assert_nothing_left()


@both_finis
@pytest.mark.parametrize("number,status", [(signal.SIGTERM, 0), (signal.SIGKILL, -9)])
def test_main_is_the_server_and_init_is_signalled(container, init, number, status):
    container.start(init, MAIN).wait_ready().guardian()
    end = container.kill(number).wait_end(PROMPT)
    assert end is not None, f"hangs: {container.stuck()}"
    assert end.status == status
    container.assert_nothing_left()
