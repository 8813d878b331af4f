"""crun by itself, without podman: as runc, but in a world whose cgroup hierarchy it takes."""
import json
import os

import engine
import runc
import scenes
import waiting


class Crun(runc.Runc):
    def __init__(self, world, watch, init, scene, options=()):
        """options: of fini."""
        self._world, self._options = world, options
        super().__init__(watch, init, scene)

    def _write_config(self, argv):
        self.cgroups = f"{self._world.cgroups}/{self.name}"
        super()._write_config([argv[0], *self._options, *argv[1:]])
        path = f"{self.directory}/config.json"
        with open(path) as file:
            config = json.load(file)
        for names in config["process"]["capabilities"].values():
            names.append("CAP_SYS_CHROOT")  # for --isolate
        with open(path, "w") as file:
            json.dump(config, file)

    def __call__(self, *words, **how):
        return engine.command(*self._world.inside("crun", "--root", f"{self.directory}/state", *words), **how)

    # A server that tries to hold a file of its own mount once it is told to

    @staticmethod
    def gated(options):
        """Options of fini for such a server, and others."""
        inside = scenes.INSIDE
        return [*options, "--server", f"ndrive --log {inside}/drives.log --name a --await-go {inside}/gate "
                                      f"--hold-threads 3 --hold f {inside}/back/a {inside}/mnt/a"]

    def start(self):
        os.mkfifo(f"{self.scratch.path}/gate")
        return super().start()

    def hold(self):
        """Tells it to, and waits until it has."""
        gate = os.open(f"{self.scratch.path}/gate", os.O_RDWR | os.O_CLOEXEC)
        os.write(gate, b"1")
        waiting.line_in_file(f"{self.scratch.path}/drives.log", "a DONE")
        os.close(gate)
