"""--isolate: a server cannot hold what it cannot see, so that even SIGKILL of everybody at once leaves no hang."""
import os
import signal

import pytest

import procfs
import waiting
from declared import (STARTS, assert_not_started, drive, drives_of, freezer, gates, kill_everybody,  # noqa: F401
                      server, shell, start_gated)
from inits import PROMPT, assert_ends, assert_hangs, both_finis
from test_order import before

ISOLATE = ["--isolate"]
RUNS = 20

# name: what that drive does when it is let go
SELF = {"a": "--hold f"}
EACH_OTHER = {"a": "--hold {mnt}/b/f", "b": "--hold {mnt}/a/f"}
scenes = pytest.mark.parametrize("scene", [SELF, EACH_OTHER], ids=["its own", "each other's"])


@pytest.fixture
def held(freezer, containers, gates):  # noqa: F811
    """Starts the drives of a scene; when all is in place each tries to hold a file. Returns the container."""
    def start(scene, options, init="fini"):
        container = containers()
        doors = {name: gates(container, f"gate-{name}") for name in scene}
        options = [*options, *(server(drive(
            container, name, f"--await-go {doors[name].path} " + deed.format(mnt=container.path("mnt"))))
            for name, deed in scene.items())]
        container.start(init, "finish", options).wait_ready()
        for name, door in doors.items():
            door.open()
        for name in doors:
            container.wait_log(f"{name} DONE")
        container.guardian()
        return container
    return start


@scenes
def test_control_hangs(held, freezer, scene):  # noqa: F811
    container = held(scene, [])
    kill_everybody(container, freezer)
    assert_hangs(container)


@pytest.mark.parametrize("run", range(RUNS))
@scenes
def test_ends_by_itself_when_everybody_is_killed(held, freezer, scene, run):  # noqa: F811
    container = held(scene, ISOLATE)
    kill_everybody(container, freezer)
    end = container.wait_end(PROMPT)
    assert end is not None, f"hangs: {container.stuck()}"
    container.assert_nothing_left()


@both_finis
def test_server_does_not_see_its_mount(container, init):
    container.start(init, "cmp mnt/a/seed back/a/seed; cmp mnt/b/seed back/b/seed\nfinish",
                    [*ISOLATE, server(drive(container, "a")), server(drive(container, "b", "-f"))]).wait_ready()
    pids = drives_of(container)
    seen = {name: set(procfs.fuse_mounts(pid).values()) for name, pid in pids.items()}
    points = {name: container.path(f"mnt/{name}") for name in "ab"}
    assert points["a"] not in seen["a"] and points["b"] not in seen["b"]
    assert set(points.values()) <= set(procfs.fuse_mounts(container.pid).values())
    assert_ends(container)
    assert container.stderr() == ""


@both_finis
def test_no_two_servers_see_each_other(container, init):
    """Chains are harmless, cycles hang: of any two at most one sees the other's mount."""
    container.start(init, "finish", [*ISOLATE, *(server(drive(container, name)) for name in "abc")]).wait_ready()
    seen = {name: set(procfs.fuse_mounts(pid).values()) for name, pid in drives_of(container).items()}
    for one, other in ("ab", "ac", "bc"):
        assert not (container.path(f"mnt/{other}") in seen[one] and container.path(f"mnt/{one}") in seen[other])
    assert_ends(container)


@both_finis
def test_what_the_server_opens_is_the_directory_below(held, init):
    container = held(SELF, ISOLATE, init)
    assert os.path.exists(container.path("mnt/a/f"))  # outside nothing is mounted there
    assert not os.path.exists(container.path("back/a/f"))
    assert_ends(container)
    assert container.stderr() == ""


@both_finis
def test_data_arrive(container, init):
    container.start(init, "client write mnt/a/f 100000\nfinish",
                    [*ISOLATE, server(drive(container, "a", "--writeback-cache"))]).wait_ready()
    assert_ends(container)
    container.assert_written("back/a/f", size=100000)
    assert before(container.log(), "RELEASE /f", "a DESTROY")
    assert container.stderr() == ""


@both_finis
def test_one_over_another(container, init):
    """The one below is seen by the one above, which ends first."""
    container.start(init, "cmp mnt/b/seed back/a/seed; client write mnt/b/f 100000\nfinish",
                    [*ISOLATE, server(drive(container, "a", "--writeback-cache")),
                     server(drive(container, "b", f"--hold {container.path('mnt/a/own')}", container.path("mnt/a")))])
    container.wait_ready()
    assert_ends(container)
    container.assert_written("back/a/f", size=100000)
    assert before(container.log(), "b DESTROY", "a DESTROY"), container.log()
    assert container.stderr() == ""


def test_a_chain_ends_when_everybody_is_killed(freezer, container):  # noqa: F811
    container.start("fini", "client hold mnt/b/f\nfinish",
                    [*ISOLATE, server(drive(container, "a")),
                     server(drive(container, "b", f"--hold {container.path('mnt/a/own')}", container.path("mnt/a")))])
    container.wait_ready().guardian()
    kill_everybody(container, freezer)
    assert container.wait_end(PROMPT) is not None, container.stuck()


def test_init_is_killed(held):
    container = held(SELF, ISOLATE)
    end = container.kill().wait_end(PROMPT)
    assert end is not None and end.status == -signal.SIGKILL, container.stuck()
    container.assert_nothing_left()


@pytest.mark.parametrize("propagation", ["slave", "shared"])
def test_under_other_propagation(container, propagation):
    container.start("fini", "cmp mnt/a/seed back/a/seed\nfinish", [*ISOLATE, server(drive(container, "a"))],
                    launch=["--propagation", propagation]).wait_ready()
    assert container.path("mnt/a") not in procfs.fuse_mounts(drives_of(container)["a"]).values()
    assert len(container.connections) == 1
    assert_ends(container)
    assert container.stderr() == "" and "a DESTROY 0" in container.log()


def test_a_server_that_is_started_again_is_isolated_too(container):
    container.start("fini", "finish", [*ISOLATE, server(drive(container, "a")), "--server-exit=restart"]).wait_ready()
    os.kill(drives_of(container)["a"], signal.SIGTERM)
    waiting.line_in_file(container.path("stderr"), "started again")
    container.run_inside("until cmp -s mnt/a/seed back/a/seed; do :; done")
    container.pin_connections()
    waiting.until(lambda: container.path("mnt/a") not in procfs.fuse_mounts(drives_of(container)["a"]).values(), 2,
                  "hidden from the new server")
    assert_ends(container)


def holds(container, name):
    """Whether its server has a file of its own mount open."""
    for pid in drives_of(container).values():
        for fd in os.listdir(f"/proc/{pid}/fd"):
            if os.readlink(f"/proc/{pid}/fd/{fd}") == container.path(f"mnt/{name}/f"):
                return True
    return False


@both_finis
def test_holds_a_file_before_it_could_be_hidden(container, init, gates):  # noqa: F811
    """fini sleeps from before the mount until the server has its file: nothing can be quicker than that."""
    gate = gates(container, "gate")
    script = f"echo started >>$S/drives.log; read -r x <$S/gate; exec {drive(container, 'a', '--hold f')}"
    container.start(init, "echo main ran >>drives.log\nfinish", [*ISOLATE, server(shell(container, script))])
    container.wait_log("started")
    container.kill(signal.SIGSTOP)
    gate.open()
    waiting.until(lambda: holds(container, "a"), STARTS, "held")
    container.pin_connections()
    container.kill(signal.SIGCONT)
    line = assert_not_started(container, "cannot be isolated", "holds a file")
    assert container.path("mnt/a") in line
    assert "main ran" not in container.log()


WITHOUT_SYS_ADMIN = ["--drop-cap", "21"]


def test_without_rights(container, start_gated):  # noqa: F811
    """Before anything is started."""
    start_gated(container, "fini", [*ISOLATE, server(drive(container, "a"))], WITHOUT_SYS_ADMIN)
    assert_not_started(container, "--isolate", "CAP_SYS_ADMIN")
    assert not os.path.exists(container.path("a.pid"))


def test_of_an_ordinary_user(container, as_nobody, start_gated):  # noqa: F811
    start_gated(container, "fini", [*ISOLATE, server(drive(container, "a"))], as_nobody)
    assert_not_started(container, "--isolate", "CAP_SYS_ADMIN")


def test_without_servers_it_needs_no_rights(container):
    container.start("fini", "finish", ISOLATE, launch=WITHOUT_SYS_ADMIN).wait_ready()
    assert_ends(container)
    assert container.stderr() == ""


def test_where_setns_is_denied(container, start_gated):  # noqa: F811
    start_gated(container, "fini", [*ISOLATE, server(drive(container, "a"))], ["--deny", "setns:EPERM"])
    assert_not_started(container, "cannot be isolated")


def test_where_unshare_is_denied(container, start_gated):  # noqa: F811
    start_gated(container, "fini", [*ISOLATE, server(drive(container, "a"))], ["--deny", "unshare:EPERM"])
    assert_not_started(container, "isolate")
