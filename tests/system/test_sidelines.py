"""Servers that serve FUSE beside other work, in a thread: they outlive their mount, and SIGTERM is what ends them.

Each of them stores what it has when it gets SIGTERM.
"""
import os
import signal

import pytest

from inits import PROMPT, assert_ends, both_finis

TAKES = ["handler", "signalfd", "wait"]  # each is a use that a program has for SIGTERM
DEFAULT_MS = 3500  # for one that SIGTERM would simply kill: it must have been idle for two seconds


def sideline(how, options=""):
    return f"rawfuse --log drives.log --name a --store $S/back/a/state --sideline {how} {options} mnt/a\n"


def start(container, init, scene):
    container.start(init, scene).wait_ready()
    if init != "tini":
        container.guardian()
    return container


@both_finis
@pytest.mark.parametrize("how", TAKES)
def test_stores_what_it_has(container, init, how):
    assert_ends(start(container, init, sideline(how) + "finish"))
    assert sorted(container.log()) == ["a SIGTERM", "a STORED", "a UNMOUNTED"]
    assert container.read("back/a/state") == b"stored by a\n"
    assert container.stderr() == ""


def test_control_is_lost_beside_main(container):
    """Another init ends with main, and the kernel kills the rest."""
    assert_ends(start(container, "tini", sideline("handler") + "finish"))
    assert not os.path.exists(container.path("back/a/state"))


@both_finis
def test_is_given_the_time_it_needs_to_store(container, init):
    assert_ends(start(container, init, sideline("handler", "--end 2500") + "finish"), seconds=5)
    assert container.read("back/a/state") == b"stored by a\n"


@both_finis
def test_one_that_has_no_use_for_sigterm_does_not_take_all_the_time(container, init):
    """It may be storing something: it is watched first."""
    assert_ends(start(container, init, sideline("default") + "finish"), seconds=DEFAULT_MS / 1000 + 1)
    assert container.log() == ["a UNMOUNTED"]


# Main itself is the sideline: the stop signal is held back for it, and it gets it in its turn.
AS_MAIN = """#!/usr/bin/python3
import ctypes, os, signal, struct, sys, threading
point, state, fifo = sys.argv[1:]
libc = ctypes.CDLL(None, use_errno=True)
fuse = os.open("/dev/fuse", os.O_RDWR)
options = b"fd=%d,rootmode=40000,user_id=0,group_id=0" % fuse
if libc.mount(b"sideline", point.encode(), b"fuse", 0, options):
    raise OSError(ctypes.get_errno(), "mount")

def answer_init():  # and nothing else: nobody asks for more
    unique = struct.unpack_from("<8xQ", os.read(fuse, 1 << 18))[0]
    init = struct.pack("<IIIIHHI", 7, 31, 0, 0, 12, 9, 131072) + bytes(40)
    os.write(fuse, struct.pack("<IiQ", 16 + len(init), 0, unique) + init)
    open(fifo, "w").write("ready")
    try:
        while True:
            os.read(fuse, 1 << 18)
    except OSError:
        pass

def stop(*_):
    open(state, "w").write("stored")
    sys.exit(5)

signal.signal(signal.SIGTERM, stop)
threading.Thread(target=answer_init, daemon=True).start()
while True:
    signal.pause()
"""


@pytest.mark.parametrize("init", ["tini", "fini", pytest.param("fini-no-fdinfo", marks=pytest.mark.no_fdinfo)])
def test_main_gets_its_stop_signal_in_its_turn(container, init):
    with open(container.path("sideline"), "w") as file:
        file.write(AS_MAIN)
    scene = 'exec python3 $S/sideline $S/mnt/a $S/state $S/ready\n'
    start(container, init, scene)
    container.kill(signal.SIGTERM)
    end = container.wait_end(PROMPT)
    assert end is not None, f"hangs: {container.stuck()}"
    assert end.status == 5
    assert container.read("state") == b"stored"
