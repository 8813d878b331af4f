"""Every hang scene is released, each by itself, and healthy containers beside it notice nothing.

TEST_RELEASES=20 makes each scene so often.
"""
import os
import time

import pytest

import measured
from container import Container, scratch
from doctors import SOON, assert_named, found, released
from freezer import Freezer, available
from hangs import hang_scenes
from healthy import Writer
from inits import HANG

RELEASES = int(os.environ.get("TEST_RELEASES", "2"))


@pytest.fixture
def group():
    """A cgroup of v2; None if there is none here. Asked for before any container, so that it is closed after all of them."""
    group = Freezer(2) if available(2) else None
    yield group
    if group:
        group.close()


@pytest.fixture
def healthy(group, containers, keeper, foreign):
    """Three writers. The first also writes to the foreign mount, which the stuck containers see and write to as well."""
    private = [Container(scratch(), keeper) for _ in range(2)]
    try:
        yield [Writer(containers(), "mnt/a/steady", f"{foreign.mount}/inside-healthy"),
               *(Writer(container, "mnt/a/steady") for container in private)]
    finally:
        for container in private:
            container.close()


def exits(batch, group):
    for container in batch:
        container.finish(7)


def is_killed_at_once(batch, group):
    """By cgroup.kill; memory.oom.group does the same. First the guardians, which could still act if they were not."""
    if not group or not group.can_kill():
        pytest.skip("no cgroup.kill (Linux 5.14)")
    group.take(*(container.guardian() for container in batch))
    for container in batch:
        group.take(*container.processes())
    group.kill()


each_end = pytest.mark.parametrize("init, end", [("tini", exits), ("fini", is_killed_at_once)],
                                   ids=["under tini", "under fini, by cgroup.kill"])


@pytest.fixture
def hanging(containers, group):
    """Makes so many containers that hang.

    Who are killed at once are killed one after the other all the same, and sometimes (4 of 340) the one with a helper
    ends by itself: it is made again.
    """
    def make(init, scene, end, count):
        made = []
        for _ in range(3):
            batch = [containers().start(init, scene + "\nfinish") for _ in range(count - len(made))]
            for container in batch:
                container.wait_ready()
            end(batch, group)
            deadline = time.monotonic() + HANG
            for container in batch:
                hangs = container.wait_end(max(0, deadline - time.monotonic())) is None
                measured.share(f"it hangs, {init}", hangs)
                made += [container] if hangs else []
            if len(made) == count:
                return made
        raise AssertionError(f"{len(made)} of {count} hang: this scene shows nothing")
    return make


@each_end
@hang_scenes
def test_releases(hanging, healthy, foreign, scene, init, end):
    batch = hanging(init, scene, end, RELEASES)
    for i, container in enumerate(batch):
        assert_named(container, found(container))
        before = [writer.written() for writer in healthy]
        seconds = released(container)
        measured.share(f"fini-doctor has released it, {init}", seconds is not None and seconds <= SOON)
        assert seconds is not None and seconds <= SOON, seconds
        measured.seconds(f"from fini-doctor's abort to the end, {init}", seconds)
        for writer, since in zip(healthy, before):
            writer.assert_writes_on(since)
        assert all(other.wait_end(0) is None for other in batch[i + 1:]), "another one was released"
        container.close()
    healthy[0].assert_no_error(healthy[0].container.path("back/a/steady"),
                               foreign.container.path("back/a/inside-healthy"))
    for writer in healthy[1:]:
        writer.assert_no_error(writer.container.path("back/a/steady"))
