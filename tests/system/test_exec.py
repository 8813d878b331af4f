"""A client inside execve(2), which waits for a server that does not answer: it holds its exec_update_lock meanwhile.

Whoever reads its /proc/PID/exe, cwd, fd/N, stat, wchan... waits with it. An init that never looks ends at once.
"""
import pytest

from inits import HURRY, PROMPT, assert_ends, assert_killed, both_finis

# What is never answered, and the client.
SCENES = {
    "close-on-exec file": ("FLUSH", "execer open mnt/a/f"),
    "dirty mapping": ("WRITE", "execer map mnt/a/f"),
}
each_scene = pytest.mark.parametrize("scene", SCENES)


@pytest.fixture
def start(container):
    """Starts a container and waits until a client of it is in its execve."""
    def start(init, scene, options=()):
        unanswered, client = SCENES[scene]
        container.start(init, f"""
            rawfuse --log drives.log --name a --unanswered {unanswered} mnt/a
            ready; await_go
            {client} &
            finish""", options).wait_ready()
        if init != "tini":
            container.guardian()
        container.go().wait_log(f"a UNANSWERED {unanswered}")
        return container.wait_ready()
    return start


@each_scene
def test_control_ends(start, scene):
    assert_ends(start("tini", scene))


@each_scene
def test_control_ends_at_a_sigkill(start, scene):
    assert_killed(start("tini", scene).kill())


@each_scene
@both_finis
def test_ends(start, scene, init):
    assert_ends(start(init, scene, HURRY), seconds=PROMPT + 2)


@each_scene
def test_ends_with_the_defaults(start, scene):
    """Before docker stop's ten seconds are over."""
    assert_ends(start("fini", scene), seconds=10)


@each_scene
@both_finis
def test_ends_at_a_sigkill(start, scene, init):
    """Within --kill-budget, and a second."""
    assert_killed(start(init, scene).kill(), seconds=2 + 1)
