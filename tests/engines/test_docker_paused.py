"""docker pause, then kill, stop or rm -f. What each does goes into a table in docs/engines.md."""
import collections
import os
import re
import statistics

import pytest

import engine
import measured
import scenes
import waiting
import written

RUNS = measured.runs(3)

SCENES = {"none": scenes.NOTHING, "dirty data": scenes.DIRTY, "a server that holds itself": scenes.SEED}
INITS = ("tini", "fini")
COMMANDS = {"docker kill": "kill", "docker stop -t 1": "stop", "docker rm -f": "remove"}
each_command = pytest.mark.parametrize("command", COMMANDS)
each_scene = pytest.mark.parametrize("scene", SCENES)

Outcome = collections.namedtuple("Outcome", "returned seconds data")


@pytest.fixture(scope="module")
def table(docker):
    """Outcomes by (init, scene, command); written down if all are there, and not fewer runs than times are worth."""
    found = {}
    place = engine.check(docker("info", "--format", "docker {{.ServerVersion}}, cgroup v{{.CgroupVersion}}, "
                                "Linux {{.KernelVersion}}"))
    place = re.match(r".* Linux [0-9.]+", place)[0] + ":"
    yield found
    if len(found) == len(INITS) * len(SCENES) * len(COMMANDS) and ("TEST_RUNS" not in os.environ or waiting.SLOW > 1):
        written.write("engines.md", f"paused with cgroup {engine.CGROUP}",
                      f"{place}\n\n{written.table(('FUSE', 'command', *INITS), *rows(found))}")


def rows(found):
    for scene in SCENES:
        for command in COMMANDS:
            yield (scene, f"`{command}`", *(cell(found[init, scene, command]) for init in INITS))


def cell(outcomes):
    if not all(outcome.returned for outcome in outcomes):
        return f"**hangs** (given up after {engine.HANG * waiting.SLOW:.0f} s)"
    data = {outcome.data for outcome in outcomes} - {None}
    return f"{statistics.median(outcome.seconds for outcome in outcomes):.2f} s" + "".join(f", {one}" for one in data)


def arrived(box):
    try:
        box.scratch.assert_written()
    except AssertionError:
        return "data **lost**"
    return "data complete"


def end_paused(boxes, docker, scene, command):
    """What the command does to a paused container, which is given 3 s."""
    box = boxes(docker, *docker.under("--init", SCENES[scene]))
    if docker.init == "fini" and box.watched.connections:
        box.watched.await_guardian()
    engine.check(docker.pause(box.name))
    ran = getattr(docker, COMMANDS[command])(box.name, seconds=engine.HANG)
    outcome = Outcome(ran.status is not None, ran.seconds, arrived(box) if scene == "dirty data" else None)
    if outcome.returned:
        engine.check(ran)
        box.watched.assert_gone()
    else:
        assert box.watched.processes(), "it hangs, and nothing is left of the container"
    box.watched.release()
    box.close()
    return outcome


@each_command
@each_scene
def test_fini(boxes, docker, table, scene, command):
    """It ends, with everything written: docker thaws what it is about to end."""
    outcomes = [end_paused(boxes, docker, scene, command) for _ in range(RUNS)]
    table["fini", scene, command] = outcomes
    assert all(outcome.returned for outcome in outcomes)
    assert {outcome.data for outcome in outcomes} <= {None, "data complete"}


@each_command
@each_scene
def test_tini(boxes, docker_tini, table, scene, command):
    """It ends as an unpaused one does: not at all if a server holds itself, and without the data."""
    runs = 1 if scene == "a server that holds itself" else RUNS
    outcomes = [end_paused(boxes, docker_tini, scene, command) for _ in range(runs)]
    table["tini", scene, command] = outcomes
    assert all(outcome.returned for outcome in outcomes) == (scene != "a server that holds itself")
