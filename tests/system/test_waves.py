"""How long servers may take at their end: as long as the slowest of those who do not need each other, and not the sum.

Every server here works for a remote at its end, asleep, and then stores what it has.
"""
import os

import pytest

from inits import assert_ends, assert_killed, both_finis
from test_order import before

INDEPENDENT = ["a", "b", "c", "d", "e"]
# Told to stop in either way: by unmount, or, as the mount is in use by the server itself, by SIGTERM.
USES = {"unmounted": "", "told by SIGTERM": "--hold f"}
each_use = pytest.mark.parametrize("use", USES.values(), ids=USES.keys())


def server(name, needs_ms, options="", store=None):
    store = store or f"$S/back/{name}/state"
    return f"rawfuse --log drives.log --name {name} --end {needs_ms} --store {store} {options} mnt/{name}\n"


def start(containers, init, scene, drives=INDEPENDENT):
    container = containers(drives=drives)
    container.start(init, scene + "finish").wait_ready()
    assert len(container.connections) == len(drives)
    if init != "tini":
        container.guardian()
    return container


def assert_stored(container, *names, at="back/{}/state"):
    stored = [name for name in names if os.path.exists(container.path(at.format(name)))]
    assert stored == list(names), f"stored by {stored} of {list(names)}: {container.log()}"
    for name in names:
        assert container.read(at.format(name)) == f"stored by {name}\n".encode()


def test_control_loses_everything(containers):
    """Under another init nobody is even told."""
    container = start(containers, "tini", "".join(server(name, 2000) for name in INDEPENDENT))
    assert_ends(container)
    assert container.log() == []


@each_use
@both_finis
def test_independent_servers_need_the_time_of_one(containers, init, use):
    """Where fdinfo does not name the connection, two that come at once cannot be told apart, and may wait for each other."""
    container = start(containers, init, "".join(server(name, 2000, use) for name in INDEPENDENT))
    assert_ends(container, seconds=4 if init == "fini" else 8)
    assert_stored(container, *INDEPENDENT)
    assert use or container.stderr() == ""  # who holds itself has to be aborted, and that is said


@each_use
def test_server_that_waits_for_its_remote(containers, use):
    """It uses no processor, and nobody else needs the time: ten seconds are docker stop's."""
    container = start(containers, "fini", server("a", 5000, use), ["a"])
    assert_ends(container, seconds=8)
    assert_stored(container, "a")
    assert use or container.stderr() == ""


@each_use
def test_one_that_waits_beside_others(containers, use):
    container = start(containers, "fini", server("a", 5000, use) + server("b", 0) + server("c", 2000), ["a", "b", "c"])
    assert_ends(container, seconds=8)
    assert_stored(container, "a", "b", "c")


def test_server_that_never_ends_is_given_up(containers):
    """The time is not without end: ten seconds are docker stop's."""
    container = start(containers, "fini", server("a", 600000) + server("b", 500), ["a", "b"])
    assert_ends(container, seconds=10)
    assert_stored(container, "b")


def chain(hold):
    """b's state is stored on the mount of a, and a needs time as well; c has nothing to do with them."""
    return f"nd a\n{server('b', 1500, f'--hold $S/mnt/a/{hold}', '$S/mnt/a/state')}{server('c', 1500)}"


@both_finis
def test_who_is_needed_goes_later(containers, init):
    container = start(containers, init, chain("used"), ["a", "b", "c"])
    assert_ends(container, seconds=5)
    assert_stored(container, "b", at="back/a/state")
    assert_stored(container, "c")
    assert before(container.log(), "b STORED", "a DESTROY"), container.log()


def test_who_is_needed_goes_later_each_with_its_own_time(containers):
    """Three in a row, two seconds each: the last is given as much as the first."""
    scene = (server("a", 2000) + server("b", 2000, "--hold $S/mnt/a/used") + server("c", 2000, "--hold $S/mnt/b/used"))
    container = start(containers, "fini", scene, ["a", "b", "c"])
    assert_ends(container, seconds=9)
    assert_stored(container, "a", "b", "c")
    log = container.log()
    assert before(log, "c STORED", "b UNMOUNTED") or before(log, "c STORED", "b SIGTERM"), log
    assert before(log, "b STORED", "a UNMOUNTED") or before(log, "b STORED", "a SIGTERM"), log


def test_independent_servers_at_a_sigkill(containers):
    """--kill-budget is for all of them at once, too."""
    container = start(containers, "fini", "".join(server(name, 1000) for name in INDEPENDENT))
    assert_killed(container.kill(), seconds=3)
    assert_stored(container, *INDEPENDENT)
