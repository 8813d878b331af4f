"""A server is seen by what it holds open, whatever that is called, and whenever it was mounted."""
import os
import signal
import subprocess

import pytest

import procfs
import waiting
from declared import drive, server
from inits import PROMPT, assert_ends, assert_hangs, assert_killed, both_finis

# Opens a FUSE device, does something with it, serves nothing that is asked, and holds a file of its own: a hang.
HOLDER = """#!/usr/bin/python3
import ctypes, fcntl, os, socket, struct, sys, threading
how, point = sys.argv[1:]
libc = ctypes.CDLL(None, use_errno=True)
node = "/dev/fuse"

def receive():
    # From a process with mounts of its own, which end with it: as when a CSI driver, restarted since, has opened it.
    ours, its = socket.socketpair()
    os.mkdir("its")
    child = os.fork()
    if child == 0:
        failed = (libc.unshare(0x20000) or libc.mount(b"none", b"/", None, 0x44000, None)  # NEWNS; REC, PRIVATE
                  or libc.mount(b"none", b"its", b"tmpfs", 0, None))
        os.mknod("its/fuse", 0o20666, os.makedev(10, 229))
        socket.send_fds(its, [b"0"], [os.open("its/fuse", os.O_RDWR)])
        os._exit(failed != 0)
    [fuse] = socket.recv_fds(ours, 1, 1)[1]
    if os.waitpid(child, 0)[1] or os.readlink(f"/proc/self/fd/{fuse}") != "/fuse":
        raise OSError(os.readlink(f"/proc/self/fd/{fuse}"))
    return fuse

if how in ("another name", "deleted"):
    node = os.path.abspath("node")
    os.mknod(node, 0o20666, os.makedev(10, 229))
fuse = receive() if how == "received" else os.open(node, os.O_RDWR)
if how == "deleted":
    os.unlink(node)
options = b"fd=%d,rootmode=40000,user_id=0,group_id=0" % fuse
if libc.mount(b"holder", point.encode(), b"fuse", 0, options):
    raise OSError(ctypes.get_errno(), "mount")
if how == "locked":
    for i in range(20):
        fcntl.lockf(fuse, fcntl.LOCK_EX, 1, 2 * i)
unique = struct.unpack_from("<8xQ", os.read(fuse, 1 << 18))[0]
init = struct.pack("<IIIIHHI", 7, 31, 0, 0, 12, 9, 131072) + bytes(40)
os.write(fuse, struct.pack("<IiQ", 16 + len(init), 0, unique) + init)
threading.Thread(target=os.stat, args=(point + "/x",), daemon=True).start()
os.read(fuse, 1 << 18)  # its own LOOKUP, which nobody answers
open("asked", "w").close()
signal_forever = os.read(os.pipe()[0], 1)
"""
HOLD = """
cat >holder <<'END'
{holder}END
python3 holder "{how}" mnt/a &
until [ -e asked ]; do sleep 0.01; done
finish
"""
NAMES = ["another name", "deleted", "locked", "received"]


@pytest.mark.parametrize("how", NAMES)
def test_control_hangs(container, how):
    container.start("tini", HOLD.format(holder=HOLDER, how=how)).wait_ready().finish()
    assert_hangs(container)


@both_finis
@pytest.mark.parametrize("how", NAMES)
def test_by_its_device_number(container, init, how):
    container.start(init, HOLD.format(holder=HOLDER, how=how)).wait_ready()
    container.guardian()
    assert_ends(container)


# Mounted before fini: a script that then becomes it

EARLY = 'nd a --hold own; exec "$@"'


def start_early(container, init, early=EARLY):
    argv = container.argv(init, "client write mnt/a/f 100000\nfinish")
    with open(container.path("main")) as file:
        prologue = file.read().partition("client write")[0]
    with open(container.path("entrypoint"), "w") as file:
        file.write(prologue + early)
    return container.run(["/bin/sh", container.path("entrypoint"), *argv]).wait_ready()


def test_control_hangs_where_the_entrypoint_mounted(container):
    start_early(container, "tini").finish()
    assert_hangs(container)


def test_entrypoint_that_mounts_and_becomes_fini(container):
    start_early(container, "fini").guardian()
    assert_ends(container)
    container.assert_written("back/a/f", size=100000)


def test_entrypoint_that_mounts_and_becomes_fini_which_is_killed(container):
    start_early(container, "fini").guardian()
    assert_killed(container.kill())
    container.assert_written("back/a/f", size=100000)


def test_healthy_server_of_the_entrypoint_stores(container):
    start_early(container, "fini", 'nd a --writeback-cache; exec "$@"').guardian()
    assert_ends(container)
    container.assert_written("back/a/f", size=100000)
    assert container.stderr() == ""


@pytest.mark.no_fdinfo
def test_kernel_that_cannot_tell_says_so(container):
    """Before Linux 6.16: it may be the host's."""
    start_early(container, "fini-no-fdinfo", 'nd a; exec "$@"').finish()
    assert container.wait_end(PROMPT).status == 7
    [line] = container.stderr().splitlines()
    assert "may serve what was mounted before fini: this kernel does not say" in line


# What is left of a mount whose server was killed

def share(container, foreign):
    """The directory of the mount points becomes a volume that the outside sees; options for start()."""
    directory = container.path("mnt")
    subprocess.run(["nsenter", f"--target={foreign.pid}", "--mount", "sh", "-ec",
                    f"mount --bind {directory} {directory}; mount --make-private {directory}; "
                    f"mount --make-shared {directory}"], check=True, timeout=10)
    return {"launch": ["--volume", directory], "mounts_of": foreign.pid}


@both_finis
def test_dead_mount_is_not_left_to_others(container, foreign, init):
    """It is seen outside by propagation, and nobody in here lives any more when main ends."""
    point = container.path("mnt/a")
    container.start(init, "finish", [server(drive(container, "a", "-f")), "--server-exit=ignore"],
                    **share(container, foreign)).wait_ready()
    assert point in procfs.fuse_mounts(foreign.pid).values()
    [drive_] = container.named("ndrive")
    os.kill(drive_, signal.SIGKILL)
    waiting.line_in_file(container.path("stderr"), "died: main goes on")
    for client in container.named("client"):  # which writes on a drive from outside
        os.kill(client, signal.SIGKILL)
    waiting.until(lambda: len(container.processes()) <= 3, 2, "but for PID 1, its guardian and main, alone")
    assert_ends(container)
    assert point not in procfs.fuse_mounts(foreign.pid).values()


def serve_outside(container, foreign, then=""):
    """Mounts at the point of drive a, as seen outside; its server is $!."""
    up, point = container.path("up"), container.path("mnt/a")
    subprocess.run(["nsenter", f"--target={foreign.pid}", "--mount", "--pid", "sh", "-ec",
                    f"{drive(container, 'former', '-f', container.path('back/b'), point)} >{up} & "
                    f"until grep -q ready {up}; do :; done; {then}"], check=True, timeout=10)
    foreign.container.pin_connections()
    return point


@both_finis
@pytest.mark.parametrize("command", [drive, lambda c, n: f"sh -c 'mkdir -p {c.path('mnt/a')} && exec {drive(c, n)}'"],
                         ids=["plain", "in a shell"])
def test_dead_mount_of_a_former_life_is_detached(container, foreign, init, command):
    """The container was killed with its server, and started again: the mount point says ENOTCONN."""
    shared = share(container, foreign)
    point = serve_outside(container, foreign, "kill -9 $!")
    assert point in procfs.fuse_mounts(foreign.pid).values()
    container.start(init, "client write mnt/a/f 1000\nfinish", [server(command(container, "a"))], **shared).wait_ready()
    [line] = container.stderr().splitlines()
    assert "a dead mount was left where it mounts" in line and line.endswith(": detached")
    assert_ends(container)
    container.assert_written("back/a/f", size=1000)
    assert point not in procfs.fuse_mounts(foreign.pid).values()


def test_living_mount_is_not_taken_for_a_dead_one(container, foreign):
    """Another container's: what is mounted over it goes, and that stays."""
    shared = share(container, foreign)
    point = serve_outside(container, foreign)
    container.start("fini", "client write mnt/a/f 1000\nfinish", [server(drive(container, "a"))], **shared).wait_ready()
    assert container.stderr() == ""
    assert_ends(container)
    container.assert_written("back/a/f", size=1000)
    assert point in procfs.fuse_mounts(foreign.pid).values()
