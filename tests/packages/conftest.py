import os
import shutil

import pytest

from engines import Docker, Podman
from machine import Machine

ENGINES = {"test_docker.py": ["dockerd", "docker", "docker-compose"], "test_podman.py": ["podman", "buildah", "crun"]}


def pytest_collection_modifyitems(items):
    """Says for every test that cannot run here why."""
    for item in items:
        engines = ENGINES.get(item.path.name, ())
        missing = [name for name in engines if not shutil.which(name)]
        if os.geteuid() != 0:
            item.add_marker(pytest.mark.skip(reason="needs root"))
        elif missing:
            item.add_marker(pytest.mark.skip(reason=f"not installed: {', '.join(missing)}"))
        elif engines and not os.path.exists("/dev/fuse"):
            item.add_marker(pytest.mark.skip(reason="needs /dev/fuse"))


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
