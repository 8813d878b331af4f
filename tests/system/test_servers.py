"""Servers and mounts in a bad way when main exits: the container ends all the same, at once, with main's status."""
import os
import signal

import pytest

import waiting
from container import SEED
from inits import HURRY, PROMPT, assert_ends, assert_killed, both_finis

IN_KERNEL = r"request_wait_answer|folio_wait"

# What is wrong when main exits, and what fini's defaults put an end to at once.
SCENES = {
    "stopped, client in read()": "nd a; client -s a.pid read mnt/a/seed",
    "stopped, client in a page fault": "nd a; client -s a.pid fault mnt/a/seed",
    "stopped, client with dirty data": "nd a --writeback-cache; client -s a.pid hold mnt/a/f",
    "mount namespace of its own": "BY='unshare -m' nd a",
    "mount namespace of its own, holds its own file": "BY='unshare -m' nd a --hold f",
    "user namespace of its own, holds its own file": "BY='unshare -Urm' nd a --hold f",
    "mount detached but in use by a client": "nd a; client hold mnt/a/f; guarded; umount -l mnt/a",
    "mount detached but in use by its server": "nd a --hold f; guarded; umount -l mnt/a",
    "three mounts on one mount point": "nd a; ON=$S/mnt/a nd b; ON=$S/mnt/a nd c; client hold mnt/a/f",
    "three mounts on one mount point, each held": """
        nd a --hold f; ON=$S/mnt/a nd b --hold f; ON=$S/mnt/a nd c --hold f""",
    "one mount inside another": "nd a; mkdir mnt/a/inner; ON=$S/mnt/a/inner nd b; client hold mnt/a/inner/f",
    "bind mount of a mount": "nd a; mount --bind mnt/a mnt/b; client hold mnt/b/f",
    "killed, client with an open file": "nd a; client hold mnt/a/f; guarded; kill -KILL $(cat a.pid)",
    "killed while it held its own file": "nd a --hold f; guarded; kill -KILL $(cat a.pid)",
    "killed by a SIGTERM while it held its own file": "nd a --hold f --sigterm die; guarded; kill $(cat a.pid)",
    "ignores SIGTERM": "nd a --sigterm ignore; client hold mnt/a/f",
    "one thread only": "nd a -s; client hold mnt/a/f",
    "an empty FUSE mount nobody uses": "nd a",
    "server is main's foreground job": "mkfifo up; nd a -f >up & read -r up <up; client hold mnt/a/f",
}

# Somebody has to be given up: how long that takes is what the graces say.
GIVEN_UP = {
    "never answers, client in read()": "nd a --never-read seed; client read mnt/a/seed",
    "never answers, client in a page fault": "nd a --never-read seed; client fault mnt/a/seed",
    "stopped answering, client with an open file": "nd a --mute-at mute; client hold mnt/a/f; test ! -e mnt/a/mute",
    "ignores SIGTERM and holds its own file": "nd a --sigterm ignore --hold f",
    "client ignores SIGTERM": "nd a; client -i hold mnt/a/f",
    "PID namespace of its own, whose maker ignores SIGTERM": """
        mkfifo up; BY='unshare -pf' nd a -f --hold f >up & read -r up <up""",
}
given_up = pytest.mark.parametrize("scene", GIVEN_UP.values(), ids=GIVEN_UP.keys())


def await_stuck(container, scene):
    """A client that reads is stuck in the kernel only a moment after it said that it would read."""
    if "seed" in scene:
        waiting.until(lambda: container.threads_in(IN_KERNEL, "client"), 5, "stuck in the kernel")


@pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES.keys())
@both_finis
def test_ends(container, scene, init):
    container.start(init, scene + "\nfinish").wait_ready()
    await_stuck(container, scene)
    assert_ends(container)


@pytest.mark.parametrize("scene", [*SCENES.values(), *GIVEN_UP.values()], ids=[*SCENES, *GIVEN_UP])
@both_finis
def test_sigkill(container, scene, init):
    """Of PID 1, from outside: the guardian has two seconds for everybody, and needs them where it gives somebody up."""
    # No event tells init of a mount that it cannot see itself.
    options = ["--guard=always"] if "unshare" in scene else []
    container.start(init, scene + "\nfinish", options=options).wait_ready().guardian()
    await_stuck(container, scene)
    assert_killed(container.kill(), seconds=PROMPT + 1 if scene in GIVEN_UP.values() else PROMPT)


@given_up
@both_finis
def test_gives_up(container, scene, init):
    container.start(init, scene + "\nfinish", options=HURRY).wait_ready()
    await_stuck(container, scene)
    assert_ends(container)


@given_up
def test_gives_up_with_the_defaults(container, scene):
    """Before docker stop's ten seconds are over."""
    container.start("fini", scene + "\nfinish").wait_ready()
    await_stuck(container, scene)
    assert_ends(container, seconds=10)


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
def test_server_in_mains_group(container, init):
    """With -g: the client is told to stop, the server, which main still needs, is not."""
    container.start(init, """
        mkfifo up; nd a -f >up & read -r up <up
        client -f hold mnt/a/f & c=$!
        until [ -e mnt/a/f ]; do :; done
        trap 'wait $c || cat mnt/a/seed >seen; exit 7' TERM
        ready; wait""", options=["-g"]).wait_ready().guardian()
    end = container.kill(signal.SIGTERM).wait_end(PROMPT)
    assert end is not None and end.status == 7
    assert container.read("seen") == SEED
    assert "a SIGTERM" not in container.log()


@both_finis
def test_clients_of_a_stuck_server_get_an_error(container, init):
    """While main runs: a server that died holding its own file would let every client hang."""
    container.start(init, """
        nd a --hold f; kill -KILL $(cat a.pid)
        if cat mnt/a/seed >/dev/null 2>seen; then echo served >seen; fi
        finish""", options=HURRY).wait_ready()
    assert b"not connected" in container.read("seen") or b"abort" in container.read("seen"), container.read("seen")
    assert_ends(container)


def test_mount_that_came_and_went_while_init_could_not_look(container):
    """What is still in use has a server, which fdinfo names; before Linux 6.16 it is not found."""
    container.start("fini", "ready; await_go\nnd a --hold f; umount -l mnt/a\nfinish").wait_ready()
    os.kill(container.pid, signal.SIGSTOP)
    container.go().wait_ready()
    os.kill(container.pid, signal.SIGCONT)
    assert_ends(container)
