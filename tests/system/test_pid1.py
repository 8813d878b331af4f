"""fini is not PID 1: `docker run --init` over an image that has fini, an ENTRYPOINT in shell form, an emissary.

SIGKILL goes to PID 1. Where that is an init which reads its signals, fini's guardian holds its exit too; else a line says
that nobody does.
"""
import signal
import subprocess

import pytest

import procfs
import waiting
from container import INITS
from hangs import HOLDER, both_loads, hang_scenes
from inits import PROMPT, assert_ends, assert_hangs, assert_killed

SAID = "fini: PID 1 is {}: SIGKILL of it is not covered (make fini PID 1: use the exec form, no --init)"
OTHERS = {"tini": [], "dumb-init": [], "catatonit": []}
other_inits = pytest.mark.parametrize("other", OTHERS)
CHECKED = 4  # seconds until a first look at PID 1: --server-check


def start_under(container, other, load, options=(), launch=()):
    """fini as the child of another init."""
    fini = container.argv("fini", load + "\nfinish", ["-s", *options])
    separator = ["--"] if other != "dumb-init" else []
    return container.run([INITS[other], *separator, *fini], launch).wait_ready()


def start_in_shell(container, load, options=()):
    """The shell form of ENTRYPOINT, and a shell that does not exec its last command."""
    fini = container.argv("fini", load + "\nfinish", ["-s", *options])
    return container.run(["/bin/sh", "-c", " ".join(fini) + "; exit $?"]).wait_ready()


def held(container):
    """Waits until PID 1 is traced, by a process of fini's."""
    tracer = waiting.until(lambda: procfs.tracer(container.pid), 2, "held")
    assert tracer in container.processes()
    return tracer


@other_inits
@hang_scenes
def test_sigkill_of_another_init(container, other, scene):
    start_under(container, other, scene)
    held(container)
    assert_killed(container.kill())
    assert "PID 1" not in container.stderr()


@other_inits
def test_control_without_a_guardian_hangs(container, other):
    start_under(container, other, HOLDER, ["--guard=never"])
    container.kill()
    assert_hangs(container)


@other_inits
@both_loads
def test_main_exits_under_another_init(container, other, load):
    """Its own status, and it is not held any longer than fini lives."""
    start_under(container, other, load)
    held(container)
    assert_ends(container)


@other_inits
def test_sigkill_while_fini_tears_down(container, other):
    """As at the end of a stop's time. The guardian goes on where fini was."""
    start_under(container, other, "nd a --sigterm ignore --hold f; client hold mnt/a/g", ["--server-grace=30s", "--patience=0"])
    held(container)
    container.kill(signal.SIGTERM)
    container.wait_log("a SIGTERM")
    assert_killed(container.kill(), seconds=5)


@other_inits
def test_what_was_written_is_there_after_a_sigkill(container, other):
    start_under(container, other, "nd a --writeback-cache; client write mnt/a/f 100000")
    held(container)
    assert_killed(container.kill())
    container.assert_written("back/a/f", size=100000)


@other_inits
def test_another_init_stopped_and_continued(container, other):
    """From outside it stops, as untraced; from inside it does not."""
    start_under(container, other, HOLDER)
    held(container)
    container.run_inside("kill -STOP 1")
    container.kill(signal.SIGSTOP)
    waiting.until(lambda: procfs.state(container.pid, container.pid) in "Tt", PROMPT, "stopped")
    container.kill(signal.SIGCONT)
    waiting.until(lambda: procfs.state(container.pid, container.pid) == "S", PROMPT, "continued")
    held(container)
    assert_killed(container.kill())


@other_inits
def test_another_guardian_when_one_is_killed(container, other):
    start_under(container, other, HOLDER)
    first = held(container)
    container.run_inside(f"kill -KILL {procfs.inner_pid(first)}")
    waiting.until(lambda: procfs.tracer(container.pid) not in (0, first), PROMPT, "held by another")
    assert_killed(container.kill())


@other_inits
def test_another_init_that_may_not_be_traced(container, other):
    """Said once, while main runs."""
    start_under(container, other, HOLDER, launch=["--deny", "ptrace:EPERM"])
    waiting.line_in_file(container.path("stderr"), "SIGKILL of init is not covered")
    waiting.line_in_file(container.path("stderr"), SAID.format(procfs.comm(container.pid)), CHECKED)
    assert_ends(container)
    assert container.stderr().count("PID 1 is") == 1


def test_another_init_of_another_user(container, for_nobody):
    """Who may not be looked at is not held: said."""
    fini = container.argv("fini", HOLDER + "\nfinish", ["-s"])
    as_nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    container.run([INITS["tini"], "--", *as_nobody, *fini], for_nobody).wait_ready()
    waiting.line_in_file(container.path("stderr"), SAID.format("tini-static"), CHECKED)
    assert procfs.tracer(container.pid) == 0
    assert_ends(container)


def test_shell_form_is_said_once_and_not_traced(container):
    """A shell takes its signals: to be traced could change how. Its SIGKILL hangs, and the line has said so."""
    start_in_shell(container, HOLDER)
    waiting.line_in_file(container.path("stderr"), SAID.format("sh"), CHECKED)
    assert procfs.tracer(container.pid) == 0
    container.kill()
    assert_hangs(container)
    assert container.stderr().count("PID 1 is") == 1


def test_shell_form_ends_with_mains_status(container):
    start_in_shell(container, HOLDER)
    assert_ends(container)


def test_nothing_is_said_without_fuse_or_a_guardian(container):
    start_in_shell(container, HOLDER, ["--guard=never", "--server-check=10ms"])
    assert_ends(container)
    assert "PID 1" not in container.stderr()


def test_fini_under_fini(container):
    """The outer one covers everything: nothing is said."""
    start_under(container, "fini", HOLDER, ["--server-check=10ms"])
    container.guardian()
    held(container)
    assert_killed(container.kill())
    assert container.stderr() == ""


@pytest.mark.parametrize("how", ["--check", "--check=json"])
def test_check_says_who_is_pid_1(container, how):
    container.start("tini", f"{INITS['fini']} {how} || echo $? >status\nfinish").wait_ready()
    assert container.read("status") == b"2\n"
    said = container.read("stdout").decode()
    if how == "--check":
        assert "no   SIGKILL of PID 1 is survived: PID 1 is tini-static (the exec form of ENTRYPOINT, no --init)" in said
        assert said.endswith("not covered: something needed is missing\n")
    else:
        assert '{"part":"pid1","needed":true,"covered":false,' in said and said.endswith('"status":2}\n')


def test_check_beside_a_fini_that_is_pid_1(container):
    """As `docker exec NAME /fini --check` runs it: the PID 1 that is there covers the SIGKILL."""
    container.start("fini", f"{INITS['fini']} --check; echo $? >status\nfinish").wait_ready()
    assert "PID 1" not in container.read("stdout").decode()
    assert container.read("status") == b"0\n"


def test_check_on_the_host_says_nothing_of_pid_1():
    """Nobody can kill that one."""
    done = subprocess.run([INITS["fini"], "--check"], capture_output=True, text=True)
    assert "PID 1" not in done.stdout
