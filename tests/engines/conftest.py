import os
import sys

import pytest

sys.path.append(os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "system"))

import engine  # noqa: E402
import release  # noqa: E402
import rootfs  # noqa: E402
import scenes  # noqa: E402


def pytest_collection_modifyitems(items):
    """Says for every test that cannot run here why."""
    missing = None
    if os.geteuid() != 0:
        missing = "needs root"
    elif not os.path.exists("/dev/fuse"):
        missing = "needs /dev/fuse"
    for item in items:
        if missing:
            item.add_marker(pytest.mark.skip(reason=missing))


@pytest.fixture(scope="session")
def keeper():
    keeper = release.Keeper()
    yield keeper
    keeper.close()


@pytest.fixture(scope="session")
def image():
    """The root filesystem is made: rootfs.TAR, rootfs.TREE."""
    rootfs.make()


@pytest.fixture
def scratches():
    """Makes Scratch directories, which are removed after the test."""
    made = []

    def make(*arguments, **options):
        made.append(scenes.Scratch(*arguments, **options))
        return made[-1]
    yield make
    for scratch in made:
        scratch.close()


@pytest.fixture
def watch(keeper):
    """Watches containers by their main process; whatever happens they are released after the test."""
    made = []

    def make(pid, foreign):
        made.append(engine.Watched(pid, keeper, foreign))
        return made[-1]
    yield make
    for watched in made:
        watched.close()
