"""Who holds a server's life, and is no client for it: supervisors, other parents, the PID 1 of a PID namespace.

Told to stop they take their server along, so they are told when all clients are gone. A client with a dirty mapping
and one that has last words must have been served by then.
"""
import os

import pytest

from inits import assert_ends, assert_killed, both_finis
from last_words import LAST, assert_arrived

SIZE = 1 << 20

# The service runs mnt/a; it is started again when it ends.
SERVICE = """
mkdir service
cat >service/run <<'END'
#!/bin/sh
exec ndrive -f --log {scratch}/drives.log --name a {scratch}/back/a {scratch}/mnt/a >>{scratch}/up 2>&1
END
chmod +x service/run
: >up
up() {{ until grep -q ready up; do sleep 0.01; done; }}
"""
LOOP = """
cat >loop <<'END'
trap 'kill $server; wait $server; exit 0' TERM
while :; do {scratch}/service/run & server=$!; wait $server; done
END
"""
CLIENTS = LAST + """
clients() {{ client map mnt/a/data {size}; sh last & read -r _ <in_place; }}
"""
SUPERVISED = {
    "s6-supervise": "s6-supervise $S/service & up; clients",
    "runsv": "runsv $S/service & up; clients",
    "a loop": "sh loop & up; clients",
    "a loop in a loop": "sh -c 'sh loop & trap \"kill $!\" TERM; wait; wait' & up; clients",
    "PID 1": "unshare -p -f sh loop & up; clients",
    "PID 1 that has no use for SIGTERM": "unshare -p -f sh -c 'service/run; :' & up; clients",
    "PID 1 of a namespace with its clients": """
        unshare -p -f sh -c 'service/run & while ! [ -e go1 ]; do sleep 0.01; done; sh last; exit 0' &
        up; client map mnt/a/data {size}; : >go1; read -r _ <in_place""",
    "PID 1 that ends with its program": "unshare -p -f tini-static -- sh -c 'service/run & exec sh last' & "
                                        "up; client map mnt/a/data {size}; read -r _ <in_place",
    "PID 1 in more groups than fit into a page of its status": """
        setpriv --groups $(seq -s, 1600000000 1600000499) unshare -p -f tini-static -- sh -c 'service/run & exec sh last' &
        up; client map mnt/a/data {size}; read -r _ <in_place""",
}
each_supervisor = pytest.mark.parametrize("scene", SUPERVISED.values(), ids=SUPERVISED.keys())


def start(container, init, scene):
    values = {"scratch": container.scratch, "size": SIZE}
    scene = (SERVICE + LOOP + CLIENTS + scene.replace("{size}", str(SIZE)).replace("{", "{{").replace("}", "}}")
             + "\nfinish")
    container.start(init, scene.format(**values)).wait_ready()
    if init != "tini":
        container.guardian()
    return container


def assert_stored(container):
    """By the server, in time; which has seen its regular end."""
    container.assert_written("back/a/data", size=SIZE)
    assert "a DESTROY" in container.read("drives.log").decode(), container.log()
    assert "fini" not in container.stderr(), container.stderr()  # (shells say what becomes of their children)


def assert_nothing_lost(container):
    assert_arrived(container)
    assert_stored(container)


def test_control_loses_it(container):
    assert_ends(start(container, "tini", SUPERVISED["s6-supervise"]))
    assert not os.path.exists(container.path("back/a/last"))


@both_finis
@each_supervisor
def test_goes_after_all_clients(container, init, scene):
    assert_ends(start(container, init, scene), seconds=5)
    assert_nothing_lost(container)


@each_supervisor
def test_goes_after_all_clients_at_a_sigkill(container, scene):
    """(Clients have no last words then.)"""
    assert_killed(start(container, "fini", scene).kill(), seconds=4)
    assert_stored(container)


def test_stands_on_the_mount(container):
    """Its directory is there: it must leave before the mount can."""
    start(container, "fini", "nd b; (cd mnt/b && exec sh $S/loop) & up; clients")
    assert_ends(container, seconds=5)
    assert_nothing_lost(container)
    assert "b DESTROY 0" in container.log()


def test_one_that_never_stops_is_killed_in_the_end(container):
    start(container, "fini", "sh -c 'trap \"\" TERM; sh loop; sleep 1000' & up; clients")
    assert_ends(container, seconds=10)
    assert_arrived(container)
    container.assert_written("back/a/data", size=SIZE)
    [line] = [line for line in container.stderr().splitlines() if "fini" in line]
    assert "aborted connection" in line and line.endswith("it was mounted too late"), line


# One supervisor for the server and for an app: it starts the app again when that has ended as told.
APP = """
mkdir scan scan/a scan/app
cp service/run scan/a/run
cat >scan/app/run <<'END'
#!/bin/sh
cd "$(dirname "$0")/../.."
trap 'sleep 0.3; echo last words >mnt/a/last; exit' TERM
until grep -q ready up; do sleep 0.01; done
exec 3>>mnt/a/open
: >placed
while :; do sleep 1 & wait $!; done
END
chmod +x scan/app/run
cat >both <<'END'
trap 'kill $server $app; wait; exit 0' TERM
scan/a/run & server=$!
while :; do scan/app/run & app=$!; wait $app; done
END
app() { client map mnt/a/data {size}; until [ -e placed ]; do sleep 0.01; done; }
"""
RESTARTERS = {
    "a loop": "sh both & up; app",
    "s6-svscan": "s6-svscan scan & up; app",
    "runsvdir": "runsvdir scan & up; app",
}


@pytest.mark.parametrize("scene", RESTARTERS.values(), ids=RESTARTERS.keys())
@both_finis
def test_starts_an_app_again_meanwhile(container, init, scene):
    start(container, init, APP + scene)
    assert_ends(container, seconds=5)
    assert_nothing_lost(container)
    assert container.stderr().count("Killed") <= 3  # the app's shell, its sleep; not those that would follow them


# It reads what its server says, a line for each request and more than a pipe holds, while a client saves.
READS_THE_LOG = """
cat >reader <<'END'
import signal, subprocess
server = subprocess.Popen(["bindfs", "-f", "-d", "back/a", "mnt/a"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
signal.signal(signal.SIGTERM, lambda *_: server.terminate())
with open("log", "wb") as log:
    for line in server.stdout:
        log.write(line)
server.wait()
END
cat >saver <<'END'
trap 'for i in $(seq 150); do echo $i >mnt/a/$i; done; echo last words >mnt/a/last; exit' TERM
echo >in_place
while :; do sleep 1 & wait $!; done
END
BY /usr/bin/python3 reader & until mountpoint -q mnt/a; do sleep 0.01; done
sh saver & read -r _ <in_place
"""


@pytest.mark.parametrize("by", ["", "unshare -pf"], ids=["", "PID 1"])
def test_reads_what_its_server_says(container, by):
    start(container, "fini", READS_THE_LOG.replace("BY", by))
    assert_ends(container, seconds=4)
    assert_arrived(container)
    assert len(container.read("log")) > 65536
