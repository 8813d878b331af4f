"""--server-exit: what becomes of main when a server that fini started dies."""
import os
import signal

import pytest

import waiting
from declared import STARTS, drive, drives_of, gates, server, shell  # noqa: F401
from inits import PROMPT, assert_ends, both_finis
from test_order import before

# Main counts what it gets and goes on until it is told the status to end with.
COUNTING = """
trap 'echo main SIGTERM >>"$S/drives.log"' TERM
ready
until read -r STATUS <"$S/go"; do :; done
exit "$STATUS"
"""


def kill_drive(container, name, number=signal.SIGKILL):
    os.kill(drives_of(container)[name], number)


@both_finis
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.parametrize("options", ["", "-f"], ids=["daemon", "foreground"])
def test_stop(container, init, number, options):
    container.start(init, COUNTING, [server(drive(container, "a", options)), server(drive(container, "b"))])
    container.wait_ready()
    kill_drive(container, "a", number)
    container.wait_log("main SIGTERM")
    [line] = container.stderr().splitlines()
    assert "died" in line and "main is stopped" in line and "--name a" in line, line
    end = container.finish(0).wait_end(PROMPT)
    assert end and end.status == 124
    container.assert_nothing_left()
    assert container.log().count("main SIGTERM") == 1
    assert container.log().count("b SIGTERM") <= 1 and before(container.log(), "main SIGTERM", "b DESTROY")


@both_finis
def test_stop_when_two_die(container, init):
    container.start(init, COUNTING, [server(drive(container, "a")), server(drive(container, "b"))]).wait_ready()
    kill_drive(container, "a")
    kill_drive(container, "b")
    container.wait_log("main SIGTERM")
    end = container.finish(0).wait_end(PROMPT)
    assert end and end.status == 124
    assert container.log().count("main SIGTERM") == 1


@both_finis
def test_stop_when_it_is_stuck_in_its_own_exit(container, init):
    """Nothing announces that death; fini looks every 2 s."""
    container.start(init, COUNTING, [server(drive(container, "a", "--hold f"))]).wait_ready()
    kill_drive(container, "a")
    container.wait_log("main SIGTERM", 6)
    end = container.finish(0).wait_end(PROMPT)
    assert end and end.status == 124
    container.assert_nothing_left()


@both_finis
def test_ignore(container, init):
    container.start(init, COUNTING, [server(drive(container, "a")), "--server-exit=ignore"]).wait_ready()
    kill_drive(container, "a")
    assert "main goes on" in waiting.line_in_file(container.path("stderr"), "died")
    assert_ends(container)
    assert "main SIGTERM" not in container.log()


def assert_serves(container):
    container.run_inside("until cmp -s mnt/a/seed back/a/seed; do :; done", seconds=STARTS)
    container.pin_connections()


def died(container):
    return container.stderr().count("' died: it is started again")


@both_finis
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=["unmounted", "left its mount"])
@pytest.mark.parametrize("options", ["", "-f"], ids=["daemon", "foreground"])
def test_restart(container, init, number, options):
    """Again and again."""
    container.start(init, COUNTING, [server(drive(container, "a", options)), "--server-exit=restart", "-v"]).wait_ready()
    for times in (1, 2, 3):
        kill_drive(container, "a", number)
        waiting.until(lambda: died(container) == times, STARTS, f"said {times} times: {container.stderr()}")
        waiting.until(lambda: container.stderr().count("is live again") == times, STARTS, "live again")
        assert_serves(container)
    assert_ends(container)
    assert "main SIGTERM" not in container.log()


@both_finis
def test_restarted_server_keeps_its_place(container, init):
    """b was declared after a, so that it may be configured over it: it is stopped first, although a is newer by then."""
    servers = [server(drive(container, name)) for name in ("a", "b")]
    container.start(init, COUNTING, [*servers, "--server-exit=restart", "-v"]).wait_ready()
    kill_drive(container, "a")
    waiting.line_in_file(container.path("stderr"), "is live again", STARTS)
    assert_serves(container)
    assert_ends(container)
    assert [line[0] for line in container.log() if "DESTROY" in line] == ["b", "a"]


@both_finis
def test_restart_that_fails_stops_main(container, init):
    """It starts once only: the second time it exits with 3."""
    script = f"test ! -e $S/once || exit 3; : >$S/once; exec {drive(container, 'a', '-f')}"
    container.start(init, COUNTING, [server(shell(container, script)), "--server-exit=restart"]).wait_ready()
    kill_drive(container, "a", signal.SIGTERM)
    container.wait_log("main SIGTERM")
    first, second = container.stderr().splitlines()
    assert "died: it is started again" in first and "exited with 3 before its mount was live" in second
    end = container.finish(0).wait_end(PROMPT)
    assert end and end.status == 124
    container.assert_nothing_left()
    assert container.log().count("main SIGTERM") == 1


def test_restart_that_is_late_stops_main(container):
    """It mounts once only: the second time it does nothing."""
    script = f"test ! -e $S/once || exec sleep 60; : >$S/once; exec {drive(container, 'a', '-f')}"
    container.start("fini", COUNTING, [server(shell(container, script)), "--server-exit=restart",
                                       "--server-ready=500ms"]).wait_ready()
    kill_drive(container, "a", signal.SIGTERM)
    waiting.line_in_file(container.path("stderr"), "not live after 500 ms", 5)
    container.wait_log("main SIGTERM")
    end = container.finish(0).wait_end(PROMPT)
    assert end and end.status == 124
    container.assert_nothing_left()


def test_ends_while_a_server_is_restarted(container, gates):  # noqa: F811
    gates(container, "gate")
    script = f"test ! -e $S/once || read -r x <$S/gate; : >$S/once; exec {drive(container, 'a', '-f')}"
    container.start("fini", COUNTING, [server(shell(container, script)), "--server-exit=restart"]).wait_ready()
    kill_drive(container, "a", signal.SIGTERM)
    waiting.line_in_file(container.path("stderr"), "started again")
    assert_ends(container, seconds=4)
