"""FUSE over io_uring: requests go through rings, and a duplicate of the server's /dev/fuse sees none of them.

There is no scene here in which a server of one ring thread holds a file of its own mount: if fini failed, that would hang
for good, and not even an abort would end it (docs/kernel.md). It is for `make kernels`, where the machine is thrown away.
"""
import re

import pytest

import ring
import waiting
from inits import HURRY, assert_ends, assert_hangs, assert_killed, both_finis
from test_abort import NEITHER

SERVE = "rawfuse --log $S/drives.log --name a --ring {} mnt/a\n"
# Killing the server would not help.
HELD = SERVE.format("--leave --stubborn --unanswered READ --read f")
# Here it does.
UNANSWERING = SERVE.format("--leave --stubborn --unanswered READ") + "client read mnt/a/f"

LADDER = {
    "private fusectl": ("private fusectl", HELD, []),
    "forced umount": ("umount", HELD, ["--deny", "fsopen:ENOSYS"]),
    "answers for nobody, and kills": ("pidfd_getfd", UNANSWERING, NEITHER),
    "killing the server": ("kill", UNANSWERING, [*NEITHER, "--deny", "pidfd_getfd:EPERM"]),
}
both_ends = pytest.mark.parametrize("how", ["main exits", "SIGKILL of PID 1"])


@pytest.fixture(autouse=True)
def switched_on():
    why = ring.missing()
    if why:
        pytest.skip(why)
    switch = ring.Switch()
    yield
    switch.close()


def start(container, init, scene, launch=()):
    """Until the server has a request that it does not answer, and that has come by the ring."""
    container.start(init, scene + "\nfinish", HURRY if init != "tini" else (), launch).wait_ready()
    container.wait_log("a UNANSWERED READ")
    assert container.log()[0] == "a BY RING"
    [connection] = container.connections
    return connection


def aborts(container):
    return [line for line in container.stderr().splitlines() if "aborted" in line or "cannot abort" in line]


def test_control_hangs(container):
    start(container, "tini", HELD)
    container.finish(7)
    assert_hangs(container)


@both_finis
@both_ends
def test_healthy_server(container, init, how):
    container.start(init, SERVE.format("") + "client write mnt/a/f 4096; guarded; finish").wait_ready()
    if how == "main exits":
        assert_ends(container)
    else:
        assert_killed(container.kill())
    assert container.log()[0] == "a BY RING" and not aborts(container)


@both_finis
@both_ends
@pytest.mark.parametrize("step,scene,launch", LADDER.values(), ids=LADDER.keys())
def test_step(container, init, step, scene, launch, how):
    connection = start(container, init, scene, launch)
    if how == "main exits":
        assert_ends(container)
    else:
        container.guardian()
        assert_killed(container.kill())
    [line] = aborts(container)
    assert f"connection {connection.id} " in line and f" by {step}: " in line, line


@both_finis
@both_ends
@pytest.mark.parametrize("answers", [[], ["--deny", "pidfd_getfd:EPERM"]], ids=["answers", "no answers"])
def test_does_not_say_that_it_has_aborted_what_it_has_not(container, init, answers, how):
    """No step ends it. It is our connection all the same, and there is a right that would help."""
    connection = start(container, init, HELD, [*NEITHER, *answers])
    if how == "main exits":
        container.finish(7)
    else:
        container.guardian()
        container.kill()
    left = waiting.line_in_file(container.path("stderr"), "left behind", 10)
    assert re.fullmatch(r"fini: teardown: left behind: rawfuse\[\d+\] waits in request_wait_answer, on connection "
                        rf"{connection.id}, which cannot be aborted here: add CAP_SYS_ADMIN, or bind "
                        r"/sys/fs/fuse/connections", left)
    [line] = aborts(container)[:1]
    assert f"cannot abort connection {connection.id} " in line, line
    assert container.wait_end(1) is None, "it ended: this scene shows nothing"
    assert container.release()
