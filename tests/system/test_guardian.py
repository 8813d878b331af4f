"""The guardian killed, stopped or short of time. PID 1 is then SIGKILLed, and the container must end."""
import contextlib
import os
import random
import signal
import threading

import pytest

import measured
import procfs
import waiting
from hangs import HOLDER, both_loads
from inits import PROMPT, assert_killed, both_finis

RUNS = 10
AWAKE = 3  # seconds within which a guardian that was stopped has continued itself and done its work


# Killed


def another(container, guardian):
    """The pid of the guardian that PID 1 starts when it has lost one."""
    return waiting.until(lambda: container.guardian() != guardian and container.guardian(), PROMPT, "replaced")


@both_loads
def test_killed_first(guarded, load):
    for _ in range(measured.runs(RUNS)):
        container, guardian = guarded(load)
        os.kill(guardian, signal.SIGKILL)
        another(container, guardian)
        assert_killed(container.kill())
        container.close()


def test_killed_many_times(guarded):
    container, guardian = guarded(HOLDER)
    for _ in range(50):
        os.kill(guardian, signal.SIGKILL)
        guardian = another(container, guardian)
    assert_killed(container.kill())


@both_loads
def test_everybody_inside_killed_first(guarded, load):
    """kill -9 -1 by root inside takes the guardian too, and main: PID 1 is killed in the teardown that follows."""
    for _ in range(measured.runs(RUNS)):
        container, guardian = guarded(load)
        container.run_inside("kill -9 -1", check=False)  # it is a client too: the teardown ends it
        waiting.until(lambda: container.wait_end(0) or procfs.tracer(container.pid) not in (0, guardian), PROMPT,
                      "in its teardown, with another guardian, or at its end")
        end = container.wait_end(random.uniform(0, 0.02))
        if end is None:
            with contextlib.suppress(ProcessLookupError):  # it may have ended by now
                container.kill()
            end = container.wait_end(PROMPT)
        assert end is not None, f"hangs: {container.stuck()}"
        assert end.status in (137, -9)
        container.assert_nothing_left()
        container.close()


# Stopped


@pytest.mark.parametrize("pause", [0, 0.1])
@both_loads
def test_init_stopped_first(guarded, load, pause):
    for _ in range(measured.runs(RUNS)):
        container, _ = guarded(load)
        container.kill(signal.SIGSTOP)
        waiting.moment(pause)
        assert_killed(container.kill())
        container.close()


@both_loads
def test_init_stopped_and_continued(guarded, load):
    """Somebody's job control does not lose the guardian its hold."""
    container, _ = guarded(load)
    for _ in range(20):
        container.kill(signal.SIGSTOP).kill(signal.SIGCONT)
    assert_killed(container.kill())


@pytest.mark.parametrize("pause", [0, 0.1])
@both_loads
def test_stopped_first(guarded, load, pause):
    """PID 1 continues it, or it continues itself by a timer, once a second."""
    for _ in range(measured.runs(RUNS)):
        container, guardian = guarded(load)
        os.kill(guardian, signal.SIGSTOP)
        waiting.moment(pause)
        assert_killed(container.kill(), seconds=AWAKE)
        container.close()


@both_loads
def test_stopped_in_a_loop(guarded, load):
    """As fast as one process can, until PID 1 has got its SIGKILL."""
    for _ in range(measured.runs(RUNS)):
        container, guardian = guarded(load)
        enough = threading.Event()

        def stop():
            with contextlib.suppress(ProcessLookupError):  # the guardian ends before the kill() below returns
                while not enough.is_set():
                    os.kill(guardian, signal.SIGSTOP)

        stopper = threading.Thread(target=stop)
        stopper.start()
        waiting.moment(0.1)
        container.kill()
        enough.set()
        stopper.join()
        assert_killed(container, seconds=AWAKE)
        container.close()


@both_loads
def test_stopped_in_the_window(guarded, load):
    """Stopped after PID 1's SIGKILL, while it works."""
    for _ in range(measured.runs(RUNS)):
        container, guardian = guarded(load)
        container.kill()
        waiting.moment(random.uniform(0, 0.02))
        try:
            os.kill(guardian, signal.SIGSTOP)
        except ProcessLookupError:
            pass
        assert_killed(container, seconds=AWAKE)
        container.close()


# Short of time


@pytest.mark.parametrize("budget", [0.3, 1])
@both_finis
def test_budget(container, init, budget):
    """A server that takes a minute for every FLUSH is not waited for longer than --kill-budget says."""
    container.start(init, "nd a --slow-flush 60000 --hold own; client hold mnt/a/f\nfinish",
                    options=[f"--kill-budget={budget}s"]).wait_ready().guardian()
    assert_killed(container.kill(), seconds=budget + 1)


@both_finis
def test_many_servers(containers, init):
    drives = [f"d{n}" for n in range(20)]
    container = containers(drives=drives)
    held = "\n".join(f"nd {drive} --hold f" for drive in drives)
    container.start(init, held + "\nfinish").wait_ready().guardian()
    assert len(container.connections) == len(drives)
    assert_killed(container.kill(), seconds=PROMPT + 1)


def test_from_the_first_moment(containers):
    """SIGKILL as soon as the server says that it is mounted, guarded or not: how often it is."""
    for _ in range(measured.runs(50)):
        container = containers()
        container.start("fini", HOLDER + "\nfinish").wait_ready()
        ended = container.kill().wait_end(PROMPT)
        measured.share("SIGKILL as soon as the server was up was covered", ended)
        container.close()
