"""A kernel filesystem on a file of a FUSE mount (mount -o loop): it is written back while its server still answers.

Under tini PID 1 has left its mount namespace when it kills the others, so the server can be the last one in it: then the
server itself unmounts, in its exit, and waits for its own answer. It hangs, most often; and what was written is lost.
"""
import os
import subprocess

import pytest

from inits import HANG, HURRY, assert_ends, assert_killed, both_finis

pytestmark = pytest.mark.skipif(not os.path.exists("/dev/loop-control"), reason="this kernel has no loop devices")

BYTES = b"kept\n" * 10000
MOUNT = """
mkfs.ext4 -q -F back/a/image 16M; mkdir disk
{options}
mount -o loop mnt/a/image disk
yes kept | head -n 10000 >disk/file
"""
HEALTHY = MOUNT.format(options="nd a --writeback-cache") + "finish"
# The question for "mute", which is not there, is the last one that the server answers.
MUTE = MOUNT.format(options="nd a --mute-at mute") + "stat mnt/a/mute || finish"


def stored(container, path="/file"):
    """What the next mount of the image would find: after its journal was replayed."""
    subprocess.run(["/usr/sbin/e2fsck", "-p", container.path("back/a/image")], capture_output=True, timeout=30)
    return subprocess.run(["/usr/sbin/debugfs", "-R", f"cat {path}", container.path("back/a/image")],
                          capture_output=True, check=True, timeout=30).stdout


def lies_on(container):
    return [line for line in container.stderr().splitlines() if "on an image" in line]


def test_control_loses_it(container):
    container.start("tini", HEALTHY).wait_ready()
    if container.finish().wait_end(HANG) is None:
        assert container.release()
    assert stored(container) != BYTES


@both_finis
def test_main_exits(container, init):
    container.start(init, HEALTHY, ["-v"]).wait_ready()
    assert_ends(container)
    assert stored(container) == BYTES
    assert len(lies_on(container)) == 1 and "ext4 on an image: done" in lies_on(container)[0]


def test_killed(container):
    container.start("fini", HEALTHY).wait_ready()
    container.guardian()
    assert_killed(container.kill())
    assert stored(container) == BYTES


def test_mounted_twice(container):
    """A directory of it is bound elsewhere: it is written back when both are gone."""
    container.start("fini", MOUNT.format(options="nd a --writeback-cache") + """
        mkdir disk/below bound; mount --bind disk/below bound
        finish""").wait_ready()
    assert_ends(container)
    assert stored(container) == BYTES


def test_another_filesystem_upon_it(container):
    """overlayfs keeps what it lies on, whoever unmounts that: it is written back all the same."""
    container.start("fini", MOUNT.format(options="nd a --writeback-cache") + """
        mkdir disk/upper disk/work lower over
        mount -t overlay -o lowerdir=lower,upperdir=disk/upper,workdir=disk/work over over
        yes kept | head -n 10000 >over/file
        finish""").wait_ready()
    assert_ends(container)
    assert stored(container, "/upper/file") == BYTES


def test_one_that_is_busy_does_not_keep_the_others(container):
    container.start("fini", MOUNT.format(options="nd a --writeback-cache") + """
        mkfs.ext4 -q -F back/a/second 16M; mkdir other
        mount -o loop mnt/a/second other; mkdir other/below; mount -t tmpfs below other/below
        finish""").wait_ready()
    assert_ends(container)
    assert stored(container) == BYTES
    [line] = lies_on(container)
    assert line.endswith("/other, ext4 on an image: busy")


def test_server_that_does_not_answer(container):
    """Our child that unmounts waits for it, and says nothing: it is released by the abort."""
    container.start("fini", MUTE, HURRY).wait_ready()
    assert_ends(container, seconds=4)
    assert "aborted connection" in container.stderr() and lies_on(container) == [], container.stderr()


def test_image_of_somebody_else_is_left_alone(container):
    """It is no file of a mount of ours, whatever is mounted after one."""
    container.start("fini", """
        mkfs.ext4 -q -F image 16M; mkdir disk
        nd a --writeback-cache
        mount -o loop image disk
        finish""", ["-v"]).wait_ready()
    assert_ends(container)
    assert lies_on(container) == []
