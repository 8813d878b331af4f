"""Servers that fini started: what becomes of main when one dies, and in which order all of it ends."""
import os
import signal

import pytest

import waiting
from container import Container
from declared import STARTS, drive, drives_of, gates, server, shell, store  # noqa: F401
from inits import HURRY, PROMPT, assert_ends, both_finis
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


# --server-exit

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


# Main is a server itself

@both_finis
def test_main_is_a_server_over_a_declared_one(container, init):
    """docker stop: clients, then main, then what main is served by."""
    options = [server(drive(container, "b"))]
    container.start(init, """
        mkfifo up
        { read -r up <up; client write mnt/a/f 100000; ready; } &
        exec ndrive -f --log drives.log --name a --writeback-cache mnt/b mnt/a >up""", options).wait_ready()
    end = container.kill(signal.SIGTERM).wait_end(4)
    assert end is not None and end.status == 0, container.stuck()
    container.assert_nothing_left()
    container.assert_written("back/b/f", size=100000)
    log = container.log()
    assert before(log, "a RELEASE /f", "a DESTROY") and before(log, "a DESTROY", "b DESTROY"), log
    assert not any("SIGTERM" in line for line in log[:log.index("a RELEASE /f")]), log


@both_finis
def test_sigterm_to_a_server_waits_for_a_client_that_takes_its_time(container, init, gates):  # noqa: F811
    gate = gates(container, "gate")
    container.start(init, """
        mkfifo up
        { trap 'echo client SIGTERM >>drives.log' TERM
          read -r up <up; exec 5>mnt/a/f; ready
          until read -r x <gate; do :; done
          exec 5>&-; exit 0; } &
        BY=exec nd a -f >up""", ["--client-grace=10s"]).wait_ready()
    container.kill(signal.SIGTERM)
    container.wait_log("client SIGTERM")
    assert "a SIGTERM" not in container.log() and "a DESTROY 0" not in container.log()
    gate.open()
    end = container.wait_end(4)
    assert end is not None and end.status == 0
    assert before(container.log(), "RELEASE /f", "a DESTROY"), container.log()


# --linger

@pytest.fixture(params=["private", "slave"])
def neighbours(containers, request):
    """fini's container with a declared server, and another whose mounts are a copy of its: it has a file open."""
    def start(*options):
        container, other = containers(), containers()
        container.start("fini", "finish", [server(drive(container, "a")), *options],
                        launch=["--propagation", "shared"]).wait_ready()
        argv = Container.argv(other, "tini", f"client hold {container.path('mnt/a/f')}\nfinish")
        other.run(argv, ["--propagation", request.param], mounts_of=container.pid).wait_ready()
        container.finish()
        return container, other
    return start


def test_lingers_until_the_other_namespace_lets_go(neighbours):
    container, other = neighbours("--linger=20s")
    assert container.wait_end(1) is None, "it did not wait"
    assert "a SIGTERM" not in container.log() and "a DESTROY 0" not in container.log()
    assert_ends(other)
    end = container.wait_end(PROMPT)
    assert end is not None and end.status == 7
    container.assert_nothing_left()
    log = container.log()
    assert before(log, "FLUSH /f", "a DESTROY") and "a SIGTERM" not in log, log
    assert container.stderr() == ""


def test_lingers_until_the_time_is_over(neighbours):
    container, other = neighbours("--linger=500ms", *HURRY)
    end = container.wait_end(3)
    assert end is not None and end.status == 7 and end.seconds >= 0.5
    assert_ends(other)
    container.assert_nothing_left()


def test_does_not_linger_for_nobody(container):
    container.start("fini", "finish", [server(drive(container, "a")), "--linger=20s"]).wait_ready()
    assert_ends(container)


# Helpers

def assert_outlives_the_server(container, **more):
    container.wait_log("store up")
    assert_ends(container, **more)
    log = container.log()
    assert "a DESTROY 0" in log and (before(log, "a DESTROY", "store SIGTERM") or "store SIGTERM" not in log), log
    assert container.stderr() == ""


@both_finis
def test_keep(container, init):
    """The name is seen in comm; main started it, and it has no tie to the server that anybody could see."""
    container.start(init, f"{store(container)} &\nfinish", [server(drive(container, "a")), "--keep=store"])
    container.wait_ready()
    assert_outlives_the_server(container)


def test_control_without_keep(container):
    container.start("fini", f"{store(container)} &\nfinish", [server(drive(container, "a"))]).wait_ready()
    container.wait_log("store up")
    assert_ends(container)
    assert before(container.log(), "store SIGTERM", "a DESTROY"), container.log()


def test_keep_is_not_forever(container):
    """What is kept and does not end gets SIGKILL in the end."""
    container.start("fini", "client -i hold back/a/x\nfinish", [server(drive(container, "a")), "--keep=client", *HURRY])
    container.wait_ready()
    assert_ends(container)


def test_keep_takes_several_names(container):
    container.start("fini", f"{store(container)} &\nfinish",
                    [server(drive(container, "a")), "--keep=other", "--keep", "store"]).wait_ready()
    assert_outlives_the_server(container)


SOCKETPAIR = """#!/usr/bin/python3
import os, sys
import socket
ours, theirs = socket.socketpair()
if os.fork() == 0:
    if os.fork() != 0:
        os._exit(0)
    ours.close()
    os.set_inheritable(theirs.fileno(), True)
    os.setsid()
    os.execv(sys.argv[1], sys.argv[1:2])
os.wait()
theirs.close()
os.set_inheritable(ours.fileno(), True)
os.execv(sys.argv[2], sys.argv[2:])
"""

HELPERS = {
    "child of the server": lambda c, path: shell(c, f"{path} & exec {drive(c, 'a', '-f')}"),
    "reads its pipe": lambda c, path: shell(c, f"{drive(c, 'a', '-f')} | {path}"),
    "peer of its socketpair": lambda c, path: f"{c.path('pair')} {path} {drive(c, 'a', '-f')}",
}


@both_finis
@pytest.mark.parametrize("command", HELPERS.values(), ids=HELPERS.keys())
def test_helper_survives_its_server(container, init, command):
    with open(container.path("pair"), "w") as file:
        file.write(SOCKETPAIR)
    os.chmod(container.path("pair"), 0o755)
    command = command(container, store(container))
    container.start(init, "client hold mnt/a/f\nfinish", [server(command)]).wait_ready()
    assert_outlives_the_server(container)


# --before-servers

def hook(container, script):
    return "--before-servers=" + shell(container, script)


@both_finis
def test_before_servers(container, init):
    """After the last client and before any server got anything."""
    container.start(init, "client hold mnt/a/f; client -i hold mnt/b/g\nfinish",
                    [server(drive(container, "a", "--hold own")), server(drive(container, "b")), "--client-grace=100ms",
                     hook(container, "echo hook >>$S/drives.log; cat $S/mnt/a/seed >/dev/null")]).wait_ready()
    assert_ends(container)
    log = container.log()
    at = log.index("hook")
    assert {"a RELEASE /f", "b RELEASE /g"} <= set(log[:at]), log
    assert not [line for line in log[:at] if "SIGTERM" in line or "DESTROY" in line], log
    assert log.count("hook") == 1 and "a RELEASE /seed" in log[at:]
    assert container.stderr() == ""


@both_finis
def test_before_servers_is_repeated_until_it_exits_with_0(container, init):
    container.start(init, "finish", [server(drive(container, "a")), hook(
        container, "echo hook >>$S/drives.log; test $(grep -c hook $S/drives.log) = 3")]).wait_ready()
    assert_ends(container)
    assert container.log() == ["hook", "hook", "hook", "a DESTROY 0"]
    assert container.stderr() == ""


@pytest.mark.parametrize("script", ["false", "exec sleep 60"], ids=["never exits with 0", "never exits"])
def test_before_servers_is_bounded(container, script):
    container.start("fini", "finish", [server(drive(container, "a")), hook(container, script),
                                       "--before-servers-time=500ms"]).wait_ready()
    end = container.finish().wait_end(PROMPT)
    assert end is not None and end.status == 7 and end.seconds >= 0.5
    container.assert_nothing_left()
    [line] = container.stderr().splitlines()
    assert "before-servers" in line and "500 ms" in line
    assert "a DESTROY 0" in container.log()


@pytest.mark.parametrize("command", ["/no/such/program", "sh -c 'exit", "/"])
def test_before_servers_that_cannot_be_run(container, command):
    """Said, but not again and again; servers still end in order."""
    container.start("fini", "finish", [server(drive(container, "a")), f"--before-servers={command}",
                                       "--before-servers-time=1s"]).wait_ready()
    assert_ends(container, seconds=3)
    lines = container.stderr().splitlines()
    assert 1 <= len(lines) <= 2 and lines[0].startswith("fini: "), lines
    assert "a DESTROY 0" in container.log()


def test_before_servers_without_fuse_is_not_run(container):
    container.start("fini", "finish", [hook(container, "echo hook >>$S/drives.log")]).wait_ready()
    assert_ends(container)
    assert not os.path.exists(container.path("drives.log"))


def test_before_servers_is_not_for_the_guardian(container):
    """When init is killed the budget is for those who serve."""
    container.start("fini", "finish", [server(drive(container, "a", "--hold own")),
                                       hook(container, "echo hook >>$S/drives.log")]).wait_ready()
    container.guardian()
    end = container.kill().wait_end(PROMPT)
    assert end and end.status == -signal.SIGKILL
    assert "hook" not in container.log()


# Order

ORDERS = {
    "mounted inside": lambda c: (drive(c, "b"), drive(c, "a", on=c.path("mnt/b/inner"))),
    "files open on": lambda c: (drive(c, "b"), drive(c, "a", f"--hold {c.path('mnt/b/f')}")),
    "older one has files open on the newer one": lambda c: (
        drive(c, "a", f"--await-go {c.path('gate')} --hold {c.path('mnt/b/f')}"), drive(c, "b")),
}


@both_finis
@pytest.mark.parametrize("commands", ORDERS.values(), ids=ORDERS.keys())
def test_dependent_server_goes_first(container, init, gates, commands):  # noqa: F811
    gate = gates(container, "gate")
    os.mkdir(container.path("back/b/inner"))
    commands = commands(container)
    container.start(init, "finish", [server(command) for command in commands]).wait_ready()
    if "--await-go" in commands[0]:
        gate.open()
        container.wait_log("a DONE")
    assert_ends(container)
    assert before(container.log(), "a DESTROY", "b DESTROY"), container.log()
    assert before(container.log(), "a DESTROY", "b SIGTERM") or "b SIGTERM" not in container.log(), container.log()
    assert container.stderr() == ""


@both_finis
def test_two_that_hold_each_others_files(container, init, gates):  # noqa: F811
    """A cycle: broken by abort, and said."""
    doors = [gates(container, f"gate-{name}") for name in "ab"]
    container.start(init, "finish", [
        server(drive(container, "a", f"--await-go {doors[0].path} --hold {container.path('mnt/b/f')}")),
        server(drive(container, "b", f"--await-go {doors[1].path} --hold {container.path('mnt/a/f')}"))]).wait_ready()
    for name, door in zip("ab", doors):
        door.open()
        container.wait_log(f"{name} DONE")
    assert_ends(container)
