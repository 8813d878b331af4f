"""What PID 1 takes from itself: capabilities it does not need and system calls it never makes. Main keeps all."""
import re
import signal
import subprocess

import procfs
import waiting
from inits import HURRY, PROMPT, assert_ends, both_finis

KILL, PTRACE, ADMIN, CHROOT, RESOURCE, DAC_OVERRIDE, DAC_READ_SEARCH = 5, 19, 21, 18, 24, 1, 2
KEPT = sum(1 << number for number in (KILL, PTRACE, ADMIN, CHROOT, RESOURCE, DAC_OVERRIDE, DAC_READ_SEARCH))
OF_MAIN = r"Cap|NoNewPrivs|Seccomp"

BUSY = """
nd b --writeback-cache; nd a --hold f; client write mnt/b/f 100000; client -i hold mnt/b/g; mount --bind mnt/b mnt/c
BY='unshare -m' nd c --hold f
"""


def status(pid):
    """The fields of /proc/PID/status, of a process that is well."""
    return dict(line.split(":\t") for line in procfs.read_in_child(f"/proc/{pid}/status").splitlines())


def capabilities(pid):
    fields = status(pid)
    return {name: int(fields[name], 16) for name in ("CapPrm", "CapEff", "CapInh", "CapAmb", "CapBnd")}


def set_up(container):
    """The last thing that init does for itself is its filter, a moment after main's start."""
    waiting.until(lambda: status(container.pid).get("Seccomp") == "2", PROMPT, "settled")


@both_finis
def test_capabilities_of_init(container, init):
    container.start(init, "finish").wait_ready()
    set_up(container)
    before, now = capabilities("self"), capabilities(container.pid)
    assert now["CapEff"] == now["CapPrm"] == before["CapPrm"] & KEPT
    assert now["CapInh"] == now["CapAmb"] == 0
    assert now["CapBnd"] == before["CapBnd"], "init has no business with what main may be given later"
    assert status(container.pid)["NoNewPrivs"] == "1"
    assert_ends(container)


@both_finis
def test_the_guardian_is_in_the_sandbox_however_early_it_starts(container, init):
    container.start(init, "finish", options=["--guard=always"]).wait_ready()
    guardian = container.guardian()
    assert status(guardian)["Seccomp"] == "2"
    assert capabilities(guardian)["CapEff"] == capabilities("self")["CapPrm"] & KEPT
    assert_ends(container)


@both_finis
def test_main_has_what_it_has_without_fini(containers, init):
    seen = {}
    for name in ("tini", init):
        container = containers()
        container.start(name, f"grep -E '{OF_MAIN}' /proc/self/status >status\nfinish").wait_ready()
        assert_ends(container)
        seen[name] = container.read("status")
    assert seen[init] == seen["tini"] and b"Seccomp" in seen[init]


CALL = re.compile(r"^(\d+) +(\w+)\(")
CHILD = re.compile(r"(?:fork|clone3?)\(.*= \d+ /\* (\d+) in strace's PID NS \*/")


def calls_of(trace, pid):
    """strace's lines of one process, and of those it forked that never became another program."""
    lines = [line for line in trace.splitlines() if line.startswith(f"{pid} ")]
    for line in list(lines):
        forked = CHILD.search(line)
        if forked:
            below = calls_of(trace, forked[1])
            lines += below if not any("execve(" in line for line in below) else []
    return lines


def assert_nothing_refused(lines):
    assert any("pidfd_send_signal" in line for line in lines), f"no teardown in these {len(lines)} lines"
    assert not [line for line in lines if "ENOSYS" in line]


@both_finis
def test_no_call_of_init_is_refused(container, init):
    """In a teardown in which everything happens: unmounts, signals, an abort, children in another mount namespace."""
    strace = ["strace", "-f", "--pidns-translation", "-o", container.path("trace")]
    container.run(container.argv(init, BUSY + "finish", HURRY), wrapper=strace).wait_ready(60)
    assert_ends(container, seconds=20)
    trace = container.read("trace").decode(errors="replace")
    lines = calls_of(trace, container.pid)
    assert any("umount2(" in line for line in lines), "no child was seen"
    assert_nothing_refused(lines)


@both_finis
def test_no_call_of_the_guardian_is_refused(container, init):
    container.start(init, BUSY + "finish", options=HURRY).wait_ready()
    guardian = container.guardian()
    strace = subprocess.Popen(["strace", "-f", "-o", container.path("trace"), "-p", str(guardian)],
                              stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        assert b"attached" in strace.stderr.readline()
        container.kill(signal.SIGKILL)
        end = container.wait_end(10)
    finally:
        strace.terminate()
        strace.communicate(timeout=10)
    assert end is not None and end.status == -signal.SIGKILL
    assert_nothing_refused(container.read("trace").decode(errors="replace").splitlines())
