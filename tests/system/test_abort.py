"""The abort ladder: the first step that works here is taken, and the log says which."""
import pytest

from inits import HURRY, assert_ends, assert_killed, both_finis

HELD = "nd a --never-read seed --read seed"  # killing the server would not help
UNANSWERING = "nd a --sigterm ignore --never-read seed; client read mnt/a/seed"  # here it does

LADDER = {
    "visible fusectl": ("fusectl", HELD, ["--fusectl", "--deny", "fsopen:ENOSYS"]),
    "visible fusectl, although a private one would do": ("fusectl", HELD, ["--fusectl"]),
    "private fusectl": ("private fusectl", HELD, []),
    "forced umount": ("umount", HELD, ["--deny", "fsopen:ENOSYS"]),
    "forced umount, fsopen forbidden": ("umount", HELD, ["--deny", "fsopen:EPERM"]),
    "killing the server": ("kill", UNANSWERING, ["--deny", "fsopen:ENOSYS", "--deny", "umount2:EPERM"]),
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
    assert " by kill" in container.stderr()


@both_finis
def test_clean_server_without_any_capability(container, as_nobody, init):
    container.start(init, "nd a; client write mnt/a/f 100000\nfinish", launch=as_nobody).wait_ready()
    assert_ends(container)
    container.assert_written("back/a/f", size=100000)
