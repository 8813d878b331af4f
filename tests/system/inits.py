"""The inits under test, and what is expected of them."""
import signal

import pytest

# For scenes in which fini has to give somebody up: every grace short.
HURRY = ["--client-grace=300ms", "--client-kill=300ms", "--drain=300ms", "--server-grace=300ms",
         "--patience=0"]

PROMPT = 2  # seconds within which fini must have ended the container
HANG = 3  # seconds after which a container that is still there counts as hanging

both_finis = pytest.mark.parametrize(
    "init", ["fini", pytest.param("fini-no-fdinfo", marks=pytest.mark.no_fdinfo)])


def assert_ends(container, status=7, seconds=PROMPT):
    """Makes main exit: the container must end soon, with main's status, and nothing may be left of it."""
    end = container.finish(status).wait_end(seconds)
    assert end is not None, f"hangs: {container.stuck()}"
    assert end.status == status
    container.assert_nothing_left()


def assert_killed(container, seconds=PROMPT):
    """PID 1 has been SIGKILLed: the container must end soon, as one that was, and nothing may be left of it."""
    end = container.wait_end(seconds)
    assert end is not None, f"hangs: {container.stuck()}"
    assert end.status == -signal.SIGKILL, f"{end}: {container.stderr()}"
    container.assert_nothing_left()
    return end


def assert_hangs(container):
    assert container.wait_end(HANG) is None, "it ended: this scene shows nothing"
    assert container.release(), "it ended without an abort: this was no hang"
