import contextlib
import os
import shutil
import sys

import pytest

sys.path.append(os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "system"))

import box  # noqa: E402
import closing  # noqa: E402
import dispositions  # noqa: E402
import dockerd  # noqa: E402
import engine  # noqa: E402
import measured  # noqa: E402
import release  # noqa: E402
import rootfs  # noqa: E402
import sweeper  # noqa: E402

TABLES = {"test_docker_paused", "test_podman_paused", "test_rights"}  # each makes a table: in one worker

before = pytest.StashKey()
numbers = pytest.StashKey()


def pytest_configure():
    dispositions.reset()


@pytest.hookimpl(tryfirst=True)  # before xdist looks for the groups
def pytest_collection_modifyitems(items):
    """Says for every test that cannot run here why. Tests of one table come first: they cannot be spread."""
    missing = None
    if os.geteuid() != 0:
        missing = "needs root"
    elif not os.path.exists("/dev/fuse"):
        missing = "needs /dev/fuse"
    items.sort(key=lambda item: item.path.stem not in TABLES)
    for item in items:
        if item.path.stem in TABLES:
            item.add_marker(pytest.mark.xdist_group(item.path.stem))
        if missing:
            item.add_marker(pytest.mark.skip(reason=missing))


def pytest_sessionstart(session):
    if not hasattr(session.config, "workerinput"):
        session.config.stash[before] = closing.Before()
        session.config.stash[numbers] = measured.Record()


@pytest.hookimpl(trylast=True)  # after pytest's own, which ends the session's fixtures when it was interrupted
def pytest_sessionfinish(session, exitstatus):
    interrupted = exitstatus == pytest.ExitCode.INTERRUPTED
    if before in session.config.stash and session.config.stash[before].left(interrupted):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter, config):
    if before in config.stash:
        for line in config.stash[numbers].lines():
            terminalreporter.write_line(f"measured: {line}")
        terminalreporter.write_line(f"closing check: {config.stash[before].verdict}")


@pytest.fixture(scope="session", autouse=True)
def keeper():
    """Whatever becomes of this process, no container hangs and nothing is left."""
    swept, kept = sweeper.Sweeper(engine.PREFIX), release.Keeper()
    yield kept
    kept.close()
    swept.close()


@pytest.fixture(scope="session")
def image():
    """The root filesystem is made: rootfs.TAR, rootfs.TREE."""
    rootfs.make()


def needs(*programs):
    """Skips what cannot run without them."""
    for program in programs:
        if not shutil.which(program):
            pytest.skip(f"needs {program}")


def _daemon(init):
    needs("docker", "dockerd")
    daemon = dockerd.Dockerd(init)
    yield daemon
    left = daemon.close()
    assert not left, f"docker left {left}"


@pytest.fixture(scope="session")
def docker(image):
    """A dockerd whose --init is fini."""
    yield from _daemon("fini")


@pytest.fixture(scope="session")
def docker_tini(image):
    """A dockerd whose --init is Debian's tini-static."""
    yield from _daemon("tini")


@pytest.fixture
def watch(keeper):
    """Watches containers by their main process; whatever happens they are released after the test."""
    with contextlib.ExitStack() as stack:
        def make(pid):
            watched = engine.Watched(pid, keeper)
            stack.callback(watched.close)
            return watched
        yield make


@pytest.fixture
def boxes(watch):
    """Makes containers of a command line engine; whatever happens they are gone after the test."""
    with contextlib.ExitStack() as stack:
        def make(cli, *arguments, **options):
            made = box.Box(cli, watch, *arguments, **options)
            stack.callback(made.close)
            return made.start()
        yield make


@pytest.fixture(scope="session")
def containerd(image):
    """A containerd, seen through its CRI."""
    needs("containerd", "ctr", "protoc")
    import cri
    import cri_proto
    try:
        daemon = cri.Cri()
    except cri_proto.Missing as missing:
        pytest.skip(f"no api.proto of the CRI: {missing}")
    yield daemon
    left = daemon.close()
    assert not left, f"containerd left {left}"


@pytest.fixture
def pods(containerd, watch):
    """Makes pods; whatever happens they are gone after the test."""
    import cri
    with contextlib.ExitStack() as stack:
        def make(**options):
            pod = cri.Pod(containerd, watch, **options)
            stack.callback(pod.close)
            return pod
        yield make
