"""A mount of ours below a foreign one, whose server stops answering: who walks there waits for it, so nobody may.

The way to our mount point leads through the foreign mount; its server, outside, is asked at every step.
"""
import pytest

from inits import HANG, PROMPT, assert_ends, assert_hangs, assert_killed

SCENES = {
    "healthy": "--leave",
    "holds its own file": "--leave --hold f",
    # At a SIGTERM, as libfuse does it, and then hangs by itself. What has been aborted it leaves alone.
    "unmounts itself": "",
}
each_scene = pytest.mark.parametrize("scene", SCENES)


@pytest.fixture
def start(container, foreign, late):
    """Starts a container with a mount of its own below the foreign one, which then falls silent."""
    def start(init, scene):
        late = foreign.container.path("mnt/late")
        container.start(init, f"rawfuse {SCENES[scene]} {late}/inner\nfinish").wait_ready()
        assert len(container.connections) == 1
        if init != "tini":
            container.guardian()
        foreign.container.run_inside("test ! -e mnt/late/mute")
        return container
    return start


@pytest.mark.parametrize("scene", ["healthy", "unmounts itself"])
def test_control_ends(start, scene):
    assert_ends(start("tini", scene))


@pytest.mark.parametrize("scene", ["healthy", "unmounts itself"])
def test_control_ends_at_a_sigkill(start, scene):
    assert_killed(start("tini", scene).kill())


def test_control_hangs(start):
    """Its own connection holds it, not the foreign one: with that one aborted, it ends."""
    container = start("tini", "holds its own file").finish(7)
    assert_hangs(container)


@each_scene
def test_ends(start, late, scene):
    assert_ends(start("fini", scene), seconds=PROMPT + HANG)
    assert late.exists(), "the foreign connection was aborted"


@each_scene
def test_ends_at_a_sigkill(start, late, scene):
    assert_killed(start("fini", scene).kill(), seconds=HANG)
    assert late.exists(), "the foreign connection was aborted"
