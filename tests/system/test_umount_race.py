"""A server of an ordinary user moves a directory of its mount point's path out of fini's way, and a symlink into it.

The symlink leads to somebody else's mount. fini, root with CAP_SYS_ADMIN, must unmount the server's mount or nothing.
"""
import contextlib
import signal
import subprocess

import pytest

import waiting
from inits import PROMPT

PAIRS = 40  # of a directory with a mount below and a symlink: each may fool an unmount once
PLAYER = 1000
LONG = 5  # seconds in which the container must have ended: the player has one of two processors
DOUBLED = 9  # times: who reads all of mountinfo gives the player time between its line and the unmount

# The mount points are play/N/a/x; play/N/a and play/N/other change places for ever. Through the symlink, play/N/a/x
# is victims/N/x.
SCENE = f"""
mkdir play; mount -t tmpfs play play
for n in $(seq {PAIRS}); do mkdir -p "play/$n/a/x"; ln -s "$S/victims/$n" "play/$n/other"; done
chown -hR {PLAYER} play
nice -n -19 rawfuse --uid {PLAYER} --swap play/*/a/x
mkdir more; mount -t tmpfs more more; mkdir $(seq -f more/%g {DOUBLED})
for n in $(seq {DOUBLED}); do mount --rbind more "more/$n"; done
finish
"""
VICTIMS = f"""
mkdir victims; mount --bind victims victims; mount --make-private victims; mount --make-{{propagation}} victims
for n in $(seq {PAIRS}); do mkdir -p "victims/$n/x"; mount -t tmpfs victim "$S/victims/$n/x"; done
"""


def mounted(pid):
    """The victims that a process sees mounted."""
    with open(f"/proc/{pid}/mountinfo") as file:
        return {line.split()[4] for line in file if " tmpfs victim " in line}


@pytest.fixture
def host_mounts(container, foreign):
    """Victims outside of the container, on a shared mount that it has as a volume. Returns who is to be asked."""
    script = f"cd {container.scratch}; S=$PWD; {VICTIMS.format(propagation='shared')}"
    subprocess.run(["nsenter", f"--target={foreign.pid}", "--mount", "sh", "-ec", script], check=True, timeout=10)
    assert len(mounted(foreign.pid)) == PAIRS
    return foreign.pid


@contextlib.contextmanager
def witness(container):
    """A process of the machine that sees the mounts of the container for as long as it is wanted."""
    with subprocess.Popen(["nsenter", f"--target={container.pid}", "--mount", "cat"], stdin=subprocess.PIPE) as cat:
        waiting.until(lambda: mounted(cat.pid), PROMPT, "in the container's mount namespace")
        yield cat.pid
        cat.stdin.close()


def ends(container, how):
    """(What is left is looked for by the fixture: a witness keeps the mount namespace.)"""
    if how == "main exits":
        end = container.finish(7).wait_end(LONG)
    else:
        end = container.kill().wait_end(LONG)
    assert end is not None, f"hangs: {container.stuck()}"
    assert end.status == (7 if how == "main exits" else -signal.SIGKILL)


def start(container, init, scene, launch=()):
    container.start(init, scene, launch=launch).wait_ready()
    if init == "fini":
        container.guardian()
    assert len(mounted(container.pid)) == PAIRS


each_end = pytest.mark.parametrize("init,how", [("tini", "main exits"), ("fini", "main exits"), ("fini", "SIGKILL")])


@each_end
def test_mounts_of_the_host_stay(container, host_mounts, init, how):
    start(container, init, SCENE, launch=["--volume", container.path("victims")])
    before = mounted(host_mounts)
    ends(container, how)
    assert mounted(host_mounts) == before, "mounts of the host were unmounted"


@each_end
def test_other_mounts_of_the_container_stay(container, init, how):
    start(container, init, VICTIMS.format(propagation="private") + SCENE)
    with witness(container) as pid:
        before = mounted(pid)
        ends(container, how)
        assert mounted(pid) == before, "somebody else's mounts were unmounted"
