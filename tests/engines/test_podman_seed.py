"""A server that holds a file of its own mount open, under podman: no command hangs, and podman works on."""
import statistics

import pytest

import engine
import measured
import podman as tests_podman
import scenes
import waiting

pytest_plugins = ["podman_fixtures"]

RUNS = {"entrypoint": measured.runs(10), "--init": measured.runs(3)}  # once it runs there is no difference


def kill(podman, name, **how):
    return podman.kill(name, **how)


def stop(podman, name, **how):
    return podman.stop(name, **how)


def remove(podman, name, **how):
    return podman.remove(name, **how)


def restart(podman, name, **how):
    return podman.restart(name, **how)


def crun_kill(podman, name, **how):
    return podman.crun("kill", podman.id(name), "KILL", **how)


# The command, and what podman says of the container after it.
COMMANDS = {kill: "exited 137", stop: "exited 143", remove: None, restart: "running 0", crun_kill: "exited 137"}
each_command = pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.__name__)
each_way = pytest.mark.parametrize("way", ["entrypoint", "--init"])


def start(boxes, podman, init, way, scene, **how):
    """init is fini, or another one: tini as ENTRYPOINT, podman's own catatonit as --init."""
    if way == "--init":
        path = ["--init-path", podman.inits["fini"]] if init == "fini" else []
        return boxes(podman, tests_podman.IMAGE, scene, "--init", *path, **how)
    return boxes(podman, f"{tests_podman.IMAGE}:{init}", scene, **how)


@pytest.fixture(scope="module")
def own_time():
    """What each command takes on a harmless container, filled by harmless()."""
    return {}


@pytest.fixture
def harmless(own_time, boxes):
    """The seconds that a command takes on a container without FUSE, under the other init."""
    def measure(podman, command, way):
        key = podman.rootless, command, way
        if key not in own_time:
            taken = []
            for _ in range(min(3, RUNS[way])):
                box = start(boxes, podman, "tini", way, scenes.NOTHING)
                ran = command(podman, box.name)
                engine.check(ran)
                taken.append(ran.seconds)
                box.close()
            own_time[key] = statistics.median(taken)
        return own_time[key]
    return measure


@each_way
@each_command
def test_control_hangs(boxes, podman, command, way):
    """crun kill returns, it only sends; but the container does not end. podman gives up after five seconds."""
    box = start(boxes, podman, "tini", way, scenes.SEED)
    assert box.watched.connections
    ran = command(podman, box.name, seconds=engine.HANG)
    if command is not crun_kill:
        assert ran.status != 0, f"the control ended: this scene shows nothing: {ran}"
    else:
        with pytest.raises(waiting.Late):
            box.watched.assert_gone(engine.HANG)
    assert box.watched.stuck()
    assert box.watched.release(), "it ended without an abort: this was no hang"


@each_way
@each_command
def test_returns(boxes, podman, harmless, command, way):
    """Each time, and in the middle as fast as on a harmless container and SLACK: one may meet a busy machine."""
    own, taken = harmless(podman, command, way), []
    for _ in range(RUNS[way]):
        box = start(boxes, podman, "fini", way, scenes.SEED, name="seed")
        assert box.watched.connections
        box.watched.await_guardian()
        ran = command(podman, box.name, seconds=own + engine.SLACK + engine.HANG)
        engine.check(ran)
        taken.append(ran.seconds)
        user = "rootless podman" if podman.rootless else "podman"
        measured.seconds(f"{user} {command.__name__}, {way}, fini over another init without FUSE", ran.seconds - own)
        box.watched.assert_gone()
        if COMMANDS[command]:
            wanted = COMMANDS[command]
            state = "{{.State.Status}} {{.State.ExitCode}}"
            waiting.until(lambda: podman.inspect(box.name, state) == wanted, 2, wanted)
        if command is restart:
            box.wait_ready()
        box.close()
    assert statistics.median(taken) < own + engine.SLACK, f"{taken} s, on a harmless container {own:.2f} s"
    start(boxes, podman, "fini", way, scenes.NOTHING, name="seed")  # as each run before it was: the name is free
