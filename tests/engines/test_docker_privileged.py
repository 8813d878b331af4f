"""docker run --privileged: every capability, no seccomp filter, no AppArmor profile, all devices."""
import pytest

import dockerd
import engine
import scenes

CAP_SYS_RESOURCE = 24


def may_give_all():
    """Whether this machine has every capability that docker gives then."""
    with open("/proc/self/status") as file:
        [bounding] = [int(line.split()[1], 16) for line in file if line.startswith("CapBnd:")]
    return bool(bounding >> CAP_SYS_RESOURCE & 1)


pytestmark = pytest.mark.skipif(not may_give_all(), reason="needs CAP_SYS_RESOURCE to give: make engines-v2")


def test_check(docker):
    """fini --check has nothing to wish for."""
    said = engine.check(docker("run", "--rm", "--network", "none", "--privileged", "--entrypoint", "/fini",
                               dockerd.IMAGE, "--check"))
    assert not [line for line in said.splitlines() if line.startswith("no ")], said


def finish(docker, box):
    box.scratch.finish(7)
    return 7


def stop(docker, box):
    engine.check(docker.stop(box.name))
    return 143


def kill(docker, box):
    engine.check(docker.kill(box.name))
    return 137


@pytest.mark.parametrize("end", [finish, stop, kill], ids=["main exits", "docker stop", "docker kill"])
@pytest.mark.parametrize("scene", [scenes.SEED, scenes.DIRTY], ids=["holds itself", "dirty data"])
def test_ends(boxes, docker, scene, end):
    box = boxes(docker, dockerd.ENTRYPOINT, scene, "--privileged")
    box.watched.await_guardian()
    status = end(docker, box)
    assert docker.wait(box.name) == status
    box.watched.assert_gone()
    if scene == scenes.DIRTY:
        box.scratch.assert_written()


def test_control_hangs(boxes, docker_tini):
    box = boxes(docker_tini, dockerd.ENTRYPOINT, scenes.SEED, "--privileged")
    assert docker_tini.kill(box.name, seconds=engine.HANG).status is None
    assert box.watched.stuck()
    assert box.watched.release(), "it ended without an abort: this was no hang"
