"""fini in podman, of root and of an ordinary user: statuses, the terminal, signals, as ENTRYPOINT and as --init."""
import signal

import pytest

import engine
import podman as tests_podman
import terminal
import waiting

pytest_plugins = ["podman_fixtures"]

each_way = pytest.mark.parametrize("way", ["entrypoint", "--init"])


def options(podman, way):
    """The options and the image with which podman run starts a command under fini."""
    if way == "--init":
        return [*podman.options(), "--init", "--init-path", podman.inits["fini"], tests_podman.IMAGE]
    return [*podman.options(), f"{tests_podman.IMAGE}:fini"]


@pytest.mark.parametrize("argv,status,said", [
    (["true"], 0, ""),
    (["sh", "-c", "exit 7"], 7, ""),
    (["sh", "-c", "kill -KILL $$"], 137, ""),
    (["sh", "-c", "kill -USR1 $$"], 138, ""),
    (["/not/there"], 127, "fini: exec /not/there: No such file or directory\n"),
    (["/etc/passwd"], 126, "fini: exec /etc/passwd: Permission denied\n"),
], ids=["0", "7", "SIGKILL", "SIGUSR1", "not found", "not executable"])
@each_way
def test_status(podman, way, argv, status, said):
    ran = podman("run", "--rm", *options(podman, way), *argv)
    assert (ran.status, ran.out, ran.err) == (status, "", said)


@each_way
def test_fini_is_pid_1(podman, way):
    ran = podman("run", "--rm", *options(podman, way), "sh", "-c", "cat /proc/1/comm; echo $PPID")
    assert engine.check(ran).split() == ["fini" if way == "entrypoint" else "podman-init", "1"]


@each_way
def test_terminal(podman, way):
    """podman run -it: main has the terminal, in the foreground and with its size, and Ctrl-C reaches it."""
    script = "trap 'echo interrupted; exit 9' INT; test -t 0 && stty size && echo up; while :; do sleep 1; done"
    with terminal.Terminal([*podman.cli, "run", "-it", "--rm", *options(podman, way), "sh", "-c", script],
                           rows=33, columns=111) as run:
        run.wait_for("33 111")
        run.wait_for("up")
        run.type("\x03")
        run.wait_for("interrupted")
        assert run.wait_end(10) == 9


@pytest.mark.parametrize(
    "number", [signal.SIGHUP, signal.SIGUSR1, signal.SIGTERM, signal.SIGWINCH, signal.SIGRTMIN + 3],
    ids=["HUP", "USR1", "TERM", "WINCH", "RTMIN+3"])
def test_signal_reaches_main(podman, number, named):
    """podman kill --signal: main gets it, and its exit status is the container's."""
    name = named(podman)
    podman.run(name, f"{tests_podman.IMAGE}:fini",
               ["bash", "-c", f"trap 'exit 42' {int(number)}; echo up; while :; do sleep 0.1; done"])
    waiting.until(lambda: podman("logs", name).out == "up\n", 10, "up")
    engine.check(podman("kill", "--signal", str(int(number)), name))
    assert podman.wait(name) == 42


def test_stop_is_prompt(podman, named):
    """Where main does not take SIGTERM, as PID 1 it would not, podman stop waits for nobody under fini."""
    name = named(podman)
    podman.run(name, f"{tests_podman.IMAGE}:fini", ["sleep", "1000"])
    ran = podman("stop", "-t", "20", name)
    engine.check(ran)
    assert ran.seconds < 10
    assert podman.status(name) == 128 + signal.SIGTERM
