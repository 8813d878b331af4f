"""As on an old kernel, or under an old engine's seccomp profile: newer system calls fail, and everything still ends.

Each call is taken away alone, and all together, once with ENOSYS, as a kernel without it answers, and once with EPERM,
as profiles of engines do that do not know it. The foreign connection beside every container stays untouched.
"""
import os
import signal
import subprocess

import pytest

import procfs
import waiting
from container import INITS, TOOLS
from hangs import HOLDER, SCENES
from inits import HURRY, PROMPT, assert_ends, assert_killed, assert_killed_as_child
from probe import LEAVES, PROBE, boxes  # noqa: F401

MNT_FORCE = "1:0x1"  # the second argument of umount2(2), this bit of it
NEW_NAMESPACES = "0:0x7e020000"  # of clone(2): CLONE_NEW*

PIDFD = ["pidfd_open:{}", "pidfd_send_signal:{}", "pidfd_getfd:{}"]
MOUNT_API = ["fsopen:{}", "fsconfig:{}", "fsmount:{}"]
# What engines deny without CAP_SYS_ADMIN. With another error than ENOSYS for clone3 glibc starts no process at all.
CLONE = ["clone3:ENOSYS", f"clone:EPERM:{NEW_NAMESPACES}"]
NEWER = [*MOUNT_API, *PIDFD, *CLONE, "openat2:{}", "close_range:{}", "statx:{}"]

REMOVED = {
    "fsopen, fsconfig, fsmount": MOUNT_API,  # 5.2
    "fsmount": ["fsmount:{}"],
    "pidfd_open": ["pidfd_open:{}"],  # 5.3
    "pidfd_send_signal": ["pidfd_send_signal:{}"],  # 5.1
    "all of pidfd": PIDFD,  # pidfd_getfd: 5.6
    "openat2": ["openat2:{}"],  # 5.6
    "close_range": ["close_range:{}"],  # 5.9
    "statx": ["statx:{}"],  # 4.11
    "clone": CLONE,
    "umount2 with MNT_FORCE": ["umount2:{}:" + MNT_FORCE],
    "ptrace": ["ptrace:{}"],
    "all": NEWER,
    "all but statx, and umount2 with MNT_FORCE": [*NEWER[:-1], "umount2:{}:" + MNT_FORCE],
}
OLDEST = ("all", "all but statx, and umount2 with MNT_FORCE")
TRACED = [name for name in REMOVED if name != "ptrace"]  # no guardian: test_guard.py
UNPINNED = [name for name in REMOVED if name.startswith(("pidfd", "all"))]
NO_WAY_TO_ABORT = ("all but statx, and umount2 with MNT_FORCE",)  # but for a fusectl that is visible


def launch(name, error):
    """Launch options that take the calls away."""
    options = ["--fusectl"] * (name in NO_WAY_TO_ABORT)
    for call in REMOVED[name]:
        options += ["--deny", call.format(error)]
    return options


def removed(names=tuple(REMOVED)):
    """Runs a test for each of names, with an init and launch options: with all of them also as before 6.16."""
    cases = []
    for name in names:
        for error in ("ENOSYS", "EPERM"):
            without = launch(name, error)
            cases.append(pytest.param("fini", without, id=f"{name}: {error}"))
            if name in OLDEST:
                cases.append(pytest.param("fini-no-fdinfo", without, id=f"{name}, no fdinfo: {error}",
                                          marks=pytest.mark.no_fdinfo))
    return pytest.mark.parametrize("init,without", cases)


HANGS = [HOLDER, SCENES["two servers hold each other's files"], SCENES["own thread in read() of its own mount"]]

SIZE = 100000
# A client that will not go, and neither will the shell that waits for it.
CLIENT = f"""
nd a --writeback-cache
sh -c 'trap "" TERM; client -f -i write mnt/a/f {SIZE}; exit' &
until [ -e mnt/a/f ] && [ "$(wc -c <mnt/a/f)" = {SIZE} ]; do :; done
"""

# A guardian that waits for somebody it cannot see die would take all of its time.
OPTIONS = [*HURRY, "--kill-budget=20s"]


def start_all(containers, scenes, init, without):
    """Side by side: what takes long is the waiting."""
    started = [containers().start(init, scene + "\nfinish", options=OPTIONS, launch=without) for scene in scenes]
    return [container.wait_ready() for container in started]


@removed()
def test_hang_scenes_end(containers, init, without):
    for container in start_all(containers, HANGS, init, without):
        assert_ends(container)


@removed(TRACED)
def test_hang_scenes_end_at_a_sigkill(containers, init, without):
    started = start_all(containers, HANGS, init, without)
    for container in started:
        container.guardian()
    for container in started:
        container.kill()
    for container in started:
        assert_killed(container)


@removed(TRACED)
def test_what_a_killed_client_wrote_arrives(containers, init, without):
    [container] = start_all(containers, [CLIENT], init, without)
    assert_ends(container)
    container.assert_written("back/a/f", size=SIZE)
    assert container.stderr() == ""


@removed(TRACED)
def test_what_a_client_wrote_arrives_at_a_sigkill(containers, init, without):
    [container] = start_all(containers, [CLIENT], init, without)
    container.guardian()
    assert_killed(container.kill())
    container.assert_written("back/a/f", size=SIZE)
    assert container.stderr() == ""


@removed(TRACED)
def test_server_stuck_in_its_own_exit(container, init, without):
    """The teardown sees it for what it is, and does not take its time for a client that does not end."""
    container.start(init, HOLDER + "\nfinish", options=["--server-check=0"], launch=without).wait_ready().guardian()
    [server] = container.named("ndrive")
    os.kill(server, signal.SIGKILL)
    waiting.until(container.stuck, PROMPT, "stuck")
    assert_ends(container)
    [line] = container.stderr().splitlines()
    assert line.endswith(": its server is stuck in its own exit")


@removed()
def test_without_fuse(boxes, init, without):  # noqa: F811
    """Main's status, its signals, what it inherits and init does not, and nobody left: as everywhere."""
    true, signals, left = boxes(), boxes(), boxes()
    true.run([INITS[init], "--", "/bin/true"], without)
    signals.run(["sh", "-c", 'exec "$@" 9</dev/null', "sh", INITS[init], "--", PROBE, "signals"], without)
    left.run([INITS[init], "-w", "--", PROBE, "leave", "3", "polite"], without)
    assert true.ends(0, PROMPT)
    signals.line("ready")
    waiting.until(lambda: 9 not in signals.descriptors(signals.pid), PROMPT, "closed")
    [main] = procfs.children(signals.pid)
    inherited = signals.descriptors(main)
    kept = signals.descriptors(signals.pid)
    assert inherited[9] == "/dev/null"
    assert [kept[fd] for fd in range(3)] == [inherited[fd] for fd in range(3)]
    for number in (signal.SIGTERM, signal.SIGHUP, 34):
        signals.kill(number)
        signals.line(f"{number} 0")
    signals.kill(signal.SIGKILL)
    signals.ends(-signal.SIGKILL, PROMPT)
    left.ends(LEAVES, PROMPT)
    assert true.stderr() == signals.stderr() == ""


@removed(UNPINNED)
def test_sigkill_of_somebody_elses_child(container, init, without):
    """fini as a child of another init: its own children end, and nobody else."""
    fini = container.argv(init, HOLDER + "; client -i hold mnt/a/g\nfinish", options=OPTIONS)
    assert_killed_as_child(container, fini, launch=without)


# A shell in main's group, and none of init's children: it and main are told to stop, the server, in its own, is not.
GROUP = """
nd a --writeback-cache
trap 'wait; exit 7' TERM
(trap 'echo >told; exit' TERM; client -f hold mnt/a/f & until [ -e mnt/a/f ]; do :; done; ready; wait) &
wait
"""


@removed(UNPINNED)
def test_the_whole_group_is_told(container, init, without):
    container.start(init, GROUP, options=["-g"], launch=without).wait_ready()
    end = container.kill(signal.SIGTERM).wait_end(PROMPT)
    assert end is not None and end.status == 7
    container.assert_nothing_left()
    assert os.path.exists(container.path("told"))


@pytest.mark.parametrize("error", ["ENOSYS", "EPERM"])
def test_who_cannot_be_signalled_is_named(container, error):
    """A client that came in from outside is not PID 1's child: without pidfds it is waited for, then left, and said."""
    container.start("fini", "nd a\nfinish", options=HURRY, launch=launch("all of pidfd", error)).wait_ready()
    mount = container.path("mnt/a")
    with subprocess.Popen(["nsenter", f"--target={container.pid}", "--mount", "--pid", f"{TOOLS}/client", "-f", "hold",
                           f"{mount}/f"], stderr=subprocess.DEVNULL) as client:
        [pid] = waiting.until(lambda: [pid for pid in container.named("client") if holds(pid, mount)], PROMPT, "there")
        number = procfs.inner_pid(pid)
        assert_ends(container, seconds=PROMPT + 1)
        client.wait(PROMPT)
    said = [line for line in container.stderr().splitlines() if "cannot signal" in line]
    assert said == [f"fini: teardown: cannot signal client[{number}]: Function not implemented"]


def holds(pid, mount):
    return any(os.readlink(f"/proc/{pid}/fd/{fd}").startswith(mount) for fd in os.listdir(f"/proc/{pid}/fd"))
