"""SIGKILL of PID 1 from outside, as docker kill, docker rm -f and the end of a stop timeout do it.

Any other init hangs in these scenes for ever. Under fini its guardian ends the container first.
"""
import os
import random
import re
import signal
import time

import pytest

import measured
import procfs
import waiting
from hangs import HOLDER, SCENES, hang_scenes
from inits import HANG, HURRY, KILLED, PROMPT, assert_ends, assert_killed, assert_killed_as_child, both_finis

RUNS = 50
OTHER_RUNS = 5
SLOW = ("own thread", "helper")  # in these the guardian has to wait for somebody: several side by side
AT_ONCE = 5
MOMENTS = 20  # of each of the ten scenes


def kill_if_there(container):
    try:
        container.kill()
    except ProcessLookupError:
        pass


@hang_scenes
def test_control_hangs(container, scene):
    container.start("tini", scene + "\nfinish").wait_ready()
    assert container.kill().wait_end(HANG) is None, "the control ended: this scene shows nothing"
    stuck = container.stuck()
    assert re.search(r"request_wait_answer|folio_wait", "".join(thread.wchan + thread.stack for thread in stuck)), stuck
    assert container.release(), "it ended without an abort: this was no hang"


@hang_scenes
@pytest.mark.parametrize("init,runs", [
    ("fini", RUNS), pytest.param("fini-no-fdinfo", OTHER_RUNS, marks=pytest.mark.no_fdinfo)],
    ids=["fini", "fini-no-fdinfo"])
def test_ends(containers, scene, init, runs):
    [name] = [name for name in SCENES if SCENES[name] == scene]
    at_once = AT_ONCE if name.startswith(SLOW) else 1
    for _ in range(0, measured.runs(runs), at_once):
        batch = [containers().start(init, scene + "\nfinish") for _ in range(at_once)]
        for container in batch:
            container.wait_ready().guardian()
        for container in batch:
            container.kill()
        for container in batch:
            measured.seconds(f"SIGKILL of PID 1 to the end: {name}", assert_killed(container).seconds)
            container.close()


@hang_scenes
def test_in_the_middle_of_a_teardown(containers, scene):
    """At random moments: the guardian goes on where PID 1 had come to."""
    hits, longest = 0, 0.5
    while hits < measured.runs(MOMENTS):
        container = containers()
        container.start("fini", scene + "\nclient hold mnt/a/g\nfinish", options=HURRY).wait_ready()
        container.guardian()
        end = container.finish(7).wait_end(random.uniform(0, longest))
        if end is not None:
            longest = min(longest, end.seconds)  # the teardown was over by then: earlier, next time
        else:
            kill_if_there(container)
            end = container.wait_end(KILLED)
            hits += end is None or end.status == -signal.SIGKILL
        assert end is not None, f"hangs: {container.stuck()}"
        assert end.status in (7, -signal.SIGKILL)
        container.assert_nothing_left()
        container.close()


@pytest.mark.parametrize("pause", [0, 0.0002, 0.001, 0.003, 0.010, 0.030])
def test_twice(containers, pause):
    for _ in range(measured.runs(10)):
        container = containers()
        container.start("fini", HOLDER + "\nfinish").wait_ready()
        container.guardian()
        container.kill()
        waiting.moment(pause)
        kill_if_there(container)
        assert_killed(container)
        container.close()


STORMS = 500
STORM_SECONDS = 15  # for RUNS of them, on a slow machine fewer

# Orphans by the thousand, each of them a SIGCHLD for PID 1.
STORM = "for n in 1 2 3; do sh -c 'while :; do (: &) & : & wait; done' & done"


@pytest.mark.parametrize("part", range(STORMS // RUNS))
def test_in_a_storm_of_children(containers, part):
    started = time.monotonic()
    for _ in range(measured.runs(RUNS)):
        if time.monotonic() - started > STORM_SECONDS:
            break
        container = containers()
        container.start("fini", f"{HOLDER}; {STORM}\nfinish").wait_ready()
        container.guardian()
        waiting.moment(random.uniform(0, 0.01))
        measured.seconds("SIGKILL of PID 1 to the end: in a storm of children", assert_killed(container.kill()).seconds)
        container.close()


@both_finis
def test_without_privileges(container, as_nobody, init):
    """An ordinary user's container: nothing can be aborted, but clients and servers are killed in the right order."""
    container.start(init, "nd a; client write mnt/a/f 100000; client hold mnt/a/g\nfinish",
                    launch=as_nobody).wait_ready()
    container.guardian()
    assert_killed(container.kill())
    container.assert_written("back/a/f", size=100000)


def test_as_somebody_elses_child(container):
    """fini as a child of another init: its SIGKILL ends what runs under it, and only that."""
    assert_killed_as_child(container, container.argv("fini", "nd a --hold f\nfinish"))


def test_guardian_leaves_foreign_servers_alone(container, foreign):
    """A client hangs on one: PID 1 is let go into its exit all the same, and the connection is not touched."""
    connection = foreign.serve("late", "--mute-at mute")
    container.start("fini", f"nd a --hold f; client hold {foreign.container.path('mnt/late')}/f\nfinish").wait_ready()
    container.guardian()
    foreign.container.run_inside("test ! -e mnt/late/mute")
    try:
        container.kill()
        waiting.until(lambda: "zap_pid_ns_processes" in procfs.stack(container.pid, container.pid), 4, "exiting")
        assert connection.exists() and connection.waiting() > 0, "the foreign connection was aborted"
    finally:
        connection.abort()
    assert_killed(container)
