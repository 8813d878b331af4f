"""docker run -it at a real terminal, under tmux: what is typed reaches who it would reach without an init."""
import pytest

import dockerd
from tmux import Tmux


@pytest.fixture
def terminal():
    terminal = Tmux()
    yield terminal
    terminal.close()


@pytest.fixture(params=dockerd.WAYS)
def shell(request, docker, terminal):
    """A terminal at which a shell runs in a container, under fini."""
    image, _, *options = docker.under(request.param, None)
    terminal.run(*docker.cli, "run", "-it", "--rm", "--network", "none", "-e", "PS1=inside$ ", *options, image,
                 "bash", "--norc")
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
    shell.type("cat")
    shell.type("echoed")
    shell.wait_for("echoed", 2)  # it has the terminal
    shell.press("C-z")
    shell.wait_for("[1]+  Stopped")
    shell.type("bg")
    shell.wait_for("[1]+ cat &")
    shell.type("fg")
    shell.wait_for("cat")
    shell.type("again")
    shell.wait_for("again", 2)
    shell.press("C-d")
    shell.type("echo status=$?.")
    shell.wait_for("status=0.")
    assert "job control" not in shell.screen()


def test_ctrl_c_ends_main(docker, terminal):
    """Main alone at the terminal, no shell."""
    image, _, *options = docker.under("--init", None)
    terminal.run(*docker.cli, "run", "-it", "--rm", "--network", "none", *options, image, "cat")
    terminal.type("echoed")
    terminal.wait_for("echoed", 2)
    terminal.press("C-c")
    terminal.wait_for("host$", 2)
    terminal.type("echo status=$?")
    terminal.wait_for("status=130")


def test_window_size(shell):
    """Main learns of it by SIGWINCH, also of a change."""
    shell.type("stty size")
    shell.wait_for("24 80")
    shell.type("trap 'echo; stty size' WINCH; echo trap set")
    shell.wait_for("trap set")
    shell.resize(100, 30)
    shell.wait_for("30 100")
