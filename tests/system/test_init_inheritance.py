"""Main runs as if the container had started it, init or no init; and init keeps nothing of it."""
import os
import re
import subprocess

import pytest

import measured
import procfs
import waiting
from container import TOP
from probe import FINI, LEAVES, PROBE, SOON, box, boxes, fields, start, status  # noqa: F401

MASKS = [("-", "-"), ("17", "17"), ("10,12,32,33,34,64", "-"), ("-", "13"), ("-", "1,2,3,13,17,20,21,22,32,34"),
         ("14,20,21,22", "17,33")]
SEEN = ("SigPnd", "SigBlk", "SigIgn", "SigCgt", "ShdPnd", "Cap", "NoNewPrivs", "Seccomp", "Umask", "Groups", "Uid",
        "Gid")


@pytest.mark.parametrize("blocked,ignored", MASKS)
def test_signals_and_privileges(boxes, blocked, ignored):
    """What main sees of itself is what it would see in init's place."""
    seen = []
    for init in ([], [FINI, "--"]):
        box = boxes()
        box.run([PROBE, "with", blocked, ignored, *init, "cat", "/proc/self/status"])
        box.ends(0)
        seen.append(fields(box.read("stdout").decode(), *SEEN))
    assert seen[0] == seen[1]
    assert int(seen[1]["SigCgt"], 16) == 0
    # More may be blocked by whoever runs the tests; it is the same without init, as asserted above.
    for field, numbers in ("SigBlk", blocked), ("SigIgn", ignored):
        wanted = sum(1 << int(n) - 1 for n in numbers.split(",") if n != "-")
        assert int(seen[1][field], 16) & wanted == wanted


def test_main_may_gain_privileges(box):
    """no_new_privs, which init sets for itself, would break setuid programs."""
    box.as_pid_1("--", "cat", "/proc/self/status")
    box.ends(0)
    assert fields(box.read("stdout").decode(), "NoNewPrivs", "Seccomp:") == {"NoNewPrivs": "0"}


def test_status_of_main_although_sigchld_is_ignored(box, start):
    """The kernel would reap main and lose its status."""
    start("--", "/bin/sh", "-c", "exit 7", before=[PROBE, "with", "17", "17"])
    box.ends(7)


def test_orphans_are_reaped_although_sigchld_is_ignored(box):
    box.as_pid_1("--", PROBE, "zombies", "20", before=[PROBE, "with", "-", "17"])
    box.line("done")
    waiting.until(lambda: len(box.children()) == 1, SOON, "reaped")


def test_process_group(box, start):
    start("--", PROBE, "wait")
    _, pid, ppid, group = box.line("ready").split()
    assert pid == group, "main leads a process group of its own"
    assert int(ppid) == procfs.inner_pid(box.init()), "main is init's own child"


def test_working_directory(box):
    box.as_pid_1("--", PROBE, "wait")
    box.line("ready")
    [main] = box.named("probe")
    assert os.readlink(f"/proc/{main}/cwd") == os.getcwd()
    waiting.until(lambda: os.readlink(f"/proc/{box.pid}/cwd") == "/", SOON, "in /")


def test_main_never_sees_where_init_was(boxes):
    """Main's first act is to look: init holds nothing that was open before, its working directory included."""
    for _ in range(measured.runs(100)):
        box = boxes()
        box.run(["/bin/sh", "-c", f"cd {box.scratch}; exec 5>five; exec {FINI} -- "
                 "find /proc/1/cwd /proc/1/fd -type l -lname '/tmp/*' -printf '%p %l\\n'"])
        box.ends(0)
        seen = [line for line in box.lines() if not line.endswith(("stdout", "stderr"))]
        assert seen == []


# Descriptors

OPENED = """
cd {scratch}
exec 3</dev/zero 4>>{scratch}/four 5<>{scratch}/five 6<. 7<{probe} 9<&0 8</proc/self/mountinfo
"""


def listing(text):
    """find's lines of descriptors 3 and up, without the directory that it reads and the launcher's pipe."""
    found = dict(line.split(" ", 1) for line in text.splitlines())
    return {int(n): link for n, link in found.items() if int(n) > 2 and not re.search("/fd$|^pipe:", link)}


def test_descriptors_of_main(boxes):
    """Those that were given, and none of init's."""
    seen = []
    for init in ("", f"{FINI} -vvv --report=/dev/null --"):
        box = boxes()
        opened = OPENED.format(scratch=box.scratch, probe=PROBE)
        box.run(["/bin/sh", "-c", opened + f"exec {init} find /proc/self/fd -type l -printf '%f %l\\n'"])
        box.ends(0)
        text = box.read("stdout").decode().replace(box.scratch, "SCRATCH")
        seen.append({n: re.sub(r"/proc/\d+/", "/proc/PID/", link) for n, link in listing(text).items()})
    assert seen[0] == seen[1]
    assert set(seen[1]) >= {3, 4, 5, 6, 7, 8, 9}, seen


def test_descriptors_of_main_can_be_used(box):
    box.run(["/bin/sh", "-c", f"exec 5>{box.path('five')} 7<{box.path('five')}; exec {FINI} -- "
             "/bin/sh -c 'echo written >&5; read -r line <&7; test \"$line\" = written'"])
    box.ends(0)


def test_descriptors_of_init(box):
    box.run(["/bin/sh", "-c", OPENED.format(scratch=box.scratch, probe=PROBE) + f"exec {FINI} -- {PROBE} wait"])
    box.line("ready")

    def inherited():
        links = box.descriptors(box.pid)
        return {n: link for n, link in links.items() if n > 2 and (
            link in ("/dev/zero", "/dev/null", PROBE, "pipe:") or link.startswith((box.scratch, TOP)))}

    waiting.until(lambda: not inherited(), SOON, f"closed: {inherited()}")
    waiting.until(lambda: "anon_inode:[signalfd]" in box.descriptors(box.pid).values(), SOON, "settled")
    assert len(box.descriptors(box.pid)) <= 9, box.descriptors(box.pid)


def test_a_pipe_ends_with_main(box):
    """Whoever reads from main gets the end of file although init lives on."""
    os.mkfifo(box.path("pipe"))
    os.chmod(box.path("pipe"), 0o666)
    reader = subprocess.Popen(["cat", box.path("pipe")], stdout=subprocess.PIPE)
    box.run(["/bin/sh", "-c", f"exec 5>{box.path('pipe')}; exec {FINI} --wait -- "
             f"/bin/sh -c '{PROBE} wait 5>&- & echo last >&5'"])
    assert reader.communicate(timeout=SOON)[0] == b"last\n"
    waiting.until(lambda: not box.named("sh"), SOON, "reaped")
    assert box.init()
    box.kill(15)
    box.ends(0)


def descriptors_closed():
    for closed in (["0"], ["1"], ["2"], ["0", "1"], ["0", "2"], ["1", "2"], ["0", "1", "2"]):
        yield pytest.param(sum((["--close", fd] for fd in closed), []), [int(fd) for fd in closed],
                           id="closed " + " ".join(closed))


@pytest.mark.parametrize("launch,closed", descriptors_closed())
def test_closed_stdio(box, launch, closed):
    """Main gets them closed, as init did; everything else works."""
    report = box.path("report")
    scene = f"for n in 0 1 2; do test -e /proc/self/fd/$n && echo open $n >>{box.path('seen')}; done; " \
            f"exec {PROBE} leave 1 polite"
    box.as_pid_1("-vvv", "-w", "--kill-grace=5s", f"--report={report}", "--", "/bin/sh", "-c", scene, launch=launch)
    box.ends(LEAVES)
    seen = box.read("seen").decode().splitlines() if os.path.exists(box.path("seen")) else []
    assert seen == [f"open {n}" for n in (0, 1, 2) if n not in closed]
    assert f"exit with {LEAVES}" in box.read("report").decode()


@pytest.mark.parametrize("launch,closed", descriptors_closed())
def test_nothing_of_inits_takes_the_place_of_closed_stdio(box, launch, closed):
    """Main's output must not go into what init has opened, nor init's own lines."""
    report = box.path("report")
    box.as_pid_1("-vvv", f"--report={report}", "--", "/bin/sh", "-c", "echo out; echo err >&2; exit 7", launch=launch)
    box.ends(7)
    if os.path.exists(report):
        for line in box.read("report").decode().splitlines():
            assert re.fullmatch(r" *\d+ ms  .*", line), line


def test_limits(box):
    box.as_pid_1("--", "/bin/sh", "-c", "ulimit -n; umask; nice", launch=["--nofile", "77"])
    box.ends(0)
    umask = os.umask(0)
    os.umask(umask)
    assert box.lines() == ["77", f"{umask:04o}", str(os.nice(0))]


# Orphans become ours

def test_the_parent_of_an_orphan(box, start):
    start("--", "/bin/sh", "-c", f"{PROBE} leave 2 orphan; exec {PROBE} wait")
    waiting.until(lambda: len([line for line in box.lines() if line.startswith("orphan")]) == 2, SOON, "orphaned")
    init = procfs.inner_pid(box.init())
    assert [line for line in box.lines() if line.startswith("orphan")] == [f"orphan {init}"] * 2


def test_main_is_no_subreaper(box):
    """Its own orphans become init's too, not main's."""
    box.as_ordinary("-s", "--", PROBE, "leave", "1", "polite")
    box.ends(LEAVES)


def test_idle_status_of_init(box):
    box.as_pid_1("--", PROBE, "wait")
    box.line("ready")
    waiting.until(lambda: "anon_inode:[signalfd]" in box.descriptors(box.pid).values(), SOON, "settled")
    assert status(box.pid, "Threads") == {"Threads": "1"}
