import os
import time

import pytest

import closing_proof
import dispositions
import measured
import release
from container import INITS, TOOLS, Container, scratch
from foreign import INSIDE, Foreign

NOBODY = 65534


def pytest_configure(config):
    dispositions.reset()
    config.addinivalue_line("markers", "no_fdinfo: runs build/fini-no-fdinfo, as on kernels before 6.16")


def pytest_collection_modifyitems(items):
    """Says for every test that cannot run here why."""
    missing = None
    if os.geteuid() != 0:
        missing = "needs root"
    elif not os.path.exists("/dev/fuse"):
        missing = "needs /dev/fuse"
    elif not all(os.path.exists(f"{TOOLS}/{name}") for name in ("ndrive", "client", "launch")):
        missing = "test programs not built (make system)"
    for item in items:
        if missing:
            item.add_marker(pytest.mark.skip(reason=missing))


closing = pytest.StashKey()
numbers = pytest.StashKey()


def pytest_sessionstart(session):
    if not hasattr(session.config, "workerinput"):
        session.config.stash[closing] = closing_proof.Before()
        session.config.stash[numbers] = measured.Record()


def pytest_sessionfinish(session):
    if closing in session.config.stash:
        left = session.config.stash[closing].left()
        if left:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
            session.config.stash[closing].verdict = "LEFT BEHIND: " + "; ".join(left)


def pytest_terminal_summary(terminalreporter, config):
    if closing in config.stash:
        for line in config.stash[numbers].lines():
            terminalreporter.write_line(f"measured: {line}")
        terminalreporter.write_line(f"closing proof: {config.stash[closing].verdict}")


@pytest.fixture(scope="session")
def keeper():
    keeper = release.Keeper()
    yield keeper
    keeper.close()


def show(container):
    """Prints what was written in it: pytest shows it if the test failed."""
    print(f"--- {container.pid} made {container.connections} at {time.monotonic()} ---")
    for name in sorted(os.listdir(container.scratch)):
        if name in ("stdout", "stderr", "main") or name.endswith(".log"):
            print(f"--- {name} ---\n{container.read(name).decode(errors='replace')}")


@pytest.fixture
def foreign(keeper):
    """A foreign connection, busy; checked after every test that asks for a container."""
    foreign = Foreign(scratch(), keeper)
    yield foreign
    show(foreign.container)
    foreign.container.close()


@pytest.fixture
def late(foreign):
    """A foreign connection of which nothing is cached, and that answers nothing any more once `mute` on it was asked for.

    What hangs on it is released in the end."""
    os.mkdir(foreign.container.path("back/late/inner"))
    connection = foreign.serve("late", "-o entry_timeout=0,attr_timeout=0 --mute-at mute")
    yield connection
    connection.abort()


@pytest.fixture
def containers(keeper, foreign):
    """Makes containers that see the foreign mount; after the test they are gone and it is untouched."""
    made = []

    class Beside(Container):
        def argv(self, init, scene, options=()):
            if not os.path.exists(INITS[init]):
                pytest.skip(f"{INITS[init]} is not there")
            return super().argv(init, INSIDE.format(mount=foreign.mount) + scene, options)

        def run(self, argv, launch=(), mounts_of=None, wrapper=()):
            return super().run(argv, launch, mounts_of or foreign.pid, wrapper)

    def make(**arguments):
        made.append(Beside(scratch(), keeper, **arguments))
        return made[-1]

    yield make
    for container in made:
        if not container.closed:
            show(container)
            container.close()
    if made:
        foreign.assert_untouched()


@pytest.fixture
def container(containers):
    return containers()


@pytest.fixture
def for_nobody(container):
    """Launch options for a container in which an ordinary user may serve: fusermount3 mounts."""
    device = container.path("fuse")
    os.mknod(device, 0o20666, os.stat("/dev/fuse").st_rdev)
    os.chmod(device, 0o666)
    container.give_to(NOBODY)
    return ["--bind", f"{device}:/dev/fuse"]


@pytest.fixture
def as_nobody(for_nobody):
    """Launch options for a container of an ordinary user, as docker --user makes it."""
    return ["--uid", str(NOBODY), *for_nobody]


@pytest.fixture
def guarded(containers):
    """Starts fini and a load, a scene without its finish; returns the container and its guardian's pid."""
    def start(load, options=()):
        container = containers()
        container.start("fini", load + "\nfinish", options).wait_ready()
        return container, container.guardian()
    return start
