"""One cell: a container with a daemon under an init, stopped as docker stop does it, and what is left of the bytes."""
import os
import shlex
import signal
import time

import files
from backends import HERE, PYTHON
from container import Container, scratch

STOP_TIMEOUT = 10  # from SIGTERM to SIGKILL, as docker stop does by default
GIVE_UP = 20  # seconds after the stop; a container that is still there hangs
READY = 60

MAIN = """#!/bin/sh
set -eu
S={scratch}
cd "$S"
await_mount() {{ {python} {here}/await_mount.py "$1"; }}
{environment}
apps=
trap '{end}' TERM
{serve}
mkfifo in-place
exec 3<>in-place
for kind in {kinds}; do
    {python} {here}/app.py $kind {mount} {unit} "$S/in-place" &
    apps="$apps $!"
done
for kind in {kinds}; do
    read -r said <&3
    test "$said" = "in place"
done
{later}
echo ready >ready
wait
"""


# What main does at SIGTERM: it ends, as most do, or it knows everything and does it in the right order.
ENDS = "exit 0"
BY_HAND = f"{PYTHON} {HERE}/by_hand.py $apps; exit 0"


class Cell:
    def __init__(self, daemon, init, end, keeper, unit):
        self._daemon, self._init, self._end, self._unit = daemon, init, end, unit
        self._container = Container(scratch(), keeper)
        self._backend = daemon.backend(self._container, keeper)
        self._keeper = keeper

    def measure(self):
        """{seconds, hangs, stuck, arrived, wanted, stderr}"""
        try:
            with self._backend.serving():
                try:
                    return self._measure()
                finally:
                    self._container.release()
        finally:
            self._container.close()

    def _measure(self):
        self._run()
        self._container.wait_ready(READY)
        seconds, hangs = self._stop()
        stuck = [f"{thread.comm} in {thread.wchan}" for thread in self._container.stuck()] if hangs else []
        self._container.release()
        arrived = self._backend.arrived(self._unit)
        return {"seconds": seconds, "hangs": hangs, "stuck": stuck, "arrived": arrived,
                "wanted": files.sizes(self._unit, self._daemon.kinds),
                "misnamed": getattr(self._backend, "misnamed", ()), "stderr": self._container.stderr()}

    def _run(self):
        container = self._container
        environment = "\n".join(f"{name}={shlex.quote(str(value))}"
                                for name, value in self._backend.environment.items())
        with open(container.path("main"), "w") as file:
            file.write(MAIN.format(
                scratch=container.scratch, here=HERE, python=PYTHON, unit=self._unit, environment=environment,
                end=self._end, serve=self._daemon.serve, later=self._daemon.later,
                mount=self._daemon.mount, kinds=" ".join(self._daemon.kinds)))
        os.chmod(container.path("main"), 0o755)
        init = [word.format(scratch=container.scratch) for word in self._init]
        container.run([*init, "--", container.path("main")])

    def _stop(self):
        """(seconds to the end of the namespace, whether that never came)"""
        asked = time.monotonic()
        container = self._container
        end = container.kill(signal.SIGTERM).wait_end(STOP_TIMEOUT)
        if end is not None:
            return end.seconds, False
        killed = time.monotonic()
        end = container.kill(signal.SIGKILL).wait_end(asked + GIVE_UP - killed)
        if end is not None:
            return killed - asked + end.seconds, False
        return time.monotonic() - asked, True
