"""A server that holds a file of its own mount open, under docker: no command hangs, and docker works on."""
import pytest

import dockerd
import engine
import measured
import scenes

RUNS = measured.runs(5)  # of each command, by each of the two ways

# The command, and the exit status that the container has after it.
COMMANDS = {"kill": 137, "stop": 143, "remove": None, "restart": None}
each_command = pytest.mark.parametrize("command", COMMANDS)
each_way = pytest.mark.parametrize("way", dockerd.WAYS)


def own_time(boxes, docker, command, way):
    """The seconds, at most, that the command takes on a container without FUSE, under tini."""
    taken = []
    for _ in range(min(3, RUNS)):
        box = boxes(docker, *docker.under(way, scenes.NOTHING))
        ran = getattr(docker, command)(box.name)
        engine.check(ran)
        taken.append(ran.seconds)
        box.close()
    return max(taken)


@each_way
@each_command
def test_control_hangs(boxes, docker_tini, command, way):
    box = boxes(docker_tini, *docker_tini.under(way, scenes.SEED))
    assert box.watched.connections
    ran = getattr(docker_tini, command)(box.name, seconds=engine.HANG)
    assert ran.status is None, f"the control ended: this scene shows nothing: {ran}"
    assert box.watched.stuck()
    assert box.watched.release(), "it ended without an abort: this was no hang"


@each_way
@each_command
def test_returns(boxes, docker, docker_tini, command, way):
    beside = boxes(docker, dockerd.IMAGE, scenes.NOTHING)
    own = own_time(boxes, docker_tini, command, way)
    for _ in range(RUNS):
        box = boxes(docker, *docker.under(way, scenes.SEED), name="seed")
        assert box.watched.connections
        box.watched.await_guardian()
        ran = getattr(docker, command)(box.name, seconds=own + engine.SLACK + engine.HANG)
        assert ran.status == 0, f"{ran}: {box.watched.describe()}"
        assert ran.seconds < own + engine.SLACK, f"{ran.seconds:.2f} s, on a harmless container {own:.2f} s"
        measured.seconds(f"docker {command}, {way}, fini over tini without FUSE", ran.seconds - own)
        box.watched.assert_gone()
        assert engine.check(docker.exec(beside.name, "echo", "works")) == "works"
        if COMMANDS[command]:
            assert docker.inspect(box.name, "{{.State.Status}} {{.State.ExitCode}}") == f"exited {COMMANDS[command]}"
        if command == "remove":
            assert docker("inspect", box.name).status != 0
        if command == "restart":
            box.wait_ready()
            assert docker.inspect(box.name, "{{.State.Running}} {{.RestartCount}}") == "true 0"
        box.close()  # the next one has the same name
