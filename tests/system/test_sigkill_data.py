"""What was written before a SIGKILL of PID 1: under fini it reaches the backing store, cached or not."""
import random

import pytest

import known
import measured
import waiting
from inits import assert_killed

SIZE = 1024 * 1024
RUNS = {"fini": 50, "fini-no-fdinfo": 5, "tini": 10, "dumb-init": 10, "catatonit": 10}
HANGS = 0.5  # seconds; nothing arrives any more in a container that still is there

inits = pytest.mark.parametrize("init", [
    pytest.param(init, marks=[pytest.mark.no_fdinfo] if init == "fini-no-fdinfo" else []) for init in RUNS])

SCENES = {
    "a writer, nothing cached": f"nd a; client write mnt/a/f {SIZE}",
    "a writer with its file open": f"nd a --writeback-cache; client write mnt/a/f {SIZE}",
    "a writer through a mapping": f"nd a --writeback-cache; client map mnt/a/f {SIZE}",
    "a writer and a slow server": f"nd a --writeback-cache --slow-flush 50; client write mnt/a/f {SIZE}",
    "a writer, and a server that holds its own file": f"nd a --writeback-cache --hold own; client write mnt/a/f {SIZE}",
}


def arrived(container):
    try:
        container.assert_written("back/a/f", size=SIZE)
    except AssertionError:
        return False
    return True


def kill(container, init, moment=0):
    """SIGKILL to PID 1 after so many seconds, and the end: by itself under fini, by force where it hangs."""
    if init.startswith("fini"):
        container.guardian()
    waiting.moment(moment)
    container.kill()
    if init.startswith("fini"):
        assert_killed(container)
    elif container.wait_end(HANGS) is None:
        container.release()


@pytest.mark.parametrize("scene", SCENES)
@inits
def test_arrives(containers, scene, init):
    for _ in range(measured.runs(RUNS[init])):
        container = containers()
        container.start(init, SCENES[scene] + "\nfinish").wait_ready()
        kill(container, init)
        if init.startswith("fini"):
            container.assert_written("back/a/f", size=SIZE)
        measured.share(f"all that {scene} had written before the SIGKILL arrived: {init}", arrived(container))
        container.close()


def streamed(container):
    """How many bytes of the stream arrived, all of them right, and how many the writer had written."""
    written = container.read("back/a/f")
    assert written == known.data(len(written)), "wrong bytes"
    return len(written), int.from_bytes(container.read("progress"), "little")


@inits
def test_what_is_being_written(containers, init):
    """Every write(2) that had returned when the SIGKILL came, of a writer that never stops."""
    for _ in range(measured.runs(RUNS[init])):
        container = containers()
        container.start(init, "nd a --writeback-cache; client -p progress stream mnt/a/f\nfinish").wait_ready()
        kill(container, init, random.uniform(0, 0.05))
        arrived, wanted = streamed(container)
        assert wanted > 0 and (arrived >= wanted or not init.startswith("fini")), f"{arrived} of {wanted} bytes"
        measured.share(f"all that a writer that never stops had written before the SIGKILL arrived: {init}",
                       arrived >= wanted)
        container.close()
