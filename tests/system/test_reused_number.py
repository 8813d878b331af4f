"""A connection's number is free once it has ended, and somebody else's soon; who served it may hold /dev/fuse still.

fdinfo goes on to tell that number of a /dev/fuse whose connection is no more. Here one process serves many drives, and
all but one are unmounted while main runs.
"""
import pytest

import procfs
import waiting
from inits import HURRY, assert_ends, assert_hangs, both_finis
from test_seen import share

FREED = 20  # drives: their numbers are not all somebody else's before the test has one of them
# It keeps its /dev/fuse of the drives in mnt/a, does not end by SIGTERM, and holds a file on drive b.
MANY = """
many=$(seq -f mnt/a/%g FREED)
mkdir $many
rawfuse --stubborn --hold $S/mnt/b/f $many mnt/b
ready; await_go
umount $many
finish""".replace("FREED", str(FREED))


def start(container, init, launch=(), mounts_of=None):
    """Returns the numbers that are free by now, and drive b's."""
    container.start(init, MANY, HURRY, launch, mounts_of).wait_ready()
    container.guardian()
    mounts = {point: number for number, point in procfs.fuse_mounts(container.pid).items()}
    b = mounts[container.path("mnt/b")]
    freed = {c.id: c for c in container.connections if c.id != b}
    container.go().wait_ready()
    waiting.until(lambda: not any(drive.exists() for drive in freed.values()), 2, "gone")
    [server] = container.named("rawfuse")
    assert procfs.served_by(server) == {*freed, b}
    return set(freed), b


# Before Linux 6.16 it is not sure that a mount on a shared volume is found to be ours at all.
where = pytest.mark.parametrize("init, volume", [
    ("fini", False), ("fini", True), pytest.param("fini-no-fdinfo", False, marks=pytest.mark.no_fdinfo)],
    ids=["fini", "fini on a shared volume", "fini-no-fdinfo"])


def aborted(container):
    return [line for line in container.stderr().splitlines() if "aborted connection" in line]


@both_finis
@pytest.mark.parametrize("launch", [[], ["--deny", "fsopen:EPERM", "--fusectl"], ["--deny", "fsopen:EPERM"]],
                         ids=["private fusectl", "fusectl", "none"])
def test_only_what_is_still_served_is_aborted(container, init, launch):
    _, b = start(container, init, launch)
    assert_ends(container, seconds=4)
    [line] = aborted(container)
    assert f"aborted connection {b} (" in line


def take_number(foreign, directory, freed):
    """Mounts outside, in a directory, until one of the mounts has one of these numbers; returns it, and where."""
    for i in range(200):
        point = f"{directory}/{i}"
        foreign.container.run_inside(f"mkdir {point}; rawfuse --leave {point}")
        foreign.container.pin_connections()
        [number] = [number for number, where in procfs.fuse_mounts(foreign.pid).items() if where == point]
        if number in freed:
            return number, point
    raise AssertionError("others have them all")


@where
def test_foreign_mount_with_the_number_is_left_alone(container, foreign, init, volume):
    how = share(container, foreign) if volume else {"launch": ["--propagation", "slave"]}
    freed, b = start(container, init, **how)
    number, point = take_number(foreign, container.path("mnt") if volume else foreign.container.path("mnt"), freed)
    waiting.until(lambda: procfs.fuse_mounts(container.pid).get(number) == point, 2, "seen inside")
    assert_ends(container, seconds=4)
    assert procfs.fuse_mounts(foreign.pid).get(number) == point
    foreign.container.run_inside(f"stat -f {point}")  # ENOTCONN, were it aborted
    [line] = aborted(container)
    assert f"aborted connection {b} (" in line


# One process mounts, unmounts, closes, and mounts again: most often under the same number. It holds a file of its own.
AGAIN = """#!/usr/bin/python3
import ctypes, os, struct, sys, threading
libc = ctypes.CDLL(None, use_errno=True)
point, rounds = sys.argv[1], int(sys.argv[2])
for i in range(rounds):
    fuse = os.open("/dev/fuse", os.O_RDWR)
    if libc.mount(b"again", point.encode(), b"fuse", 0, b"fd=%d,rootmode=40000,user_id=0,group_id=0" % fuse):
        raise OSError(ctypes.get_errno(), "mount")
    unique = struct.unpack_from("<8xQ", os.read(fuse, 1 << 18))[0]
    init = struct.pack("<IIIIHHI", 7, 31, 0, 0, 12, 9, 131072) + bytes(40)
    os.write(fuse, struct.pack("<IiQ", 16 + len(init), 0, unique) + init)
    if i < rounds - 1:
        libc.umount2(point.encode(), 2)
        os.close(fuse)
threading.Thread(target=os.stat, args=(point + "/x",), daemon=True).start()
os.read(fuse, 1 << 18)  # its own LOOKUP, which nobody answers
open("asked", "w").close()
os.read(os.pipe()[0], 1)
"""
HOLD = f"cat >again <<'END'\n{AGAIN}END\npython3 again mnt/a 3 &\nuntil [ -e asked ]; do sleep 0.01; done\nfinish"


def test_control_hangs_when_one_mounts_again(container):
    container.start("tini", HOLD).wait_ready().finish()
    assert_hangs(container)


@where
def test_who_mounts_again_serves_again(container, foreign, init, volume):
    container.start(init, HOLD, **(share(container, foreign) if volume else {})).wait_ready()
    container.guardian()
    assert_ends(container)
