"""docker run -it at a real terminal, under tmux: what is typed reaches who it would reach without an init."""
import pytest

import dockerd
from tmux import Tmux


@pytest.fixture
def terminal(docker):
    """Runs a command in a container under fini, at a terminal: terminal.inside(way, *argv)."""
    terminal = Tmux()

    def inside(way, *argv):
        image, _, *options = docker.under(way, None)
        terminal.run(*docker.cli, "run", "-it", "--name", "terminal", "--network", "none", "-e", "PS1=inside$ ",
                     *options, image, *argv)
    terminal.inside = inside
    yield terminal
    terminal.close()
    docker.remove("terminal")


@pytest.fixture(params=dockerd.WAYS)
def shell(request, terminal):
    """A terminal at which a shell runs in a container."""
    terminal.inside(request.param, "bash", "--norc")
    terminal.wait_for("inside$")
    return terminal


def test_status(shell):
    shell.type("exit 7")
    shell.wait_for("host$", 2)
    shell.type("echo status=$?")
    shell.wait_for("status=7")


def test_job_control(shell):
    """Ctrl-C, Ctrl-Z, bg, fg; and no complaint about job control."""
    shell.type("echo sleeps; sleep 1000")
    shell.wait_for("sleeps")
    shell.press("C-c")
    shell.wait_for("inside$", 2)
    shell.type("echo status=$?.")
    shell.wait_for("status=130.")
    shell.type("echo up; cat")  # what is typed before that comes to cat as the shell's line editor left it
    shell.wait_for("up")
    shell.type("echoed")
    shell.wait_for("echoed", 2)  # it has the terminal
    shell.press("C-z")
    shell.wait_for("[1]+  Stopped")
    shell.type("bg")
    shell.wait_for("[1]+")
    shell.type("fg")
    shell.wait_for("cat")
    shell.type("again")
    shell.wait_for("again", 2)
    shell.press("C-d")
    shell.type("echo status=$?.")
    shell.wait_for("status=0.")
    assert "job control" not in shell.screen()


def test_ctrl_c_ends_main(terminal):
    """Main alone at the terminal, no shell."""
    terminal.inside("--init", "sh", "-c", "echo up; exec cat")
    terminal.wait_for("up")
    terminal.press("C-c")
    terminal.wait_for("host$", 2)
    terminal.type("echo status=$?")
    terminal.wait_for("status=130")


def test_window_size(shell):
    """Main learns of it by SIGWINCH, also of a change."""
    shell.type("until stty size | grep [0-9]; do :; done")  # docker sets it once main has been started
    shell.wait_for("24 80")
    shell.type("trap 'echo; stty size' WINCH; echo trap set")
    shell.wait_for("trap set")
    shell.resize(100, 30)
    shell.wait_for("30 100")
