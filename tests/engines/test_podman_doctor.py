"""podman kill that gives up on a container, and fini-doctor on the host, which knows it by podman's name for it."""
import pytest

import engine
import podman as tests_podman
import scenes
from test_docker_doctor import doctor

pytest_plugins = ["podman_fixtures"]


def stuck(boxes, podman, **how):
    """A container that podman has not been able to kill; and what it can be called."""
    box = boxes(podman, f"{tests_podman.IMAGE}:tini", scenes.SEED, **how)
    named = {"name": box.name, "id": podman.id(box.name)}
    podman.kill(box.name, seconds=engine.HANG)  # gives up by itself about then, with an error or without one
    return box, named


@pytest.mark.parametrize("by", ["name", "id"])
def test_is_released(boxes, rootful, by):
    box, named = stuck(boxes, rootful)
    seen = doctor("--stuck=1s")
    assert seen.returncode == 1, f"the control ended: this scene shows nothing: {seen}"
    assert f"podman container {box.name} ({named['id'][:12]}) does not end" in seen.stdout, seen
    released = doctor("release", "--stuck=1s", named[by])
    assert released.returncode == 0 and f'of="podman container {box.name} (' in released.stderr, released
    box.watched.assert_gone()


def test_a_name_that_two_have_releases_neither(boxes, rootful, rootless):
    """Neither podman knows of the other's name."""
    ours, named = stuck(boxes, rootful, name="twice")
    other, others = stuck(boxes, rootless, name="twice")
    refused = doctor("release", "--stuck=1s", "twice")
    assert refused.returncode == 1 and "more than one container" in refused.stderr, refused
    assert all(f"podman container twice ({it['id'][:12]})" in refused.stderr for it in (named, others)), refused
    released = doctor("release", "--stuck=1s", named["id"])
    assert released.returncode == 0, released
    ours.watched.assert_gone()
    assert other.watched.stuck(), "the other one's was aborted, too"
    assert doctor("release", "--stuck=1s", "twice").returncode == 0  # now one has it
    other.watched.assert_gone()
