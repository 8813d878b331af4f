"""What tells main to end, what only looks like it, and what follows when main goes on."""
import os
import signal

import pytest

import waiting
from declared import drive, drives_of, server
from inits import PROMPT, assert_ends, both_finis
from probe import box, boxes  # noqa: F401
from test_order import before

# Main serves a; a client of it has a file open until its SIGTERM.
SERVING = """
mkfifo up
{ read -r up <up; client hold mnt/a/f; ready; } &
BY=exec nd a -f >up"""

# Main serves nothing, and says what it gets.
HEARING = """
for s in TERM INT QUIT; do trap "echo main SIG$s >>drives.log" $s; done
ready
until read -r STATUS <go; do :; done
exit "$STATUS"
"""


# Main serves FUSE

@both_finis
def test_a_thread_dump_of_a_main_that_serves(container, init):
    """SIGQUIT, as for a JVM: it says what it does and goes on."""
    container.start(init, SERVING).wait_ready()
    container.kill(signal.SIGQUIT)
    container.wait_log("a SIGQUIT")
    container.run_inside("cmp mnt/a/seed back/a/seed")
    assert container.named("client"), "its client was ended"
    end = container.kill(signal.SIGTERM).wait_end(4)
    assert end is not None and end.status == 0, container.stderr()
    container.assert_nothing_left()
    assert before(container.log(), "RELEASE /f", "a DESTROY")


@both_finis
def test_an_interrupt_of_a_main_that_serves(container, init):
    """SIGINT is not what docker stop sends: main gets it at once, as from tini."""
    container.start(init, SERVING).wait_ready()
    container.kill(signal.SIGINT)
    container.wait_log("a SIGINT")
    assert container.wait_end(4), container.stuck()
    container.assert_nothing_left()
    log = container.log()
    assert "a SIGINT" in log and ("a RELEASE /f" not in log or before(log, "a SIGINT", "RELEASE /f")), log


@both_finis
def test_stop_signal_is_held_back(container, init):
    """The image's STOPSIGNAL: clients first, and main gets that signal."""
    container.start(init, SERVING, ["--stop-signal=INT", "-v"]).wait_ready()
    container.kill(signal.SIGINT)
    end = container.wait_end(4)
    assert end is not None and end.status == 0, container.stderr()
    container.assert_nothing_left()
    assert "SIGINT held back: main serves FUSE" in container.stderr()
    assert before(container.log(), "RELEASE /f", "a DESTROY"), container.log()


@both_finis
def test_stop_signal_that_main_gets_in_its_turn(container, init):
    """Its mount is busy, so that it has to be told: by its own stop signal. b gets SIGTERM, as every server."""
    container.start(init, "nd b --hold f\n" + SERVING.replace("-f", "-f --hold f"), ["--stop-signal=INT"]).wait_ready()
    container.kill(signal.SIGINT)
    assert container.wait_end(4) is not None, container.stuck()
    container.assert_nothing_left()
    log = container.log()
    assert "a SIGINT" in log and "a SIGTERM" not in log, log
    assert "b SIGTERM" in log and "b SIGINT" not in log, log
    assert before(log, "RELEASE /f", "a SIGINT"), log


def test_sigterm_is_held_back_whatever_the_stop_signal_is(container):
    container.start("fini", SERVING, ["--stop-signal=INT"]).wait_ready()
    end = container.kill(signal.SIGTERM).wait_end(4)
    assert end is not None and end.status == 0, container.stderr()
    assert before(container.log(), "RELEASE /f", "a DESTROY"), container.log()


# Main goes on

def server_dies_after(container, number, soon, options=()):
    """Main has heard that signal and goes on; then a server dies. Until it is sure, within so long, fini does nothing."""
    container.start("fini", HEARING, [server(drive(container, "a")), *options]).wait_ready()
    container.kill(number)
    container.wait_log(f"main {number.name}")
    [drive_pid] = drives_of(container).values()
    os.kill(drive_pid, signal.SIGKILL)
    waiting.line_in_file(container.path("stderr"), "died", soon)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGQUIT], ids=["INT", "QUIT"])
def test_server_exit_after_a_signal_that_main_survives(container, number):
    server_dies_after(container, number, 5)
    container.wait_log("main SIGTERM")
    end = container.finish(0).wait_end(PROMPT)
    assert end and end.status == 124
    container.assert_nothing_left()


def test_server_exit_long_after_a_stop_signal_that_main_survives(container):
    server_dies_after(container, signal.SIGTERM, 35, ["--server-exit=ignore"])
    assert "main goes on" in container.stderr()
    assert_ends(container)


def test_server_that_main_ends_itself_when_it_is_stopped(container):
    """That is no death to act on: main has its own status, and no second SIGTERM."""
    container.start("fini", """
        trap 'echo main SIGTERM >>drives.log; kill $(cat a.pid); until ! mountpoint -q mnt/a; do :; done
              read -r STATUS <go; exit $STATUS' TERM
        ready
        while :; do read -r x <go || :; done""", [server(drive(container, "a"))]).wait_ready()
    container.kill(signal.SIGTERM)
    container.wait_log("a DESTROY")
    end = container.finish(9).wait_end(PROMPT)
    assert end and end.status == 9
    assert container.log().count("main SIGTERM") == 1 and container.stderr() == ""


# --rewrite

@both_finis
def test_rewritten_for_a_main_that_serves(container, init):
    """SIGTERM is still what ends the container: held back, and main gets SIGINT for it in its turn."""
    container.start(init, SERVING.replace("-f", "-f --hold f"), ["--rewrite=TERM:INT"]).wait_ready()
    end = container.kill(signal.SIGTERM).wait_end(4)
    assert end is not None, container.stuck()
    container.assert_nothing_left()
    log = container.log()
    assert "a SIGINT" in log and "a SIGTERM" not in log and before(log, "RELEASE /f", "a SIGINT"), log


# --wait: the entrypoint ends first, and the app has not heard the signal, or needs its time

APP = """
{{ trap '' TERM; : >app; {app}; }} &
until test -e app; do :; done
ready
trap 'exit 5' TERM
while :; do read -r x <go || :; done
"""


def start_app(box, app, *options):
    """Starts it, and sends SIGTERM to PID 1."""
    box.start("fini", APP.format(app=app), options).wait_ready()
    box.kill(signal.SIGTERM)


def test_waits_for_an_app_that_ignores_the_stop_signal(box):
    """It ends by itself, later than any grace."""
    app = "head -c 1 gate >head; echo stored >saved"
    start_app(box, app, "--wait", "--client-grace=100ms", "--client-kill=100ms")
    assert box.wait_end(1.5) is None, "it was not waited for"
    box.open_gate()
    box.ends(5)
    assert box.read("saved") == b"stored\n"


def test_an_app_that_has_not_heard_the_stop_signal_hears_it(box):
    start_app(box, "trap 'echo heard >saved; exit 0' TERM; while :; do sleep 0.05; done", "--wait")
    box.ends(5)
    assert box.read("saved") == b"heard\n"


def test_second_stop_signal_ends_the_wait(box):
    """Then it has its grace, and no more."""
    start_app(box, "while :; do sleep 1; done", "--wait", "--client-grace=500ms")
    assert box.wait_end(1.5) is None, "it was not waited for"
    box.kill(signal.SIGTERM)
    assert 0.4 < box.ends(5).seconds < 3
