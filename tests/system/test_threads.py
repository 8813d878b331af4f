"""A server that only one of its threads shows, or whose mount no mountinfo shows."""
import pytest

import waiting
from inits import HURRY, assert_ends, assert_hangs, assert_killed, both_finis
from test_abort import NEITHER

SCENES = {
    "first thread has ended": "--thread alone",
    "open files of a thread's own": "--thread files",
    "mounts of a thread's own": "--thread mounts",
    "mounted nowhere": "--nowhere",
    "unmounted lazily": "--detach",
}
# Two of them no event announces: only a guardian that is there anyway acts at a SIGKILL.
OPTIONS = {"--thread mounts": ["--guard=always"], "--nowhere": ["--guard=always"]}

STORES = "--store $S/back/a/state --end 100"

every_scene = pytest.mark.parametrize("how", SCENES.values(), ids=SCENES.keys())
# Where fdinfo does not tell the connection, a mountinfo must.
shown = pytest.mark.parametrize("init, how", [
    *(pytest.param("fini", how, id=f"{name}-fini") for name, how in SCENES.items()),
    *(pytest.param("fini-no-fdinfo", how, id=f"{name}-fini-no-fdinfo", marks=pytest.mark.no_fdinfo)
      for name, how in SCENES.items() if "thread" in how)])


def serving(how, more="--hold f"):
    return f"rawfuse --log drives.log --name a {how} {more} mnt/a\nfinish"


@every_scene
def test_control_hangs(container, how):
    container.start("tini", serving(how)).wait_ready().finish()
    assert_hangs(container)


@shown
def test_ends(container, init, how):
    container.start(init, serving(how)).wait_ready()
    assert_ends(container)
    assert "a SIGTERM" in container.log()
    assert "CAP_SYS_ADMIN" not in container.stderr()


@shown
def test_sigkill(container, init, how):
    container.start(init, serving(how), OPTIONS.get(how, [])).wait_ready().guardian()
    assert_killed(container.kill())


@shown
def test_healthy_server_stores(container, init, how):
    container.start(init, serving(how, STORES if how != "--detach" else STORES + " --hold f")).wait_ready()
    assert_ends(container)
    assert "a STORED" in container.log()


@pytest.mark.parametrize("how", OPTIONS)
def test_sigkill_where_another_mount_has_started_the_guardian(container, how):
    container.start("fini", "nd b; guarded\n" + serving(how)).wait_ready()
    assert_killed(container.kill())


@pytest.mark.parametrize("how", ["--thread alone", "--thread files"])
def test_answers_for_a_thread(container, how):
    """Duplicated from that thread's table (Linux 6.9), where nothing else can abort."""
    container.start("fini", serving(how, "--stubborn --hold f"), HURRY, NEITHER).wait_ready()
    assert_ends(container)
    assert " by pidfd_getfd: " in container.stderr()


def test_advises_no_right_that_is_there(container):
    """Neither its number nor itself is told by anything."""
    container.start("fini", serving("--nowhere"), HURRY, ["--deny", "pidfd_getfd:EPERM"]).wait_ready().finish()
    line = waiting.line_in_file(container.path("stderr"), "left behind", 10)
    assert line.endswith("which cannot be aborted here")
    assert "CAP_SYS_ADMIN" not in container.stderr()
    assert container.release()


@pytest.mark.parametrize("there", [True, False], ids=["fuse", "no fuse"])
def test_fuse_is_not_loaded_to_look_for_it(container, there):
    """Mounting fusectl would; /proc/filesystems tells whether the kernel has it."""
    hide = "" if there else "grep -v fuse /proc/filesystems >kernel; mount --bind kernel /proc/filesystems\n"
    argv = container.argv("fini", hide + "mount -t tmpfs none mnt/b; sleep 60 &\nfinish")
    trace = container.path("trace.log")
    container.run(argv, wrapper=["strace", "-f", "-qq", "-o", trace, "-e", "trace=fsopen"]).wait_ready()
    assert_ends(container)
    assert (b'fsopen("fusectl"' in container.read("trace.log")) == there


# As a large JVM: its threads have one table, which is long.
MANY = """
cat >many <<'END'
import os, threading, time
for _ in range(4000):
    os.dup(1)
for _ in range(500):
    threading.Thread(target=time.sleep, args=(100,), daemon=True).start()
open("placed", "w").close()
time.sleep(100)
END
/usr/bin/python3 -S many & until [ -e placed ]; do sleep 0.02; done
nd a --hold f
finish"""


@both_finis
def test_many_threads_with_many_files_do_not_use_up_the_look(container, init):
    """Where the kernel does not tell how many files a table has, before Linux 6.2, each is read."""
    container.start(init, MANY).wait_ready()
    assert_ends(container, seconds=5)
