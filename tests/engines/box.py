"""A container of docker or podman in which a scene runs."""
import os
import time

import engine
import procfs
import scenes
import waiting


class Box:
    """A container of a command line engine that runs a scene, under the init that image and options bring."""

    _made = 0
    # fini-doctor sees the whole machine: no other worker's container has its name.
    _worker = os.environ.get("PYTEST_XDIST_WORKER", "")

    def __init__(self, cli, watch, image, scene, *options, name=None, main=None):
        Box._made += 1
        self.cli, self.name = cli, name or f"{self._worker}box{Box._made}"
        self._watch, self._image, self._options = watch, image, options
        self.scratch = scenes.Scratch(scene)
        self._main = main or self.scratch.main

    def start(self):
        self.cli.run(self.name, self._image, self._main, *engine.RIGHTS,
                     "-v", f"{self.scratch.path}:{scenes.INSIDE}", *self._options)
        self.wait_ready()
        return self

    def wait_ready(self):
        """Also after a restart: it is another PID namespace then."""
        self.scratch.wait_ready()
        self.watched = self._watch(self.cli.pid(self.name))

    def close(self, seconds=engine.ENDS):
        """A restart that was given up may go on after the release: so again, until it is gone."""
        if self.scratch is None:
            return
        deadline = waiting.deadline_in(seconds)
        while (state := self.cli("inspect", "--format", "{{.State.Pid}}", self.name)).status == 0:
            assert time.monotonic() < deadline, f"{self.name} cannot be removed"
            if int(state.out) and procfs.pidns(int(state.out)):
                self._watch(int(state.out)).release()
            self.cli.remove(self.name, seconds=engine.HANG)
        self.scratch.close()  # not before it is gone: removing a mount point detaches what is mounted on it
        self.scratch = None
