"""What comes while the teardown runs: what a handler of SIGTERM starts or mounts, and a server that is started again."""
import os

import pytest

from inits import assert_ends, assert_hangs, assert_killed, both_finis

# A client that does something at its SIGTERM, in the place of {at_end}.
CLIENT = """
nd a
cat >saver <<'END'
trap '{at_end}; exit' TERM
echo >in_place
while :; do sleep 1000 & wait $!; done
END
mkfifo in_place
"""

# It saves by a program of its own, as a shell's trap does; among others that are told at the same time.
SAVER = CLIENT.format(at_end="cp mnt/a/seed mnt/a/last") + """
sh saver & read -r _ <in_place
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25; do sleep 1000 & done
finish"""

# It mounts what it saves to, and the server holds a file of that mount.
MOUNTS = """ndrive --log drives.log --name b {options} back/b mnt/b; echo last words >mnt/b/last"""

# Its server is started again whenever it ends, and holds a file of its own each time.
AGAIN = """
cat >again <<'END'
trap '' TERM
while :; do
    umount -l mnt/a 2>/dev/null
    ndrive -f --name a --hold $PWD/mnt/a/f back/a mnt/a >again.log
done
END
sh again & until mountpoint -q mnt/a && [ -e mnt/a/f ]; do sleep 0.01; done
finish"""


def last(container, name):
    path = container.path(name)
    return container.read(name) if os.path.exists(path) else None


@pytest.mark.parametrize("run", range(4))
@both_finis
def test_who_is_forked_by_a_handler_saves(container, init, run):
    container.start(init, SAVER).wait_ready()
    assert_ends(container)
    assert last(container, "back/a/last") == container.read("back/a/seed")


@both_finis
def test_what_a_handler_waits_for_has_as_much_time(container, init):
    """A program that saves for longer than those that are told later have."""
    at_end = 'sh -c "sleep 1.7; cp mnt/a/seed mnt/a/last"'
    container.start(init, CLIENT.format(at_end=at_end) + "sh saver & read -r _ <in_place\nfinish").wait_ready()
    assert_ends(container, seconds=4)
    assert last(container, "back/a/last") == container.read("back/a/seed")


@pytest.mark.parametrize("options", ["", "--hold f", "--hold-threads 3 --hold f"], ids=["", "held", "held by threads"])
@both_finis
def test_what_a_handler_mounts(container, init, options):
    scene = CLIENT.format(at_end=MOUNTS.format(options=options)) + "sh saver & read -r _ <in_place\nfinish"
    container.start(init, scene).wait_ready()
    assert_ends(container, seconds=9)
    assert last(container, "back/b/last") == b"last words\n"


@both_finis
def test_server_that_is_started_again_and_again(container, init):
    container.start(init, AGAIN).wait_ready()
    assert_ends(container, seconds=9)


def test_server_that_is_started_again_and_again_at_a_sigkill(container):
    container.start("fini", AGAIN).wait_ready()
    container.guardian()
    assert_killed(container.kill())


def test_control_hangs(container):
    container.start("tini", AGAIN).wait_ready().finish()
    assert_hangs(container)


# What an application says at its end goes through another program, which ends when it has read that.
PIPED = CLIENT.format(at_end="sleep 1.3; echo last words") + "{{ sh saver | {0} >mnt/a/log; }} & read -r _ <in_place\nfinish"
READS = ["cat", "/usr/bin/python3 -c 'import sys; sys.stdout.write(sys.stdin.read())'", "tee copy"]


@pytest.mark.parametrize("reads", READS, ids=["cat", "python", "tee"])
@both_finis
def test_who_reads_what_a_client_writes(container, init, reads):
    container.start(init, PIPED.format(reads)).wait_ready()
    assert_ends(container, seconds=4)
    assert last(container, "back/a/log") == b"last words\n"


# It ignores the end of what it reads.
STAYS = """
nd a
sleep 1000 | { cat; exec sleep 1000; } &
finish"""


def test_who_reads_from_a_pipe_is_told_later(container):
    container.start("fini", STAYS, ["-v"]).wait_ready()
    assert_ends(container, seconds=3)
    assert "SIGKILL to" not in container.stderr(), container.stderr()


# Mounted where our own mounts do not show it, and held by its server.
ELSEWHERE = {
    "another mount namespace": "unshare -m rawfuse --log drives.log --name b --hold f mnt/b",
    "nowhere": "rawfuse --log drives.log --name b --nowhere --hold f mnt/b",
}


@pytest.mark.parametrize("mounts", ELSEWHERE.values(), ids=ELSEWHERE.keys())
def test_what_a_handler_mounts_elsewhere(container, mounts):
    container.start("fini", CLIENT.format(at_end=mounts) + "sh saver & read -r _ <in_place\nfinish").wait_ready()
    assert_ends(container, seconds=9)
