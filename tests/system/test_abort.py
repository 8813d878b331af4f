"""The abort ladder: the first step that works here is taken, and the log says which."""
import pytest

from hangs import hang_scenes
from inits import HANG, HURRY, assert_ends, assert_killed, both_finis

HELD = "nd a --never-read seed --read seed"  # killing the server would not help
UNANSWERING = "nd a --sigterm ignore --never-read seed; client read mnt/a/seed"  # here it does

NEITHER = ["--deny", "fsopen:ENOSYS", "--deny", "umount2:EPERM"]
LADDER = {
    "visible fusectl": ("fusectl", HELD, ["--fusectl", "--deny", "fsopen:ENOSYS"]),
    "visible fusectl, although a private one would do": ("fusectl", HELD, ["--fusectl"]),
    "private fusectl": ("private fusectl", HELD, []),
    "forced umount": ("umount", HELD, ["--deny", "fsopen:ENOSYS"]),
    "forced umount, fsopen forbidden": ("umount", HELD, ["--deny", "fsopen:EPERM"]),
    "answering for the server": ("pidfd_getfd", HELD, NEITHER),
    "answering for a server that lives": ("pidfd_getfd", UNANSWERING, NEITHER),
    "killing the server": ("kill", UNANSWERING, [*NEITHER, "--deny", "pidfd_getfd:EPERM"]),
}


@both_finis
@pytest.mark.parametrize("step,scene,launch", LADDER.values(), ids=LADDER.keys())
@pytest.mark.parametrize("how", ["main exits", "SIGKILL of PID 1"])
def test_step(container, init, step, scene, launch, how):
    container.start(init, scene + "\nfinish", options=HURRY, launch=launch).wait_ready()
    container.wait_log("a UNANSWERED READ")
    [connection] = container.connections
    if how == "main exits":
        assert_ends(container)
    else:
        container.guardian()
        assert_killed(container.kill())
    lines = [line for line in container.stderr().splitlines() if "aborted" in line]
    assert len(lines) == 1, container.stderr()
    assert f"connection {connection.id} " in lines[0] and f" by {step}: " in lines[0], lines


@both_finis
def test_without_any_capability(container, as_nobody, init):
    container.start(init, UNANSWERING + "\nfinish", options=HURRY, launch=as_nobody).wait_ready()
    container.wait_log("a UNANSWERED READ")
    assert_ends(container)
    assert " by pidfd_getfd" in container.stderr()


@hang_scenes
@both_finis
@pytest.mark.parametrize("how", ["main exits", "SIGKILL of PID 1"])
def test_hangs_end_by_answers_alone(container, scene, init, how):
    container.start(init, scene + "\nfinish", launch=NEITHER).wait_ready()
    if how == "main exits":
        assert_ends(container)
    else:
        container.guardian()
        assert_killed(container.kill())


LONG_LIVED = """
truncate -s 10M back/a/big
nd a --never-read seed --await-mount $S/mnt/b --read seed &
until [ -e mnt/a/big ]; do :; done
dd if=mnt/a/big of=/dev/null bs=512 iflag=direct status=none
nd b
wait $!
"""


@both_finis
def test_answers_to_a_server_that_has_had_20000_requests(container, init):
    """What it had read and not answered is found by trying ids, of which nothing tells how far they have come."""
    container.start(init, LONG_LIVED + "finish", launch=NEITHER).wait_ready(60)
    assert_ends(container)


@hang_scenes
@both_finis
def test_hangs_end_without_any_capability(container, as_nobody, scene, init):
    container.start(init, scene + "\nfinish", launch=as_nobody).wait_ready()
    assert_ends(container)


@hang_scenes
def test_control_without_any_capability_hangs(container, as_nobody, scene):
    container.start("tini", scene + "\nfinish", launch=as_nobody).wait_ready()
    assert container.finish(7).wait_end(HANG) is None
    assert container.release(), "it ended without an abort: this was no hang"


@both_finis
def test_clean_server_without_any_capability(container, as_nobody, init):
    container.start(init, "nd a; client write mnt/a/f 100000\nfinish", launch=as_nobody).wait_ready()
    assert_ends(container)
    container.assert_written("back/a/f", size=100000)
