"""crun by itself, without podman: as runc, but in a world whose cgroup hierarchy it takes."""
import json

import engine
import runc


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
