"""At the limit of processes: main's end makes room for one, and that must do."""
import contextlib
import os
import tempfile

import pytest

import waiting
from hangs import HOLDER
from inits import KILLED, PROMPT, assert_ends, assert_killed
from test_helpers import BACKENDS, start
from test_order import before

CGROUPS = "/sys/fs/cgroup/pids"
BACKEND = BACKENDS["listens on 127.0.0.1"]
NO_PROCESS = "fini: no process can be forked to look for helpers: they end with the clients"

pytestmark = pytest.mark.skipif(not os.path.isdir(CGROUPS), reason="needs the pids controller of cgroup v1")


@pytest.fixture
def limit(container):
    """Lets no more processes be forked in the container than there are."""
    path = tempfile.mkdtemp(prefix="fini-test.", dir=CGROUPS)

    def write(name, value):
        with open(f"{path}/{name}", "w") as file:
            file.write(str(value))

    def at_what_there_is():
        for pid in container.processes():
            write("cgroup.procs", pid)
        with open(f"{path}/pids.current") as file:  # threads count
            write("pids.max", file.read())

    def removed():
        with contextlib.suppress(OSError):  # EBUSY
            os.rmdir(path)
        return not os.path.exists(path)

    yield at_what_there_is
    write("pids.max", "max")
    container.close()
    waiting.until(removed, 5, "removed")


def test_backend_outlives_its_server(container, limit):
    start(container, "fini", BACKEND).guardian()
    limit()
    assert_ends(container, seconds=PROMPT + 3)
    log = container.log()
    assert before(log, "a DESTROY", "store SIGTERM") and "store STORED" in log, log
    assert "fini:" not in container.stderr()


def test_it_is_said_if_there_is_no_room_at_all(container, limit):
    """Main lives, and the guardian cannot fork."""
    start(container, "fini", BACKEND).guardian()
    limit()
    assert_killed(container.kill(), seconds=KILLED)
    assert NO_PROCESS in container.stderr().splitlines(), container.stderr()


@pytest.mark.parametrize("by", ["exit", "SIGKILL"])
def test_what_hangs_elsewhere_ends(container, limit, by):
    container.start("fini", f"{HOLDER}\nfinish").wait_ready().guardian()
    limit()
    if by == "exit":
        assert_ends(container, seconds=PROMPT + 3)
    else:
        assert_killed(container.kill(), seconds=KILLED)
