"""Bad places for an init: the container ends all the same, with main's status, and nothing is lost."""
import os

import pytest

import waiting
from inits import HURRY, assert_ends, assert_hangs, assert_killed, both_finis

PLACES = {
    "/proc missing": ["--proc", "none"],
    "/proc read-only": ["--proc", "ro"],
    "/proc with hidepid=2": ["--proc", "hidepid"],
    "16 descriptors": ["--nofile", "16"],
    "stdin closed": ["--close", "0"],
    "stdout closed": ["--close", "1"],
    "stderr closed": ["--close", "2"],
    "0, 1 and 2 closed": ["--close", "0", "--close", "1", "--close", "2"],
    "shared mounts": ["--propagation", "shared"],
    "no pidfd_open": ["--deny", "pidfd_open:EPERM"],
    "no ptrace, no kcmp": ["--deny", "ptrace:EPERM", "--deny", "kcmp:EPERM"],
}


@pytest.mark.parametrize("launch", PLACES.values(), ids=PLACES.keys())
@both_finis
def test_without_fuse(container, launch, init):
    container.start(init, "finish", launch=launch).wait_ready()
    assert_ends(container)


@pytest.mark.parametrize("launch", PLACES.values(), ids=PLACES.keys())
@both_finis
def test_with_a_healthy_server(container, launch, init):
    container.start(init, "nd a --writeback-cache; client write mnt/a/f 100000\nfinish", launch=launch).wait_ready()
    assert_ends(container)
    container.assert_written("back/a/f", size=100000)


@pytest.mark.parametrize("launch", PLACES.values(), ids=PLACES.keys())
@both_finis
def test_with_a_server_that_holds_its_own_file(container, launch, init):
    container.start(init, "nd a --hold f\nfinish", launch=launch, options=HURRY).wait_ready()
    assert_ends(container)


GUARDED = {name: launch for name, launch in PLACES.items() if "ptrace:EPERM" not in launch}


@pytest.mark.parametrize("launch", GUARDED.values(), ids=GUARDED.keys())
@both_finis
def test_sigkill_with_a_server_that_holds_its_own_file(container, launch, init):
    container.start(init, "nd a --hold f\nfinish", launch=launch).wait_ready().guardian()
    assert_killed(container.kill())


# Main has moved the root, as PID 1's own: an open mountinfo goes on to show what lies below the former one.
PIVOTED = """
mkdir new; mount --rbind / new; mount --make-rprivate new
cd new; pivot_root . mnt; cd $S
nd a --hold f
finish"""


@both_finis
def test_root_moved(container, init):
    container.start(init, PIVOTED).wait_ready()
    assert_ends(container)


@both_finis
def test_root_moved_and_a_sigkill(container, init):
    container.start(init, PIVOTED).wait_ready().guardian()
    assert_killed(container.kill())


def test_root_moved_control_hangs(container):
    container.start("tini", PIVOTED).wait_ready().finish()
    assert_hangs(container)


@pytest.mark.parametrize("name", ["with space", "with\\backslash", "with\nnewline", "ü", "x" * 200])
@both_finis
def test_mount_points_with_names(container, name, init):
    os.makedirs(container.path(f"mnt/{name}"))
    with open(container.path("name"), "w") as file:
        file.write(name + ".")
    container.start(init, 'NAME=$(cat name); ON="$S/mnt/${NAME%.}" nd a --hold f\nfinish').wait_ready()
    assert_ends(container)
    waiting.line_in_file(container.path("drives.log"), "a SIGTERM", 0)
