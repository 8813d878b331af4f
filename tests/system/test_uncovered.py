"""Where fini cannot do what it is for, it says so in one line, and which right would help."""
import re

import pytest

import waiting
from inits import HURRY

SYS_PTRACE = "19"
UNSEEN = "its server is not seen: left alone (every server is seen with CAP_SYS_PTRACE)"


@pytest.mark.parametrize("rights,said", [(["--drop-cap", SYS_PTRACE], 1), ([], 0)], ids=["no SYS_PTRACE", "SYS_PTRACE"])
def test_undumpable_server_of_another_user(container, rights, said):
    """It has become that user by itself: then /proc tells of it to who has SYS_PTRACE only.

    Said while main runs, since there is no guardian: a SIGKILL would come without another word. Said once.
    """
    container.start("fini", "nd a --uid 65534; finish", launch=rights).wait_ready()
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
