"""podman pause, then kill, stop or rm -f, then podman unpause, and podman rm -f if that was refused.

What each does goes into a table in docs/rights.md.
"""
import collections

import pytest

import engine
import podman as tests_podman
import scenes
import waiting
import written

pytest_plugins = ["podman_fixtures"]

SCENES = {"none": scenes.NOTHING, "dirty data": scenes.DIRTY, "a server that holds itself": scenes.SEED}
COMMANDS = {
    "podman kill": lambda podman, name, **how: podman.kill(name, **how),
    "podman stop -t 1": lambda podman, name, **how: podman.stop(name, **how),
    "podman rm -f": lambda podman, name, **how: podman.remove(name, **how),
    "crun kill": lambda podman, name, **how: podman.crun("kill", podman.id(name), "KILL", **how),
}
each_command = pytest.mark.parametrize("command", COMMANDS)
each_scene = pytest.mark.parametrize("scene", SCENES)

REFUSED, ENDS, ENDS_UNPAUSED, HANGS = "refused", "ends", "ends when unpaused", "**hangs**"
REMOVED = "fails; ends by `podman rm -f`"
OWN = 8  # seconds that a command has: podman gives up after five
Outcome = collections.namedtuple("Outcome", "what data")


@pytest.fixture(scope="module")
def table(rootful):
    """Outcomes by (init, scene, command); written down if all are there."""
    found = {}
    place = engine.check(rootful("info", "--format", "podman {{.Version.Version}}, {{.Host.OCIRuntime.Name}}, cgroup "
                                 "{{.Host.CgroupsVersion}}, Linux {{.Host.Kernel}}"))
    yield found
    if len(found) == 2 * len(SCENES) * len(COMMANDS):
        rows = [(scene, f"`{command}`", *(cell(found[init, scene, command]) for init in ("catatonit", "fini")))
                for scene in SCENES for command in COMMANDS]
        written.write("rights.md", f"paused with cgroup {engine.CGROUP}", f"{place.partition('-')[0]}:\n\n" +
                      written.table(("FUSE", "command", "catatonit", "fini"), *rows))


def cell(outcome):
    return ", ".join(filter(None, outcome))


def arrived(box):
    try:
        box.scratch.assert_written()
    except AssertionError:
        return "data **lost**"
    return "data complete"


def gone(box, seconds=2):
    try:
        waiting.until(lambda: not box.watched.processes(), seconds, "gone")
    except waiting.Late:
        return False
    return True


def end_paused(box, podman, command):
    """What the command does to the paused container, and if that does not end it, podman unpause and podman rm -f."""
    engine.check(podman.pause(box.name))
    ran = COMMANDS[command](podman, box.name, seconds=OWN)
    if gone(box, 1):
        engine.check(ran)
        return ENDS
    podman.unpause(box.name, seconds=OWN)
    if gone(box):
        return ENDS_UNPAUSED
    if ran.status and "paused" in ran.err and not box.watched.stuck():
        return REFUSED
    podman.remove(box.name, seconds=OWN)
    if gone(box):
        return REMOVED
    assert box.watched.stuck()
    return HANGS


def expected(scene, command):
    """Of fini. What podman does not thaw cannot be torn down; after five seconds it has everybody killed at once."""
    if command == "podman stop -t 1":
        return REFUSED
    if command == "podman rm -f" and not engine.V2_ALONE:  # it thaws
        return ENDS
    if scene == "none" and engine.V2_ALONE:  # there, who is frozen can be killed, if nobody traces it
        return ENDS
    if command == "crun kill":
        return ENDS_UNPAUSED
    return HANGS if scene == "a server that holds itself" else REMOVED


@each_command
@each_scene
def test_fini(boxes, rootful, table, scene, command):
    """Where it can act it never hangs, and what ends it is not at the cost of data."""
    box = boxes(rootful, f"{tests_podman.IMAGE}:fini", SCENES[scene])
    if scene != "none":
        box.watched.await_guardian()
    what = end_paused(box, rootful, command)
    outcome = Outcome(what, arrived(box) if scene == "dirty data" and what != REFUSED else None)
    table["fini", scene, command] = outcome
    assert what == expected(scene, command)
    assert what == REMOVED or outcome.data in (None, "data complete")
    box.watched.release()


@each_command
@each_scene
def test_catatonit(boxes, rootful, table, scene, command):
    """podman's own init. With a server that holds itself nothing ends it."""
    box = boxes(rootful, tests_podman.IMAGE, SCENES[scene], "--init")
    what = end_paused(box, rootful, command)
    table["catatonit", scene, command] = Outcome(
        what, arrived(box) if scene == "dirty data" and what != REFUSED else None)
    if scene == "a server that holds itself":
        assert what in (REFUSED, HANGS)
    else:
        assert what != HANGS
    box.watched.release()
