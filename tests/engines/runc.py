"""runc by itself, without a daemon: a bundle, and the commands of a container."""
import json
import os
import shutil

import engine
import rootfs
import scenes

CAPABILITIES = ["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_KILL", "CAP_MKNOD", "CAP_SETGID", "CAP_SETUID", "CAP_SYS_ADMIN"]
MOUNTS = [("proc", "proc", "/proc", []),
          ("tmpfs", "tmpfs", "/dev", ["nosuid", "strictatime", "mode=755"]),
          ("devpts", "devpts", "/dev/pts", ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"])]
FUSE = {"type": "c", "major": 10, "minor": 229}


class Runc:
    """One container that runs a scene."""

    _made = 0

    def __init__(self, watch, init, scene):
        Runc._made += 1
        self.name, self._watch = f"runc{Runc._made}", watch
        self.directory = engine.directory()
        self.scratch = scenes.Scratch(scene)
        self.watched = None
        self.cgroups = os.path.basename(self.directory)
        self._write_config([f"/{init}", "--", *self.scratch.main])

    def _write_config(self, argv):
        capabilities = {name: CAPABILITIES for name in ("bounding", "effective", "permitted")}
        mounts = [{"type": kind, "source": source, "destination": destination, "options": options}
                  for kind, source, destination, options in MOUNTS]
        mounts.append({"type": "bind", "source": self.scratch.path, "destination": scenes.INSIDE, "options": ["bind"]})
        config = {
            "ociVersion": "1.0.2",
            "process": {"args": argv, "cwd": "/", "env": ["PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
                        "user": {"uid": 0, "gid": 0}, "capabilities": capabilities},
            "root": {"path": rootfs.TREE, "readonly": True},
            "mounts": mounts,
            "linux": {
                "namespaces": [{"type": kind} for kind in ("pid", "mount", "ipc", "uts", "network")],
                "cgroupsPath": f"/{self.cgroups}/{self.name}",
                "devices": [{"path": "/dev/fuse", "fileMode": 0o666, **FUSE}],
                "resources": {"devices": [{"allow": True, "access": "rwm"}]}}}
        with open(f"{self.directory}/config.json", "w") as file:
            json.dump(config, file)

    def __call__(self, *words, **how):
        return engine.command("runc", "--root", f"{self.directory}/state", *words, **how)

    def start(self):
        engine.check(self("run", "--detach", "--bundle", self.directory, "--pid-file", f"{self.directory}/pid",
                          self.name))
        self.scratch.wait_ready()
        with open(f"{self.directory}/pid") as file:
            self.watched = self._watch(int(file.read()))
        return self

    def state(self):
        return json.loads(engine.check(self("state", self.name)))["status"]

    def kill(self, *options, signal="KILL", **how):
        return self("kill", *options, self.name, signal, **how)

    def remove(self, **how):
        return self("delete", "-f", self.name, **how)

    def close(self):
        if self.watched:
            self.watched.release()
        engine.check(self.remove())
        left = engine.remove_cgroups(self.cgroups)
        assert not left, left
        shutil.rmtree(self.directory)
        self.scratch.close()
