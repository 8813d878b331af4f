"""Servers that fini started: in which order all of it ends, and who is kept until the end."""
import os
import signal

import pytest

from container import Container
from declared import drive, gates, server, shell, store  # noqa: F401
from inits import HURRY, PROMPT, assert_ends, both_finis
from test_order import before

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
