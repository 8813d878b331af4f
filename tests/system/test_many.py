"""Many of everything: servers, connections, descriptors, processes. The container ends as soon as with few.

TEST_LARGE=1 runs the large variants too, which are no part of make check.
"""
import os
import resource

import pytest

import measured
from inits import PROMPT, assert_ends, assert_hangs, assert_killed

LIMIT = 10  # seconds: docker stop's, which the defaults stay below
BUDGET = 2 + 1  # seconds, and one: --kill-budget

SELF_HOLDERS = {10: 1.5, 100: 4}  # how many, and seconds for all of them
SHARERS = [20]
HEALTHY = 70
if "TEST_LARGE" in os.environ:
    SELF_HOLDERS[500] = LIMIT
    SHARERS.append(100)
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)

each_size = pytest.mark.parametrize("count", SELF_HOLDERS)

MANY = "mkdir many; cd many; mkdir $(seq {count}); cd ..\n"
EACH_HOLDS_ITSELF = MANY + "rawfuse --each --hold f many/*\nfinish"
ONE_HOLDS_ITSELF = MANY + "rawfuse --hold f many/*\nfinish"


def start(container, init, scene, count=None):
    container.start(init, scene).wait_ready(30)
    assert count is None or len(container.connections) == count
    if init == "fini":
        container.guardian()
    return container


# Servers that hold themselves


def test_control_hangs(container):
    assert_hangs(start(container, "tini", EACH_HOLDS_ITSELF.format(count=10), 10).finish(7))


def test_control_hangs_at_a_sigkill(container):
    assert_hangs(start(container, "tini", EACH_HOLDS_ITSELF.format(count=10), 10).kill())


@each_size
def test_servers(container, count):
    start(container, "fini", EACH_HOLDS_ITSELF.format(count=count), count)
    assert_ends(container, seconds=SELF_HOLDERS[count])
    measured.seconds(f"main's exit to the end: {count} servers that hold themselves", container.wait_end(0).seconds)


@each_size
def test_servers_at_a_sigkill(container, count):
    start(container, "fini", EACH_HOLDS_ITSELF.format(count=count), count)
    assert_killed(container.kill(), seconds=min(SELF_HOLDERS[count], BUDGET))
    measured.seconds(f"SIGKILL of PID 1 to the end: {count} servers that hold themselves",
                     container.wait_end(0).seconds)


def test_control_hangs_by_one_server_of_many_mounts(container):
    assert_hangs(start(container, "tini", ONE_HOLDS_ITSELF.format(count=HEALTHY), HEALTHY).finish(7))


def test_one_server_of_many_mounts(container):
    assert_ends(start(container, "fini", ONE_HOLDS_ITSELF.format(count=HEALTHY), HEALTHY))


def test_one_server_of_many_mounts_at_a_sigkill(container):
    assert_killed(start(container, "fini", ONE_HOLDS_ITSELF.format(count=HEALTHY), HEALTHY).kill(), seconds=BUDGET)


# Healthy servers, each with a client whose data are not written back yet

SIZE = 20000
NAMES = [f"d{n}" for n in range(HEALTHY)]
WRITES = "".join(f"nd {name} --writeback-cache; client write mnt/{name}/f {SIZE}\n" for name in NAMES) + "finish"
STORED = [f"back/{name}/f" for name in NAMES]


def test_what_clients_of_many_servers_wrote_is_stored(containers):
    container = start(containers(drives=NAMES), "fini", WRITES, HEALTHY)
    assert_ends(container, seconds=4)
    container.assert_written(*STORED, size=SIZE)
    assert container.stderr() == ""


def test_what_clients_of_many_servers_wrote_is_stored_at_a_sigkill(containers):
    container = start(containers(drives=NAMES), "fini", WRITES, HEALTHY)
    assert_killed(container.kill(), seconds=BUDGET)
    container.assert_written(*STORED, size=SIZE)


# Descriptors, processes

DESCRIPTORS = 19000
needs_descriptors = pytest.mark.skipif(resource.getrlimit(resource.RLIMIT_NOFILE)[1] < DESCRIPTORS + 100,
                                       reason=f"needs {DESCRIPTORS} descriptors")
FULL = f"rawfuse --hold f --descriptors {DESCRIPTORS}"


@needs_descriptors
def test_control_hangs_by_a_server_with_many_descriptors(container):
    assert_hangs(start(container, "tini", f"{FULL} mnt/a\nfinish").finish(7))


@needs_descriptors
def test_server_with_many_descriptors(container):
    assert_ends(start(container, "fini", f"{FULL} mnt/a\nfinish"))


@needs_descriptors
def test_server_with_many_descriptors_at_a_sigkill(container):
    assert_killed(start(container, "fini", f"{FULL} mnt/a\nfinish").kill(), seconds=BUDGET)


@needs_descriptors
@pytest.mark.parametrize("sharers", SHARERS)
def test_many_who_share_many_descriptors(container, sharers):
    assert_ends(start(container, "fini", f"{FULL} --sharers {sharers} mnt/a\nfinish"), seconds=LIMIT)


@needs_descriptors
@pytest.mark.parametrize("sharers", SHARERS)
def test_many_who_share_many_descriptors_at_a_sigkill(container, sharers):
    assert_killed(start(container, "fini", f"{FULL} --sharers {sharers} mnt/a\nfinish").kill(), seconds=BUDGET)


STUBBORN = {
    "clients": "nd a; probe leave 400 stubborn || :\nfinish",
    "holders of /dev/fuse": "rawfuse --hold f --stubborn --sharers 400 mnt/a\nfinish",
}


def test_control_ends_with_many_who_ignore_sigterm(container):
    assert_ends(start(container, "tini", STUBBORN["clients"]))


def test_control_hangs_with_many_who_ignore_sigterm(container):
    assert_hangs(start(container, "tini", STUBBORN["holders of /dev/fuse"]).kill())


@pytest.mark.parametrize("who,seconds", [("clients", 2 + PROMPT), ("holders of /dev/fuse", 3 + PROMPT)])
def test_many_who_ignore_sigterm(container, who, seconds):
    """One grace for all of them, and they are killed at once."""
    assert_ends(start(container, "fini", STUBBORN[who]), seconds=seconds)


@pytest.mark.parametrize("who", STUBBORN)
def test_many_who_ignore_sigterm_at_a_sigkill(container, who):
    assert_killed(start(container, "fini", STUBBORN[who]).kill(), seconds=BUDGET)
