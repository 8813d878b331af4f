import os
import shutil

import pytest

from engines import Docker, Podman
from machine import FINI, Machine

ENGINES = {"test_docker.py": ["dockerd", "docker", "docker-compose"], "test_podman.py": ["podman", "buildah", "crun"]}


def pytest_collection_modifyitems(items):
    """Says for every test that cannot run here why."""
    for item in items:
        engines = ENGINES.get(item.path.name, ())
        missing = [name for name in engines if not shutil.which(name)]
        if missing:
            item.add_marker(pytest.mark.skip(reason=f"not installed: {', '.join(missing)}"))
        elif engines and os.geteuid() != 0:
            item.add_marker(pytest.mark.skip(reason="needs root"))
        elif engines and not os.path.exists("/dev/fuse"):
            item.add_marker(pytest.mark.skip(reason="needs /dev/fuse"))
        elif not os.path.exists(FINI):
            item.add_marker(pytest.mark.skip(reason="not built (make packages-check)"))


@pytest.fixture(scope="session")
def machine():
    machine = Machine()
    yield machine
    machine.close()


@pytest.fixture(scope="session")
def docker(machine):
    docker = Docker(machine)
    yield docker
    docker.stop()


@pytest.fixture(scope="session")
def podman(machine):
    return Podman(machine)


@pytest.fixture
def remote(tmp_path):
    """The directory that stands for a cloud."""
    directory = tmp_path / "remote"
    directory.mkdir()
    return directory
