"""Nothing written before main's exit is lost, however its writers end."""
import pytest

from inits import HURRY, assert_ends, both_finis

SIZE = 256 * 1024
RUNS = 200
EACH = 10  # runs in one test, so that they spread over the workers

# Three clients that never synced a byte: one goes at SIGTERM, one has to be killed, one wrote through a mapping.
DIRTY = f"""
nd a --writeback-cache
client write mnt/a/1 {SIZE}
client -i write mnt/a/2 {SIZE}
client map mnt/a/3 {SIZE}
exec 5>mnt/a/main; echo last words >&5
finish
"""


@pytest.mark.parametrize("tenth", range(RUNS // EACH))
def test_killed_clients_lose_nothing(containers, tenth):
    for _ in range(EACH):
        container = containers()
        container.start("fini", DIRTY, options=["--client-grace=20ms"]).wait_ready()
        assert_ends(container)
        container.assert_written("back/a/1", "back/a/2", "back/a/3", size=SIZE)
        assert container.read("back/a/main") == b"last words\n"


def test_a_short_grace_is_short_although_somebody_writes_in_it(container):
    """Who ignores SIGTERM is killed when it is over: patience is for servers that are seen to work a tick later, too."""
    container.start("fini", """
        nd a --writeback-cache
        client -i write mnt/a/idle 100
        sh -c 'trap "sleep 0.1; dd if=/dev/zero of=mnt/a/late bs=4k count=2000 status=none; exit" TERM
            echo armed >armed; while :; do sleep 0.01; done' &
        until test -s armed; do sleep 0.01; done
        finish""", options=["--client-grace=150ms"]).wait_ready()
    assert_ends(container, seconds=1)


# What a server does slowly it is given the time for, and what a client still does at SIGTERM is served.
SLOW = {
    "slow flush": "nd a --slow-flush 500; client write mnt/a/f {size}",
    "slow flush, one thread": "nd a -s --slow-flush 500; client write mnt/a/f {size}",
    "slow flush, writeback_cache": "nd a --writeback-cache --slow-flush 500; client write mnt/a/f {size}",
    "no FLUSH, writeback_cache": "nd a --writeback-cache --no-flush; client write mnt/a/f {size}",
    "server holds its own file too": "nd a --writeback-cache --hold own; client write mnt/a/f {size}",
    "through a mount detached": "nd a --writeback-cache; client write mnt/a/f {size}; guarded; umount -l mnt/a",
    "through a mount on a mount": """
        nd b --writeback-cache; ON=$S/mnt/b/inner; mkdir $ON; nd a; client write $ON/f {size}""",
    "to a mount backed by a mount": """
        nd b --writeback-cache
        ndrive --writeback-cache --log drives.log mnt/b mnt/c; client write mnt/c/f {size}""",
}


@pytest.mark.parametrize("scene", SLOW.values(), ids=SLOW.keys())
@both_finis
def test_everything_arrives(container, scene, init):
    container.start(init, scene.format(size=SIZE) + "\nfinish").wait_ready()
    assert_ends(container, seconds=4)
    where = "back/b/f" if "mnt/c" in scene else "back/a/f"
    container.assert_written(where, size=SIZE)
    assert container.stderr() == ""


@both_finis
def test_other_mounts_arrive_although_one_server_is_given_up(container, init):
    container.start(init, f"""
        nd a --never-read seed --read seed; nd b --writeback-cache; nd c --hold f
        client write mnt/b/f {SIZE}
        finish""", options=HURRY).wait_ready()
    assert_ends(container)
    container.assert_written("back/b/f", size=SIZE)
