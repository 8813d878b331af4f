"""Who runs in a terminal that another client holds: in tmux, screen or script, or after a login by ssh.

The holder's end is SIGHUP to all in there. Told to stop together with them it would end who is about to save.
"""
import os

import pytest

from inits import assert_ends, both_finis
from last_words import LAST, assert_arrived

SESSIONS = {
    "tmux": "tmux -S $S/socket new-session -d '{run}'",
    "screen": "mkdir -m 700 screens; SCREENDIR=$S/screens screen -d -m {run}",
    "script": "script -qc '{run}' /dev/null </dev/null >/dev/null &",
    "tmux in script": "script -qc 'tmux -S $S/socket new-session \"{run}\"' /dev/null </dev/null >/dev/null &",
    "a script in tmux": "echo '{run} & wait' >script; tmux -S $S/socket new-session -d 'sh script'",
    "with another input, in script": "echo '{run} </dev/null; echo' >script; script -qc 'sh script' /dev/null </dev/null >/dev/null &",
    "script in tmux": "tmux -S $S/socket new-session -d 'script -qc \"{run}\" /dev/null'",
}


def start(container, init, session, run="sh last"):
    container.start(init, "nd a\nexport TERM=xterm SHELL=/bin/sh" + LAST + SESSIONS[session].format(run=run) + """
        read -r _ <in_place
        finish""", ["-v"] if init != "tini" else ()).wait_ready()
    return container


@pytest.mark.parametrize("session", SESSIONS)
@both_finis
def test_last_words_in_a_terminal_arrive(container, init, session):
    assert_ends(start(container, init, session), seconds=3)
    assert_arrived(container)
    assert "SIGKILL to" not in container.stderr(), container.stderr()


@pytest.mark.parametrize("session", SESSIONS)
def test_control_loses_them(container, session):
    assert_ends(start(container, "tini", session))
    assert not os.path.exists(container.path("back/a/last"))


IGNORES = 'sh -c "trap \\"\\" TERM; echo >in_place; read -r _"'


def test_who_ignores_sigterm_ends_with_its_terminal(container):
    """As a shell at its prompt does: nobody waits for it. It ends by SIGHUP, when the holder ends."""
    assert_ends(start(container, "fini", "tmux", IGNORES), seconds=1)
    assert "SIGKILL to" not in container.stderr(), container.stderr()
