"""--server: servers that fini starts before main, in order, and each of which main finds at work."""
import os
import signal

import pytest

import procfs
import waiting
from declared import (INITS, STARTS, TOOLS, as_child, assert_not_started, assert_only_pid_1_left,  # noqa: F401
                      await_mounted, drive, gates, server, shell, start_gated)
from inits import assert_ends, both_finis
from test_init_terminal import Terminal, terminal  # noqa: F401
from test_order import before

SEES_A = "cmp mnt/a/seed back/a/seed\nfinish"


@both_finis
@pytest.mark.parametrize("options", ["", "-f", "-f -s"], ids=["daemonizes", "foreground", "one thread"])
def test_main_sees_the_mount_at_once(container, init, options):
    container.start(init, SEES_A, [server(drive(container, "a", options))]).wait_ready()
    assert len(container.connections) == 1
    assert_ends(container)
    assert container.stderr() == ""
    assert "a DESTROY 0" in container.log()


# As a mount helper does it: it mounts, passes /dev/fuse to the server and ends. Each step waits, if there is a gate for it.
HANDED_OVER = """
import os, socket, subprocess
def step(name):
    if os.path.exists("{scratch}/" + name):
        open("{scratch}/" + name).readline()
ours, its = socket.socketpair()
if os.fork() == 0:
    fuse = os.open("/dev/fuse", os.O_RDWR)
    os.set_inheritable(fuse, True)
    step("mount")
    subprocess.run(["mount", "-i", "-t", "fuse.ndrive", "-o",
                    f"fd={{fuse}},rootmode=40000,user_id=0,group_id=0", "ndrive", "{scratch}/mnt/a"],
                   close_fds=False, check=True)
    step("pass")
    socket.send_fds(its, [b"x"], [fuse])
    os._exit(0)
its.close()
os.wait()
open("{scratch}/passed", "w").close()
step("take")
fuse = socket.recv_fds(ours, 1, 1)[1][0]
os.set_inheritable(fuse, True)
os.execv("{ndrive}", ["ndrive", "-f", "--log", "{scratch}/drives.log", "--name", "a", "{scratch}/back/a",
                      f"/dev/fd/{{fuse}}"])
"""


@pytest.fixture
def handed_over(container, gates):  # noqa: F811
    """Starts such a server, and returns its gates. Nothing checks servers."""
    def start(*steps):
        made = [gates(container, step) for step in steps]
        with open(container.path("server.py"), "w") as file:
            file.write(HANDED_OVER.format(scratch=container.scratch, ndrive=f"{TOOLS}/ndrive"))
        container.start("fini", SEES_A, [server(f"python3 {container.path('server.py')}"), "--server-check=0"])
        return made
    return start


def test_a_mount_helper_that_was_taken_for_the_server(container, handed_over):
    """It held /dev/fuse when init looked; the server has it since. No other event tells of that."""
    passes, = handed_over("pass")
    await_mounted(container, "a")
    container.guardian()  # init has seen who holds it
    passes.open()
    container.wait_ready()
    assert_ends(container)
    assert container.stderr() == ""
    assert "a DESTROY 0" in container.log()


@pytest.mark.parametrize("later", [0.05, 2])
def test_a_server_that_nobody_saw_take_its_device(container, handed_over, later):
    """When init looks, /dev/fuse is in a socket and nobody's: it is stopped until then. What is no --server's would be
    searched for not much longer than a second."""
    mounts, takes = handed_over("mount", "take")
    waiting.until(lambda: container.named("python3"), STARTS, "started")
    os.kill(container.pid, signal.SIGSTOP)
    mounts.open()
    await_mounted(container, "a")
    waiting.until(lambda: os.path.exists(container.path("passed")), STARTS, "passed on")
    os.kill(container.pid, signal.SIGCONT)
    waiting.moment(later)
    takes.open()
    container.wait_ready()
    assert_ends(container)
    assert "is not seen" not in container.stderr()
    assert "a DESTROY 0" in container.log()


@both_finis
def test_several_in_order(container, init):
    """The next one starts only when the one before it serves, and main when all do."""
    look = "cut -d\" \" -f5 /proc/self/mountinfo | grep \"^$S/mnt\" >$S/seen-by-{0} || :; exec "
    options = [server(shell(container, look.format(name) + drive(container, name, "-f"))) for name in "abc"]
    container.start(init, "for d in a b c; do cmp mnt/$d/seed back/$d/seed; done\nfinish", options).wait_ready()
    seen = [container.read(f"seen-by-{name}").decode().split() for name in "abc"]
    mounts = [container.path(f"mnt/{name}") for name in "abc"]
    assert seen == [[], mounts[:1], mounts[:2]]
    assert_ends(container)
    assert container.stderr() == ""
    log = container.log()
    assert before(log, "c DESTROY", "b DESTROY") and before(log, "b DESTROY", "a DESTROY"), log


@both_finis
def test_from_the_environment(container, init):
    argv = container.argv(init, "cmp mnt/a/seed back/a/seed; cmp mnt/b/seed back/a/seed\nfinish")
    variables = [f"FINI_SERVER_1={drive(container, 'a')}",
                 f"FINI_SERVER_2={drive(container, 'b', back=container.path('mnt/a'))}"]
    container.run(["/usr/bin/env", *variables, *argv]).wait_ready()
    assert_ends(container)
    assert before(container.log(), "b DESTROY", "a DESTROY")


@both_finis
def test_one_that_needs_the_mount_of_the_one_before(container, init):
    over = drive(container, "b", back=container.path("mnt/a"))
    container.start(init, "cmp mnt/b/seed back/a/seed; client write mnt/b/f 100000\nfinish",
                    [server(drive(container, "a")), server(over)]).wait_ready()
    assert_ends(container)
    container.assert_written("back/a/f", size=100000)
    assert before(container.log(), "b DESTROY", "a DESTROY")
    assert container.stderr() == ""


@pytest.mark.parametrize("quoted", ["'{}/with space'", '"{}/with space"', "{}/with\\ space", "{}/wi'th sp'a\"ce\""])
def test_words(container, quoted):
    for directory in ("back", "mnt"):
        os.mkdir(container.path(f"{directory}/with space"))
    command = drive(container, "a", back=quoted.format(container.path("back")), on=quoted.format(container.path("mnt")))
    container.start("fini", 'test ! -e "mnt/with space/f"; client hold "mnt/with space/f"\nfinish',
                    [server(command)]).wait_ready()
    assert os.path.exists(container.path("back/with space/f"))
    assert_ends(container)


def test_nothing_is_expanded(container):
    container.start("fini", "finish", [server(shell(container, "exec " + drive(container, "a"))
                                              + " '$HOME' * ; > \\\\ \\' && \"\\\"\" ~ ''")]).wait_ready()
    assert_ends(container)
    assert sorted(os.listdir(container.scratch)) == sorted(
        ["a.pid", "back", "drives.log", "go", "main", "mnt", "ready", "stderr", "stdout"])


@pytest.mark.parametrize("command", ["'", '"', "sh -c 'exit", 'sh "', "''' "])
def test_bad_quoting(container, start_gated, command):  # noqa: F811
    start_gated(container, "fini", [server(command)])
    assert "quot" in assert_not_started(container, "server")


@pytest.mark.parametrize("command", ["", " ", "\t\n"])
def test_nothing_to_run(container, start_gated, command):  # noqa: F811
    """Refused as a wrong option, or as a server that cannot be started."""
    start_gated(container, "fini", [server(command)])
    end = container.wait_end(STARTS)
    assert end is not None and end.status in (1, 125)
    assert container.stderr().count("\n") == 1 and "server" in container.stderr()


FAILING = {
    "does not exist": ("/no/such/program", ["/no/such/program", "No such file"]),
    "is not in PATH": ("no-such-program -f", ["no-such-program", "No such file"]),
    "is a directory": ("/", ["'/'", "Permission denied"]),
    "exits 3": ("sh -c 'exit 3'", ["exit 3", "exited with 3", "before its mount"]),
    "is killed": ("sh -c 'kill -KILL $$'", ["signal 9", "before its mount"]),
}


@both_finis
@pytest.mark.parametrize("command,words", FAILING.values(), ids=FAILING.keys())
def test_cannot_be_started(container, start_gated, init, command, words):  # noqa: F811
    start_gated(container, init, [server(command)])
    assert_not_started(container, *words)


@pytest.mark.parametrize("command", ["sleep 60", "true", "sh -c '(sleep 60 &) &'"],
                         ids=["never mounts", "ends without a mount", "goes into the background without one"])
def test_never_mounts(container, start_gated, command):  # noqa: F811
    start_gated(container, "fini", [server(command), "--server-ready=1s"])
    line = assert_not_started(container, command, "not live after 1000 ms")
    assert line.endswith(" ms") == (command == "sleep 60"), line


@pytest.mark.parametrize("command", ["true", "sh -c '(sleep 60 &) &'"])
def test_one_that_exited_with_0_and_did_not_mount_says_so(container, command):
    """The line every five seconds, and the last: whoever waits wants to know what for."""
    container.start("fini", "finish", [server(command), "--server-ready=6s"])
    end = container.wait_end(6 + STARTS)
    assert end and end.status == 125
    waits, fails = container.stderr().splitlines()
    assert waits.endswith("waiting for its mount, 5 s (it exited with 0)")
    assert fails.endswith("its mount is not live after 6000 ms (it exited with 0)")


def test_a_server_without_the_device_is_told_which_flag_it_needs(container, start_gated):  # noqa: F811
    device = container.path("fuse")
    os.mknod(device, 0o20666, os.makedev(10, 253))  # of no driver
    start_gated(container, "fini", [server(drive(container, "a"))], ["--bind", f"{device}:/dev/fuse"])
    assert_not_started(container, "exited with ", "(no /dev/fuse that opens: add --device /dev/fuse)")


def test_a_server_without_sys_admin_is_told_which_flag_it_needs(container, start_gated):  # noqa: F811
    start_gated(container, "fini", [server(drive(container, "a"))], ["--drop-cap", "21"])
    assert_not_started(container, "exited with ", "(no CAP_SYS_ADMIN: add --cap-add SYS_ADMIN)")


def test_a_server_that_lacks_nothing_is_told_no_flag(container, start_gated):  # noqa: F811
    start_gated(container, "fini", [server("sh -c 'exit 3'")])
    assert assert_not_started(container, "exited with 3").endswith("before its mount was live")


def test_a_command_for_a_shell_is_warned_of(container, start_gated):  # noqa: F811
    start_gated(container, "fini", [server(f"false && {drive(container, 'a')}")])
    end = container.wait_end(STARTS)
    assert end and end.status == 125
    warned, failed = container.stderr().splitlines()
    assert "no shell runs it" in warned and "exited with 1" in failed


def test_progress_comes_after_five_seconds(container):
    container.start("fini", "finish", [server("sleep 60"), "--server-ready=6s"])
    end = container.wait_end(6 + STARTS)
    assert end and end.status == 125
    first, second = container.stderr().splitlines()
    assert "sleep 60" in first and "5 s" in first and "waiting" in first
    assert "not live after 6000 ms" in second


def test_bad_option_of_the_server(container, start_gated):  # noqa: F811
    """What the server itself says is not ours to hide."""
    start_gated(container, "fini", [server(f"{TOOLS}/ndrive --no-such-option")])
    end = container.wait_end(STARTS)
    assert end and end.status == 125
    lines = [line for line in container.stderr().splitlines() if line.startswith("fini: ")]
    assert len(lines) == 1 and "exited with 2" in lines[0] and "usage" in container.stderr()


# What was started before is torn down

LATER = {
    "fails": ("read -r x <$S/gate; exit 3", "exited with 3"),
    "is killed": ("read -r x <$S/gate; kill -KILL $$", "signal 9"),
    "is late": ("read -r x <$S/gate; exec sleep 60", "not live"),
}
later = pytest.mark.parametrize("script,words", LATER.values(), ids=LATER.keys())


def with_a_later_one(container, gates, script, init="fini"):
    gate = gates(container, "gate")
    options = [server(drive(container, "a", "--hold own")),
               server(drive(container, "b", back=container.path("mnt/a"))),
               server(shell(container, script)), "--server-ready=1s"]
    return gate, container.argv(init, "echo main ran >>drives.log\nfinish", options)


@both_finis
@later
def test_what_was_started_is_torn_down(container, gates, init, script, words):  # noqa: F811
    gate, argv = with_a_later_one(container, gates, script, init)
    container.run(argv)
    await_mounted(container, "a", "b")
    gate.open()
    assert_not_started(container, words)
    log = container.log()
    assert before(log, "b DESTROY", "a DESTROY") and "main ran" not in log, log


@later
def test_what_was_started_is_torn_down_when_not_pid_1(container, gates, script, words):  # noqa: F811
    gate, argv = with_a_later_one(container, gates, script)
    container.run(as_child(container, argv))
    await_mounted(container, "a", "b")
    gate.open()
    container.wait_ready()
    assert container.read("status") == b"125\n"
    assert words in container.stderr() and container.stderr().count("\n") == 1
    assert_only_pid_1_left(container)
    assert_ends(container)


@both_finis
def test_sigterm_while_a_server_is_starting(container, init):
    script = "echo started >>$S/drives.log; exec sleep 60"
    container.start(init, "echo main ran >>drives.log\nfinish",
                    [server(drive(container, "a", "--hold own")), server(shell(container, script))])
    container.wait_log("started")
    container.pin_connections()
    container.kill(signal.SIGTERM)
    assert_not_started(container, "stopped while", "starting")
    assert "main ran" not in container.log() and "a DESTROY 0" in container.log()


# Servers of many kinds

@both_finis
def test_forks_twice(container, init):
    """The shell that started it ends long before the mount is there."""
    script = f"({drive(container, 'a', '-f')} >&- &) & exit 0"
    container.start(init, SEES_A, [server(shell(container, script))]).wait_ready()
    assert_ends(container)
    assert container.stderr() == "" and "a DESTROY 0" in container.log()


@both_finis
def test_mounts_twice(container, init):
    command = shell(container, f"{drive(container, 'a')}; {drive(container, 'b')}")
    container.start(init, "cmp mnt/a/seed back/a/seed; until cmp -s mnt/b/seed back/b/seed; do :; done\nfinish",
                    [server(command)]).wait_ready()
    assert len(container.connections) == 2
    assert_ends(container)
    assert {"a DESTROY 0", "b DESTROY 0"} <= set(container.log())
    assert container.stderr() == ""


def test_twenty(containers):
    names = [f"d{number:02}" for number in range(20)]
    container = containers(drives=names)
    container.start("fini", "for d in mnt/d*; do cmp $d/seed back/d00/seed; done\nfinish",
                    [server(drive(container, name)) for name in names]).wait_ready()
    assert len(container.connections) == 20
    assert_ends(container, seconds=5)
    ends = [line.split()[0] for line in container.log() if "DESTROY" in line]
    assert ends == names[::-1]
    assert container.stderr() == ""


def test_more_than_can_be_declared(container, start_gated):  # noqa: F811
    start_gated(container, "fini", [server("true")] * 33)
    end = container.wait_end(STARTS)
    assert end and end.status == 1
    assert container.stderr().count("\n") == 1 and "--server" in container.stderr()


@both_finis
def test_one_that_holds_its_own_file(container, init):
    container.start(init, "finish", [server(drive(container, "a", "--hold f"))]).wait_ready()
    assert_ends(container)


@both_finis
def test_init_is_killed(container, init):
    container.start(init, "client hold mnt/a/f\nfinish", [server(drive(container, "a", "--hold own"))]).wait_ready()
    container.guardian()
    end = container.kill().wait_end(2)
    assert end is not None and end.status == -signal.SIGKILL, container.stuck()
    container.assert_nothing_left()
    assert before(container.log(), "RELEASE /f", "a DESTROY")


def test_when_not_pid_1(container):
    """Main's status, and nothing is left: neither process nor mount."""
    main = ["/bin/sh", "-c", f"cmp {container.path('mnt/a/seed')} {container.path('back/a/seed')}; exit 7"]
    container.run(as_child(container, [INITS["fini"], server(drive(container, "a", "--hold f")), "--", *main]))
    container.wait_ready()
    assert container.read("status") == b"7\n", container.stderr()
    assert_only_pid_1_left(container)
    assert_ends(container)


# What is whose

def test_inherited_descriptors_go_to_main_only(container):
    look = "readlink /proc/self/fd/[0-9]* >$S/server-has; "
    argv = container.argv("fini", "readlink /proc/$$/fd/7 >main-has\nfinish",
                          [server(shell(container, look + "exec " + drive(container, "a", "-f")))])
    inherited = container.path("inherited")
    container.run(["/bin/sh", "-c", f'exec 7>{inherited}; exec "$@"', "sh", *argv]).wait_ready()
    assert container.read("main-has").decode().split() == [inherited]
    has = container.read("server-has").decode().split("\n")
    assert has[0] == "/dev/null" and inherited not in has, has
    assert not [link for link in has if "mountinfo" in link or "signalfd" in link or "fuse" in link], has
    [ndrive] = container.named("ndrive")
    assert inherited not in [os.readlink(f"/proc/{ndrive}/fd/{fd}") for fd in os.listdir(f"/proc/{ndrive}/fd")]
    assert_ends(container)


def test_signals_are_as_init_found_them(container):
    look = "grep -E ^Sig[BI] /proc/self/status >$S/server-has; "
    container.start("fini", "grep -E ^Sig[BI] /proc/self/status >main-has\nfinish",
                    [server(shell(container, look + "exec " + drive(container, "a")))]).wait_ready()
    assert container.read("server-has") == container.read("main-has")
    assert_ends(container)


def test_the_terminal_is_mains(container, terminal):  # noqa: F811
    """Ctrl-C reaches main and no server; a server's stdin is not the terminal."""
    fini, *arguments = container.argv("fini", "exec 3<>go\necho main $$ 0\nread -r x <&3", [
        server(shell(container, "readlink /proc/self/fd/0 >$S/stdin; exec " + drive(container, "a", "-f")))])
    terminal.run("/usr/bin/unshare", "--pid", "--fork", "--mount", "--mount-proc", "--kill-child", fini, *arguments)
    terminal.read_until(b"main ")
    group = terminal.foreground()
    assert container.read("stdin") == b"/dev/null\n"
    assert procfs.comm(group) in ("sh", "main"), procfs.comm(group)
    terminal.write(b"\x03")
    terminal.ends(128 + signal.SIGINT)
    assert not [line for line in container.log() if "SIG" in line], container.log()
    assert waiting.line_in_file(container.path("drives.log"), "a DESTROY", 0)
