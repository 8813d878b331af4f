"""Foreign mounts in a bad way: their connections are never touched, and fini does not hang because of them itself."""
import os
import signal

import pytest

import procfs
import waiting
from container import INITS, TOOLS
from inits import HURRY, PROMPT, assert_ends, assert_killed, both_finis

IN_FUSE = "request_wait_answer"


@both_finis
def test_mount_that_arrives_from_outside_is_foreign(container, init, foreign):
    """By propagation, while main runs, and used by a client inside."""
    late = foreign.container.path("mnt/late")
    container.start(init, f"ready; await_go; client write {late}/f 4096\nfinish",
                    launch=["--propagation", "slave"]).wait_ready()
    connection = foreign.serve("late")
    container.foreign.add(connection.id)
    container.go().wait_ready()
    assert_ends(container)
    assert connection.exists()
    foreign.container.assert_written("back/late/f", size=4096)


@pytest.fixture
def silent(foreign):
    """A foreign connection whose server answers until mute is looked up. What hangs on it is released in the end."""
    connection = foreign.serve("late", "--mute-at mute")
    yield connection
    connection.abort()


@both_finis
def test_names_who_hangs_on_a_foreign_server(container, init, foreign, silent):
    """And exits all the same. The kernel then waits for the client: only its server, or who made it, can end that."""
    late = foreign.container.path("mnt/late")
    container.start(init, f"nd a; client hold {late}/f\nfinish", options=HURRY).wait_ready()
    foreign.container.run_inside("test ! -e mnt/late/mute")
    client = max(container.named("client"))
    inner = procfs.inner_pid(client)
    container.finish(7)
    line = waiting.line_in_file(container.path("stderr"), "left behind", 5)
    assert f"client[{inner}]" in line and "request_wait_answer" in line, line
    waiting.until(lambda: "zap_pid_ns_processes" in procfs.stack(container.pid, container.pid), PROMPT, "exiting")
    assert container.wait_end(0.5) is None, "it ended: this scene shows nothing"
    assert silent.exists() and silent.waiting() > 0, "the foreign connection was aborted"
    silent.abort()
    end = container.wait_end(PROMPT)
    assert end is not None and end.status == 7
    assert f"connection {silent.id}" in line, f"it does not say on which connection: {line}"


@both_finis
def test_stdio_on_a_stopped_server(container, init, foreign):
    """Init's 0, 1 and 2 are a file of it. Neither the start of main nor its end may ask the server for anything."""
    connection = foreign.serve("late", "--no-flush")  # else main could not exit: the kernel would ask for a FLUSH
    server = foreign.server_of(connection)
    stdio = f'cd {container.scratch}; : >&0; echo >ready; read -r go <go; exec "$@"'
    container.run(["/bin/sh", "-c", stdio, "sh", *container.argv(init, "finish")],
                  launch=["--stdio", foreign.container.path("mnt/late/stdio")]).wait_ready()
    os.kill(server, signal.SIGSTOP)
    try:
        container.go().wait_ready()
        assert_ends(container)
    finally:
        os.kill(server, signal.SIGCONT)


@both_finis
def test_stdio_on_a_server_that_is_slow_to_flush(container, init, foreign):
    """Closing it takes an hour: init must not be the one who waits. It forwards signals all the same."""
    connection = foreign.serve("late", "--slow-flush 3600000")
    streamed = foreign.container.path("back/a/inside")
    container.run([INITS[init], "--", f"{TOOLS}/client", "-f", "stream", f"{foreign.mount}/inside"],
                  launch=["--stdio", foreign.container.path("mnt/late/stdio")])
    try:
        waiting.until(lambda: os.path.exists(streamed) and os.path.getsize(streamed), PROMPT, "started")
        # A write waits too, but not for long.
        waiting.until(lambda: not container.threads_in(IN_FUSE, "client"), PROMPT, "between two writes")
        container.kill(signal.SIGTERM)
        waiting.until(lambda: container.threads_in(IN_FUSE, "client"), PROMPT, "in its exit, which takes an hour too")
    finally:
        connection.abort()
    end = container.wait_end(PROMPT)
    assert end is not None and end.status == 0
    container.assert_nothing_left()


@both_finis
def test_mount_that_comes_while_init_is_still_closing(container, init, foreign):
    """Main is faster than an init that is held up by its stdio: what main mounts meanwhile must not be missed."""
    connection = foreign.serve("late", "--slow-flush 3600000")
    foreign.container.run_inside("client stream mnt/a/inside")
    container.run([INITS[init], "--", f"{TOOLS}/ndrive", "-f", "--hold", "f", container.path("back/a"),
                   container.path("mnt/a")], launch=["--stdio", foreign.container.path("mnt/late/stdio")])
    try:
        container.guardian(5)
        container.pin_connections()
    finally:
        connection.abort()
    assert_killed(container.kill())
