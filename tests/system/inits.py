"""The inits under test, and what is expected of them."""
import os
import signal

import pytest

import procfs
import waiting

# For scenes in which fini has to give somebody up: every grace short.
HURRY = ["--client-grace=300ms", "--client-kill=300ms", "--drain=300ms", "--server-grace=300ms",
         "--patience=0"]

PROMPT = 2  # seconds within which fini must have ended the container
KILLED = 4  # the same after a SIGKILL of PID 1: its guardian may take 2, and it is not alone on the machine
HANG = 3  # seconds after which a container that is still there counts as hanging

both_finis = pytest.mark.parametrize(
    "init", ["fini", pytest.param("fini-no-fdinfo", marks=pytest.mark.no_fdinfo)])


def end_within(container, seconds):
    """Its End; or says which it is: slow, as anything is on a machine that has too much to do, or it hangs."""
    end = container.wait_end(seconds)
    if end is None:
        stuck = container.stuck()
        late = container.wait_end(HANG)
        raise AssertionError(f"hangs: {stuck}" if late is None else
                             f"too slow: it ended after {late.seconds:.1f} s, and has {seconds} s")
    return end


def assert_ends(container, status=7, seconds=PROMPT):
    """Makes main exit: the container must end soon, with main's status, and nothing may be left of it."""
    end = end_within(container.finish(status), seconds)
    assert end.status == status
    container.assert_nothing_left()


def assert_killed(container, seconds=KILLED):
    """PID 1 has been SIGKILLed: the container must end soon, as one that was, and nothing may be left of it."""
    end = end_within(container, seconds)
    assert end.status == -signal.SIGKILL, f"{end}: {container.stderr()}"
    container.assert_nothing_left()
    return end


def assert_hangs(container):
    assert container.wait_end(HANG) is None, "it ended: this scene shows nothing"
    assert container.release(), "it ended without an abort: this was no hang"


def assert_killed_as_child(container, fini, **how):
    """`fini`, of container.argv(), runs under another init: its SIGKILL ends what runs under it, and nobody else."""
    os.rename(fini.pop(), container.path("inner"))
    container.start("tini", f"{' '.join(fini)} inner & wait $! || echo $? >ended\nclient hold ended\nfinish",
                    **how).wait_ready()
    [fini] = procfs.children(procfs.children(container.pid)[0])
    waiting.until(lambda: procfs.tracer(fini), PROMPT, "guarded")
    os.kill(fini, signal.SIGKILL)
    container.wait_ready(PROMPT)
    assert container.read("ended") == b"137\n"
    assert not container.named("ndrive") and not container.new_connections()
    assert_ends(container)
