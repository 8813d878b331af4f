"""When there is a guardian, when there is none, and what is said if there cannot be one."""
import re

import pytest

import procfs
import waiting
from hangs import HOLDER
from inits import PROMPT, assert_ends, assert_hangs, assert_killed, both_finis

CAP_SYS_RESOURCE = 24


@pytest.mark.parametrize("error", ["EPERM", "ENOSYS"])
@both_finis
def test_ptrace_refused(container, init, error):
    """One line says so; the rest works."""
    container.start(init, HOLDER + "\nfinish", launch=["--deny", f"ptrace:{error}"]).wait_ready()
    line = waiting.line_in_file(container.path("stderr"), "SIGKILL")
    assert re.fullmatch(r"fini: SIGKILL of init is not covered: .+", line)
    assert_ends(container)
    assert container.stderr().count("not covered") == 1


def test_none_without_fuse(container):
    """No second process, nobody traces PID 1."""
    container.start("fini", "finish").wait_ready()
    main = [pid for pid in container.processes() if procfs.comm(pid) == "sh"]
    client = container.named("client")  # of the foreign mount, which is none of ours
    assert sorted(container.processes()) == sorted([container.pid, *main, *client]) and len(main) == 1
    assert procfs.tracer(container.pid) == 0
    assert_ends(container)


def test_always(guarded):
    container, _ = guarded("", options=["--guard=always"])
    assert_killed(container.kill())


def test_always_exits_with_mains_status(guarded):
    container, _ = guarded("", options=["--guard=always"])
    assert_ends(container)


def test_never(container):
    container.start("fini", HOLDER + "\nfinish", options=["--guard=never"]).wait_ready()
    assert procfs.tracer(container.pid) == 0
    container.kill()
    assert_hangs(container)


def test_never_changes_nothing_else(container):
    container.start("fini", HOLDER + "\nfinish", options=["--guard=never"]).wait_ready()
    assert_ends(container)


def oom_score_adj(pid):
    with open(f"/proc/{pid}/oom_score_adj") as file:
        return int(file.read())


def test_only_the_guardian_is_spared_when_memory_runs_out(guarded):
    """Where it may be: that takes SYS_RESOURCE. Scores are inherited, and main's is whoever's that started us."""
    container, guardian = guarded(HOLDER)
    with open("/proc/self/status") as file:
        [effective] = [int(line.split()[1], 16) for line in file if line.startswith("CapEff:")]
    own = oom_score_adj("self")
    spared = -1000 if effective >> CAP_SYS_RESOURCE & 1 else own
    waiting.until(lambda: oom_score_adj(guardian) == spared, PROMPT, "set")
    assert {oom_score_adj(pid) for pid in container.processes() if pid != guardian} == {own}
