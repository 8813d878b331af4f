"""Whom a server needs: its helpers live until it has ended, and then have time to store what they have.

And who only looks like one: a client that is a child of the server, or is connected to it.
"""
import os

import pytest

from inits import assert_ends, assert_killed, both_finis
from last_words import LAST, assert_arrived
from test_order import before

STORES_MS = 400  # what a backend needs at its end

# Connects, or accepts, before it becomes the server: as one that mounts only when its backend is there.
BECOME = """#!/usr/bin/python3
import os, socket, sys
how, port_file, *server = sys.argv[1:]
if how == "connect":
    link = socket.create_connection(("localhost", int(open(port_file).read())))
elif how == "connect by name":
    link = socket.socket(socket.AF_UNIX)
    link.connect(port_file)
else:
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], file=open(port_file + ".new", "w"), flush=True)
    os.rename(port_file + ".new", port_file)
    link, _ = listener.accept()
    listener.set_inheritable(True)
link.set_inheritable(True)
os.execvp(server[0], server)
"""

# Says "NAME SIGTERM" at its end, and "NAME STORED" STORES_MS later.
BACKEND = """#!/usr/bin/python3
import os, signal, socket, sys, time
name, how, port_file = sys.argv[1:4]
log = open("drives.log", "a")
def stop(*_):
    print(name, "SIGTERM", file=log, flush=True)
    time.sleep({stores})
    print(name, "STORED", file=log, flush=True)
    os._exit(0)
signal.signal(signal.SIGTERM, stop)
if len(sys.argv) > 4:
    behind = socket.create_connection(("localhost", int(open(sys.argv[4]).read())))
if how == "unix":
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(port_file)
    listener.listen()
else:
    family, host = (socket.AF_INET6, "::") if how == "both" else (socket.AF_INET, "127.0.0.1")
    listener = socket.create_server((host, 0), family=family, dualstack_ipv6=how == "both")
    with open(port_file + ".new", "w") as file:
        file.write(str(listener.getsockname()[1]))
    os.rename(port_file + ".new", port_file)
links = []
while True:
    links.append(listener.accept())
    if how == "hangs up":
        links.pop()[0].close()
    if how == "forks" and os.fork() == 0:
        name = "child"
        listener.close()
        signal.pause()
"""
SCENE = """
cat >become <<'END'
{become}END
cat >backend <<'END'
{backend}END
backend() {{ python3 backend "$@" & for f in "$@"; do file=$f; [ $# = 3 ] || file=$3; done
             until [ -e $file ]; do sleep 0.01; done; }}
become() {{ python3 become "$@" & }}
served() {{ until mountpoint -q mnt/a; do sleep 0.01; done; }}
DRIVE="ndrive -f --log $S/drives.log --name a $S/back/a $S/mnt/a"
"""
BACKENDS = {
    "listens on 127.0.0.1": 'backend store ip port; become connect port $DRIVE',
    "listens on ::": 'backend store both port; become connect port $DRIVE',
    "forks for each connection": 'backend store forks port; become connect port $DRIVE',
    "listens on a UNIX domain socket": 'backend store unix port; become "connect by name" port $DRIVE',
    "has closed the idle connection": 'backend store "hangs up" port; become connect port $DRIVE',
    "has a backend of its own": 'backend second ip port2; backend store ip port port2; become connect port $DRIVE',
}


def start(container, init, scene):
    values = {"become": BECOME, "backend": BACKEND.format(stores=STORES_MS / 1000)}
    container.start(init, SCENE.format(**values) + scene + "\nserved; client hold mnt/a/f\nfinish").wait_ready()
    return container


@both_finis
@pytest.mark.parametrize("scene", BACKENDS.values(), ids=BACKENDS.keys())
def test_backend_outlives_its_server(container, init, scene):
    assert_ends(start(container, init, scene))
    log = container.log()
    for name in {"store", "second", "child"} & {line.split()[0] for line in log}:
        assert before(log, "a DESTROY", f"{name} SIGTERM") and f"{name} STORED" in log, log
    assert "store STORED" in log
    assert container.stderr() == ""


def test_backend_outlives_its_server_at_a_sigkill(container):
    start(container, "fini", BACKENDS["listens on 127.0.0.1"]).guardian()
    assert_killed(container.kill())
    log = container.log()
    assert before(log, "a DESTROY", "store SIGTERM") and "store STORED" in log, log


def test_control_loses_it(container):
    assert_ends(start(container, "tini", BACKENDS["listens on 127.0.0.1"]))
    assert "store STORED" not in container.log()


# The other way round

@both_finis
def test_who_is_connected_to_the_server_is_its_client(container, init):
    """A program that asks the server for its state, by TCP."""
    start(container, init, LAST + """
        become accept port $DRIVE
        until [ -e port ]; do sleep 0.01; done
        bash -c 'exec 9<>/dev/tcp/127.0.0.1/$(cat port); exec sh last' &
        read -r _ <in_place""")
    assert_ends(container)
    assert_arrived(container)


@both_finis
def test_program_that_the_server_was_a_shell_for_is_a_client(container, init):
    """'app & exec server': the server's child, and none of its helpers."""
    start(container, init, LAST + "sh -c 'sh last & exec \"$@\"' sh $DRIVE & read -r _ <in_place")
    assert_ends(container)
    assert_arrived(container)


def start_from_server(container, init, program):
    """The server, which has been seen by then, starts the program; later by some hundredths, in which /proc counts."""
    with open(container.path("program"), "w") as file:
        file.write(program.replace("{S}", container.scratch))
    os.chmod(container.path("program"), 0o755)
    container.start(init, """mkfifo gate in_place
        nd a --await-go $S/gate --run $S/program
        guarded; sleep 0.05; echo >gate; read -r _ <in_place || :
        finish""").wait_ready()


@both_finis
@pytest.mark.parametrize("uses", ["working directory", "mapping"])
def test_program_with_something_on_the_mount_is_a_client(container, init, uses):
    """Started by the server itself, while it served; it is no file that it has there."""
    program = {
        "working directory": "#!/bin/sh\ncd {S}/mnt/a; trap 'echo last words >last; exit' TERM; echo >{S}/in_place\n"
                             "while :; do sleep 1 & wait $!; done\n",
        "mapping": "#!/usr/bin/python3\nimport ctypes, os, signal, sys\n"
                   "def stop(*_):\n    open('{S}/mnt/a/last', 'w').write('last words\\n')\n    sys.exit()\n"
                   "fd = os.open('{S}/mnt/a/seed', os.O_RDWR)\n"
                   "ctypes.CDLL(None).mmap(None, 4096, 1, 1, fd, ctypes.c_long(0))\nos.close(fd)\n"
                   "signal.signal(signal.SIGTERM, stop)\nopen('{S}/in_place', 'w').write('')\n"
                   "while True: signal.pause()\n",
    }[uses]
    start_from_server(container, init, program)
    assert_ends(container)
    assert_arrived(container)


@both_finis
def test_program_that_the_server_started_is_its_helper(container, init):
    """With nothing on the mount, and started once the server served."""
    start_from_server(container, init, "#!/bin/sh\ncd {S}; trap 'echo program SIGTERM >>drives.log; exit' TERM\n"
                                       "echo >in_place\nwhile :; do sleep 1 & wait $!; done\n")
    assert_ends(container)
    assert before(container.log(), "a DESTROY", "program SIGTERM"), container.log()
