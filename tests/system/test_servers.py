"""Servers and mounts in a bad way when main exits: the container ends all the same, at once, with main's status."""
import pytest

import waiting
from inits import HURRY, assert_ends, both_finis

IN_KERNEL = r"request_wait_answer|folio_wait"

# What is wrong when main exits. fini has to abort in some of them, so every grace is short.
SCENES = {
    "never answers, client in read()": "nd a --never-read seed; client read mnt/a/seed",
    "never answers, client in a page fault": "nd a --never-read seed; client fault mnt/a/seed",
    "stopped, client in read()": "nd a; client -s a.pid read mnt/a/seed",
    "stopped, client in a page fault": "nd a; client -s a.pid fault mnt/a/seed",
    "stopped, client with dirty data": "nd a --writeback-cache; client -s a.pid hold mnt/a/f",
    "stopped answering, client with an open file": "nd a --mute-at mute; client hold mnt/a/f; test ! -e mnt/a/mute",
    "mount namespace of its own": "BY='unshare -m' nd a",
    "mount namespace of its own, holds its own file": "BY='unshare -m' nd a --hold f",
    "mount detached but in use by a client": "nd a; client hold mnt/a/f; umount -l mnt/a",
    "mount detached but in use by its server": "nd a --hold f; umount -l mnt/a",
    "three mounts on one mount point": "nd a; ON=$S/mnt/a nd b; ON=$S/mnt/a nd c; client hold mnt/a/f",
    "three mounts on one mount point, each held": """
        nd a --hold f; ON=$S/mnt/a nd b --hold f; ON=$S/mnt/a nd c --hold f""",
    "one mount inside another": "nd a; mkdir mnt/a/inner; ON=$S/mnt/a/inner nd b; client hold mnt/a/inner/f",
    "bind mount of a mount": "nd a; mount --bind mnt/a mnt/b; client hold mnt/b/f",
    "killed, client with an open file": "nd a; client hold mnt/a/f; kill -KILL $(cat a.pid)",
    "killed while it held its own file": "nd a --hold f; kill -KILL $(cat a.pid)",
    "killed by a SIGTERM while it held its own file": "nd a --hold f --sigterm die; kill $(cat a.pid)",
    "ignores SIGTERM": "nd a --sigterm ignore; client hold mnt/a/f",
    "ignores SIGTERM and holds its own file": "nd a --sigterm ignore --hold f",
    "client ignores SIGTERM": "nd a; client -i hold mnt/a/f",
    "one thread only": "nd a -s; client hold mnt/a/f",
    "an empty FUSE mount nobody uses": "nd a",
    "server is main's foreground job": "mkfifo up; nd a -f >up & read -r up <up; client hold mnt/a/f",
}


@pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES.keys())
@both_finis
def test_ends(container, scene, init):
    container.start(init, scene + "\nfinish", options=HURRY).wait_ready()
    if "seed" in scene:
        waiting.until(lambda: container.threads_in(IN_KERNEL, "client"), 5, "stuck in the kernel")
    assert_ends(container)


@both_finis
def test_fuse_that_is_gone_before_main_exits(container, init):
    container.start(init, """
        nd a; p=$(cat a.pid); umount mnt/a; while kill -0 $p 2>/dev/null; do :; done
        finish""").wait_ready()
    assert not container.connections
    assert_ends(container)
    assert container.stderr() == ""


@both_finis
def test_says_nothing_on_a_good_day(container, init):
    container.start(init, "nd a; client write mnt/a/f 100000\nfinish").wait_ready()
    assert_ends(container)
    assert container.stderr() == ""


@both_finis
def test_clients_of_a_stuck_server_get_an_error(container, init):
    """While main runs: a server that died holding its own file would let every client hang."""
    container.start(init, """
        nd a --hold f; kill -KILL $(cat a.pid)
        if cat mnt/a/seed >/dev/null 2>seen; then echo served >seen; fi
        finish""", options=HURRY).wait_ready()
    assert b"not connected" in container.read("seen") or b"abort" in container.read("seen"), container.read("seen")
    assert_ends(container)


@both_finis
def test_mount_that_arrives_from_outside_is_foreign(container, init, foreign):
    """By propagation, while main runs, and used by a client inside."""
    late = foreign.container.path("mnt/late")
    container.start(init, f"ready; await_go; client write {late}/f 4096\nfinish",
                    launch=["--propagation", "slave"]).wait_ready()
    connection = foreign.serve("late")
    container.foreign.add(connection.id)
    container.go().wait_ready()
    assert_ends(container)
    assert connection.exists()
    foreign.container.assert_written("back/late/f", size=4096)
