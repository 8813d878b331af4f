"""What the tests themselves say, and where they can be run."""
import os
import shutil
import signal
import subprocess
import sys

import pytest

import reach
from container import scratch
from inits import HURRY, assert_ends, assert_killed

SLOW = "nd a --sigterm ignore --hold f\nfinish"  # is aborted after its grace


@pytest.mark.parametrize("way", ["main ends", "SIGKILL"])
def test_one_that_ends_late_is_called_slow_and_not_hanging(container, way):
    container.start("fini", SLOW, [*HURRY, "--kill-budget=500ms"]).wait_ready()
    container.guardian()
    with pytest.raises(AssertionError, match="^too slow: it ended after 0[.][0-9] s, and has 0.05 s"):
        if way == "SIGKILL":
            assert_killed(container.kill(), seconds=0.05)
        else:
            assert_ends(container, seconds=0.05)


def test_one_that_hangs_is_called_so(container):
    container.start("tini", "nd a --hold f\nfinish").wait_ready()
    with pytest.raises(AssertionError, match="^hangs: .*ndrive"):
        assert_ends(container)
    assert container.release()


@pytest.mark.parametrize("ignored", [signal.SIGINT, signal.SIGQUIT, signal.SIGHUP])
def test_a_background_job_tests_the_same(ignored):
    """As in `make check &` of a script, or under nohup: an ignored signal would be inherited by all that tests start."""
    done = subprocess.run([sys.executable, "-c", "import dispositions, subprocess; dispositions.reset(); "
                           "subprocess.run(['grep', 'SigIgn', '/proc/self/status'])"],
                          cwd=os.path.dirname(__file__), stdout=subprocess.PIPE, text=True, check=True,
                          preexec_fn=lambda: signal.signal(ignored, signal.SIG_IGN))
    assert not int(done.stdout.split()[1], 16) & 1 << (ignored - 1), done.stdout


@pytest.fixture
def home():
    """A directory with a build in it."""
    directory = scratch()
    os.makedirs(f"{directory}/build/tests")
    for name in ("fini", "tests/launch"):
        with open(f"{directory}/build/{name}", "w") as file:
            file.write("program")
    yield directory
    shutil.rmtree(directory)


def test_programs_are_run_where_they_are_if_everybody_can(home, monkeypatch):
    monkeypatch.delenv(reach.COPY, raising=False)
    os.chmod(home, 0o711)
    assert reach.programs(f"{home}/build") == f"{home}/build"


def test_programs_are_copied_from_where_only_root_can_go(home, monkeypatch):
    """As from /root, of mode 700: users that tests change to could run nothing there."""
    monkeypatch.setenv(reach.COPY, "")
    monkeypatch.delenv(reach.COPY)
    os.chmod(home, 0o700)
    copy = reach.programs(f"{home}/build")
    assert not copy.startswith(home) and reach.open_to_all(copy) and reach.open_to_all(f"{copy}/tests")
    assert sorted(os.listdir(copy)) == ["fini", "tests"] and os.listdir(f"{copy}/tests") == ["launch"]
    assert reach.programs(f"{home}/build") == copy  # once for all workers
