"""The podmans of the tests. A plugin: each is made once in a run, for whichever test asks for it first."""
import shutil

import pytest

from podman import Podman


def _podman(**how):
    for program in ("podman", "crun", "fuse-overlayfs", "newuidmap"):
        if not shutil.which(program):
            pytest.skip(f"needs {program}")
    podman = Podman(**how)
    yield podman
    left = podman.close()
    assert not left, f"podman left {left}"


@pytest.fixture(scope="session")
def rootful(image):
    yield from _podman()


@pytest.fixture(scope="session")
def rootless(image):
    yield from _podman(rootless=True)


@pytest.fixture(scope="session")
def on_fuse(image):
    """A rootless one whose containers have a FUSE root filesystem."""
    yield from _podman(rootless=True, fuse_root=True)


@pytest.fixture(params=["rootful", "rootless"])
def podman(request):
    """Each test that asks for it runs twice."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def named():
    """Names for containers, which are gone after the test."""
    made = []

    def name(podman):
        made.append((podman, f"named{len(made)}"))
        return made[-1][1]
    yield name
    for podman, name in made:
        podman("rm", "-f", "-t", "0", name)
