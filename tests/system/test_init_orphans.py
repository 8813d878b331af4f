"""Who is left after main: reaped, waited for, ended; and nothing at all is done while nothing happens."""
import json
import os
import re
import signal
import subprocess

import pytest

import procfs
import waiting
from probe import FINI, LEAVES, PROBE, SOON, TINI, box, boxes, one_line, start, status  # noqa: F401

IDLE = 10  # seconds


def of(box, pattern):
    """The numbers in lines of standard output that match."""
    return [int(match[1]) for match in (re.fullmatch(pattern, line) for line in box.lines()) if match]


def left(box, count):
    """Waits until main has been reaped and only so many polite orphans are left; returns their pids on the host."""
    def only_they_are_left():  # main is init's only child for as long as they are main's
        return (len(of(box, r"polite (\d+)")) == count and len(box.children()) == count
                and len(box.named("probe")) == count)

    waiting.until(only_they_are_left, SOON, "main reaped")
    return box.named("probe")


@pytest.mark.parametrize("count", [1, 1000])
def test_orphans_are_reaped(box, start, count):
    start("--", PROBE, "zombies", str(count))
    box.line("done")
    waiting.until(lambda: len(box.children()) == 1, SOON, "reaped")
    os.kill(box.init(), signal.SIGTERM)
    box.ends(143)


def test_orphans_are_reported(box):
    box.as_pid_1("-w", "--", PROBE, "zombies", "3")
    box.line("done")
    waiting.until(lambda: len(box.stderr().splitlines()) == 3, SOON, "said")
    box.kill(15)
    box.ends(143)
    for line in box.stderr().splitlines():
        assert re.fullmatch(r"fini: reaped orphan\[\d+\]: exited with 0", line)


def test_orphans_are_not_reported_unless_asked_for(box):
    box.as_pid_1("--", PROBE, "zombies", "3")
    box.line("done")
    waiting.until(lambda: len(box.children()) == 1, SOON, "reaped")
    box.kill(15)
    box.ends(143)
    assert box.stderr() == ""


def test_by_default_nobody_is_waited_for(box):
    """As tini: the kernel kills who is left, at once."""
    box.as_pid_1("--", PROBE, "leave", "3", "polite")
    box.ends(LEAVES, 2)
    assert of(box, r"TERM to (\d+)") == []


def test_by_default_an_ordinary_init_leaves_them(box):
    box.start("tini", f"{FINI} -- probe leave 2 polite || true; ready; await_go").wait_ready()
    assert len(box.named("probe")) == 2
    assert of(box, r"TERM to (\d+)") == []
    box.go()
    box.ends(0)


# --wait

def test_wait(box, start):
    start("--wait", "--", PROBE, "leave", "2", "polite")
    first, second = left(box, 2)
    os.kill(first, signal.SIGKILL)
    waiting.until(lambda: box.named("probe") == [second] and len(box.children()) == 1, SOON, "one gone")
    os.kill(second, signal.SIGKILL)
    box.ends(LEAVES)
    assert of(box, r"TERM to (\d+)") == []


def test_a_stop_signal_ends_the_wait(box, start):
    start("--wait", "--", PROBE, "leave", "2", "polite")
    left(box, 2)
    os.kill(box.init(), signal.SIGTERM)
    box.ends(LEAVES)
    assert sorted(of(box, r"TERM to (\d+)")) == sorted(of(box, r"polite (\d+)"))


def test_a_stop_signal_before_mains_end_is_one_too(box, start):
    """As docker stop does: main obeys and ends; the others would be waited for until the engine's SIGKILL."""
    start("--wait", "--", "/bin/sh", "-c", f"trap 'exit 7' TERM; {PROBE} leave 2 polite; {PROBE} wait & wait")
    box.line("ready")
    os.kill(box.init(), signal.SIGTERM)
    box.ends(7, 5)
    assert sorted(of(box, r"TERM to (\d+)")) == sorted(of(box, r"polite (\d+)"))


def test_wait_by_variable(box):
    box.run(["/usr/bin/env", "FINI_WAIT=1", FINI, "--", PROBE, "leave", "1", "polite"])
    [orphan] = left(box, 1)
    os.kill(orphan, signal.SIGKILL)
    box.ends(LEAVES)


# --kill-grace

def test_the_obedient_end_early(box, start):
    start("--kill-grace=1m", "--", PROBE, "leave", "20", "polite")
    box.ends(LEAVES)
    assert len(of(box, r"TERM to (\d+)")) == 20
    assert sorted(of(box, r"TERM to (\d+)")) == sorted(of(box, r"polite (\d+)"))


def test_the_stubborn_are_killed(box, start):
    start("--kill-grace=300ms", "--", PROBE, "leave", "3", "stubborn")
    assert box.ends(LEAVES, SOON)


def test_term_first_and_kill_only_after_the_grace(box):
    box.as_pid_1("--kill-grace=700ms", "--report=-", "--report-format=json", "--", "/bin/sh", "-c",
                 f"{PROBE} leave 1 stubborn; exec {PROBE} leave 1 polite")
    box.ends(LEAVES)
    events = [json.loads(line) for line in box.stderr().splitlines()]
    signals = {(event["signal"], event["ms"]) for event in events if event["event"] == "signal"}
    assert {number for number, _ in signals} == {15, 9}
    assert max(ms for number, ms in signals if number == 15) < 600
    assert min(ms for number, ms in signals if number == 9) >= 700


def test_orphans_of_orphans(box, start):
    """A tree: its leaves come to us when what is above them ends."""
    start("--kill-grace=1m", "--", PROBE, "leave", "2", "leave", "2", "polite")
    box.ends(LEAVES)
    assert len(of(box, r"TERM to (\d+)")) == 4


def test_a_tree_that_stays(box, start):
    start("--kill-grace=1m", "--", "/bin/sh", "-c",
          f"{{ {PROBE} wait & {PROBE} polite; }} & (setsid {PROBE} polite &) ; exec {PROBE} leave 3 polite")
    box.ends(LEAVES)


def test_stopped_processes(box, start):
    """SIGTERM reaches who is stopped once it is continued."""
    start("--kill-grace=1m", "--", "/bin/sh", "-c",
          f"{PROBE} polite & while ! grep -q polite {box.path('stdout')}; do :; done; kill -STOP $!; exit 7")
    box.ends(7)
    assert len(of(box, r"TERM to (\d+)")) == 1


def test_nobody_elses_process_is_signalled(box):
    """Not PID 1: only descendants are ours."""
    box.start("tini", f"probe polite & {FINI} --kill-grace=1m -- probe leave 3 polite || true; ready; await_go")
    box.wait_ready()
    assert len(of(box, r"polite (\d+)")) == 4
    assert len(of(box, r"TERM to (\d+)")) == 3
    [bystander] = box.named("probe")
    assert procfs.inner_pid(bystander) not in of(box, r"TERM to (\d+)")
    box.go()
    box.ends(0)


def test_kill_grace_without_anybody(box, start):
    start("--kill-grace=1m", "--wait", "--", "/bin/sh", "-c", "exit 7")
    box.ends(7, 5)


def test_ten_thousand_orphans(box):
    """All at once, in bounded time and bounded memory."""
    box.as_pid_1("--kill-grace=1m", "--", "/bin/sh", "-c",
                 f"{PROBE} leave 1 stubborn >stubborn; exec {PROBE} leave 10000 wait", before=["/usr/bin/env", "-C",
                                                                                              box.scratch])
    waiting.until(lambda: box.lines()[-1:] and len(box.lines()) == 10000, 30, "there")
    [stubborn] = waiting.until(lambda: len(box.children()) == 1 and box.children(), 20, "ended and reaped")
    memory = int(status(box.pid, "VmHWM")["VmHWM"].split()[0])
    assert memory < 1500, f"{memory} kB"
    os.kill(int(stubborn), signal.SIGKILL)
    box.ends(LEAVES)
    assert box.stderr() == ""


# Main's number, used again

# The number of a process is in use while a process group has it.
REUSED = """
export main=$$
setsid sh -c '
    trap "echo \\$((main - 1)) >/proc/sys/kernel/ns_last_pid; sh -c \\"exit 3\\" & echo \\$main \\$!; exit 0" TERM
    echo heard; while :; do sleep 0.1; done' &
until test -s stdout; do :; done
exit 7
"""


def test_an_orphan_with_the_number_that_main_had(box, start):
    """Main was reaped, so the number is free: how somebody else ends is not main's status."""
    start("-w", "--kill-grace=20s", "--", "/bin/sh", "-c", f"cd {box.scratch}\n{REUSED}")
    box.ends(7)
    [reused] = [line.split() for line in box.lines() if line != "heard"]
    assert reused[0] == reused[1], f"the number was not used again: {reused}"
    assert f"reaped orphan[{reused[0]}]: exited with 3" in box.stderr()


# --report

def phases(events):
    return [event["what"] for event in events if event["event"] == "phase"]


def test_report_in_json(box, start):
    report = box.path("report")
    start("--kill-grace=1m", f"--report={report}", "--report-format=json", "--", PROBE, "leave", "2", "polite")
    box.ends(LEAVES)
    events = [json.loads(line) for line in box.read("report").decode().splitlines()]
    assert [event["ms"] for event in events] == sorted(event["ms"] for event in events)
    assert phases(events)[0] == "clients"
    told = {event["pid"] for event in events if event["event"] == "signal"}
    assert told == set(of(box, r"polite (\d+)"))
    assert all(event["signal"] == 15 and event["comm"] == "probe" for event in events if event["event"] == "signal")
    ends = {event["pid"]: event["status"] for event in events if event["event"] == "end" and event["pid"] in told}
    assert ends == {pid: 3 for pid in told}
    assert events[-1]["event"] == "exit" and events[-1]["status"] == LEAVES and events[-1]["dropped"] == 0


def test_report_in_text(box, start):
    start("--kill-grace=1m", "--report=-", "--", PROBE, "leave", "1", "polite")
    box.ends(LEAVES)
    lines = box.stderr().splitlines()
    assert all(re.fullmatch(r" *\d+ ms  .*", line) for line in lines), lines
    [pid] = of(box, r"polite (\d+)")
    assert any(f"SIGTERM to probe[{pid}]" in line for line in lines)
    assert any(f"[{pid}] exited with 3" in line for line in lines)
    assert lines[-1].endswith(f"exit with {LEAVES}")


def test_report_of_many(box):
    """More than are kept: counted."""
    box.as_pid_1("--kill-grace=1m", "--report=-", "--report-format=json", "--", PROBE, "leave", "500", "wait")
    box.ends(LEAVES)
    events = [json.loads(line) for line in box.stderr().splitlines()]
    assert events[-1]["event"] == "exit" and events[-1]["status"] == LEAVES
    assert events[-1]["dropped"] > 0


def test_report_with_hostile_names(box):
    """The name of a process cannot forge a line or break the JSON."""
    os.symlink(PROBE, box.path('a"\n\\}{'))
    box.as_pid_1("--kill-grace=1m", "--report=-", "--report-format=json", "--",
                 box.path('a"\n\\}{'), "leave", "1", "polite")
    box.ends(LEAVES)
    events = [json.loads(line) for line in box.stderr().splitlines()]
    assert [event["signal"] for event in events if event["event"] == "signal"] == [15]


def test_report_without_a_teardown(box, start):
    start(f"--report={box.path('report')}", "--", "/bin/sh", "-c", "exit 7")
    box.ends(7)
    assert box.read("report").decode().endswith("exit with 7\n")


@pytest.mark.parametrize("path", ["/no/such/directory/report", "/proc/1/nothing", "/", "/etc/passwd/report"])
def test_report_that_cannot_be_written(box, start, path):
    start(f"--report={path}", "--", "/bin/sh", "-c", "exit 7")
    box.ends(7)
    assert path in one_line(box.stderr())


def test_the_reason_why_a_report_cannot_be_written(box):
    box.as_pid_1("--report=/no/such/directory/report", "--", "true")
    box.ends(0)
    assert one_line(box.stderr()).endswith("/no/such/directory/report: No such file or directory")


def test_report_into_a_pipe_nobody_reads(box):
    os.mkfifo(box.path("pipe"))
    box.as_pid_1(f"--report={box.path('pipe')}", "--", "/bin/sh", "-c", "exit 7")
    box.ends(7)
    assert box.path("pipe") in one_line(box.stderr())


def test_report_onto_a_full_disk(box):
    box.as_pid_1("--report=/dev/full", "--kill-grace=1m", "--", PROBE, "leave", "1", "polite")
    box.ends(LEAVES)


def test_a_report_is_not_mains(box):
    """Main sees no descriptor of it, and a main that removes it breaks nothing."""
    report = box.path("report")
    box.as_pid_1(f"--report={report}", "--", "/bin/sh", "-c", f"ls -l /proc/self/fd; rm {report}; exit 7")
    box.ends(7)
    assert "report" not in box.read("stdout").decode()


# Idle

def settled(box):
    box.line("ready")
    # A child of init's may still close what lies on FUSE.
    waiting.until(lambda: len(box.named("fini")) == 1, SOON, "alone")
    waiting.until(lambda: "anon_inode:[signalfd]" in box.descriptors(box.init()).values(), SOON, "settled")
    pid = box.init()
    waiting.until(lambda: status(pid, "Seccomp")["Seccomp"] == "2", SOON, "in its sandbox")
    waiting.until(lambda: procfs.state(pid, pid) == "S", SOON, "in its wait")
    return pid


def switches(pid):
    assert len(procfs.tids(pid)) == 1
    return status(pid, "voluntary_ctxt_switches", "nonvoluntary_ctxt_switches")


def test_idle(boxes):
    """For ten seconds not a single system call, and not one wake-up; orphans were reaped before."""
    scene = ["/bin/sh", "-c", f"(true &); (true &); exec {PROBE} wait"]
    watched, traced, ordinary = boxes(), boxes(), boxes()
    watched.as_pid_1("--", *scene)
    ordinary.as_ordinary("--", *scene)
    traced.as_pid_1("--", *scene)
    pids = [settled(box) for box in (watched, ordinary, traced)]
    strace = subprocess.Popen(["strace", "-qq", "-f", "-p", str(pids[2]), "-o", "/dev/stdout"],
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        resumed = os.read(strace.stdout.fileno(), 4096) if waiting.readable(strace.stdout.fileno(), SOON) else b""
        assert b"poll" in resumed or b"restart_syscall" in resumed, "strace is attached"
        while waiting.readable(strace.stdout.fileno(), 0.5):
            resumed += os.read(strace.stdout.fileno(), 4096)
        assert resumed.count(b"\n") <= 1, f"what was going on when strace came: {resumed}"
        before = [switches(pid) for pid in pids[:2]]
        assert not waiting.readable(strace.stdout.fileno(), IDLE), os.read(strace.stdout.fileno(), 4096)
        assert [switches(pid) for pid in pids[:2]] == before
    finally:
        strace.terminate()
        strace.wait(SOON)
        strace.stdout.close()


def test_idle_costs_little_memory(box):
    box.as_pid_1("--", PROBE, "wait")
    pid = settled(box)
    assert int(status(pid, "VmRSS")["VmRSS"].split()[0]) < 600
