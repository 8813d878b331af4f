"""Where fini cannot do what it is for, it says so in one line, and which right would help."""
import os
import re

import pytest

import waiting
from inits import HURRY

SYS_PTRACE = "19"
UNSEEN = "its server is not seen: left alone (servers of another user are seen with CAP_SYS_PTRACE)"


@pytest.fixture
def device(container):
    """Launch options with which any user in there may open /dev/fuse."""
    path = container.path("fuse")
    os.mknod(path, 0o20666, os.stat("/dev/fuse").st_rdev)
    os.chmod(path, 0o666)
    return ["--bind", f"{path}:/dev/fuse"]


@pytest.mark.parametrize("rights,said", [(["--drop-cap", SYS_PTRACE], 1), ([], 0)], ids=["no SYS_PTRACE", "SYS_PTRACE"])
def test_server_of_another_user(container, device, rights, said):
    """Said while main runs, since there is no guardian: a SIGKILL would come without another word. Said once."""
    container.give_to(65534)
    container.start("fini", "BY='setpriv --reuid=65534 --regid=65534 --clear-groups' nd a; finish",
                    launch=[*device, *rights]).wait_ready()
    if said:
        waiting.line_in_file(container.path("stderr"), UNSEEN, 5)
    else:
        container.guardian()
    end = container.finish(7).wait_end(5)
    assert end.status == 7
    assert container.stderr().count(UNSEEN) == said
    container.assert_nothing_left()


def test_server_that_nothing_can_abort(container, as_nobody):
    """No capability, no fusectl, and it has closed what pidfd_getfd could duplicate: which connection, which right."""
    container.start("fini", "nd a --sigterm die --hold-threads 3 --hold f; finish", HURRY, launch=as_nobody).wait_ready()
    [connection] = container.connections
    container.finish(7)
    line = waiting.line_in_file(container.path("stderr"), "left behind", 10)
    assert re.fullmatch(r"fini: teardown: left behind: ndrive\[\d+\] waits in request_wait_answer, on connection "
                        rf"{connection.id}, which cannot be aborted here: add CAP_SYS_ADMIN, or bind "
                        r"/sys/fs/fuse/connections", line)
    assert container.wait_end(1) is None, "it ended: this scene shows nothing"
    assert container.release()
