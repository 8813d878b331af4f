"""A dockerd of the tests' own, with its containerd: own directories, own socket, no network, own cgroups."""
import os

import engine
import rootfs
import waiting

IMAGE = "fini-test"  # no entrypoint
ENTRYPOINT = "fini-test:entrypoint"  # ENTRYPOINT ["/fini", "--"], or that of tini
WAYS = ["entrypoint", "--init"]


class Dockerd(engine.CommandLine):
    """One daemon. init, fini or tini, is what docker run --init mounts into containers."""

    def __init__(self, init):
        self.init = init
        self.directory = engine.directory()
        self.group = engine.Group()
        self.cgroups = engine.Parent(os.path.basename(self.directory), engine.by_systemd())
        socket = f"unix://{self.directory}/docker.sock"
        super().__init__("docker", "-H", socket)
        self._daemon = self.group.start(
            ["dockerd", "--data-root", f"{self.directory}/data", "--exec-root", f"{self.directory}/exec",
             "-p", f"{self.directory}/pid", "-H", socket, "--iptables=false", "--ip6tables=false", "--bridge=none",
             "--init-path", rootfs.PROGRAMS[f"/{init}"], "--cgroup-parent", self.cgroups.name],
            f"{self.directory}/log")
        waiting.until(self._answers, 30, f"up: {self.directory}/log")
        self._import(IMAGE)
        self._import(ENTRYPOINT, "--change", f'ENTRYPOINT ["/{init}", "--"]')

    @staticmethod
    def under(way, scene):
        """What a Box needs for the scene under the daemon's init, which comes that way: as entrypoint or --init."""
        return (IMAGE, scene, "--init") if way == "--init" else (ENTRYPOINT, scene)

    def _answers(self):
        assert self._daemon.poll() is None, self.log()
        return os.path.exists(f"{self.directory}/docker.sock") and self("version", seconds=5).status == 0

    def _import(self, tag, *options):
        engine.check(self("import", *options, rootfs.TAR, tag))

    def log(self):
        with open(f"{self.directory}/log") as file:
            return file.read()

    def close(self):
        """Ends it. Returns what it left behind, in words."""
        left = engine.check(self("ps", "-a", "--format", "{{.Names}}")).split()
        for name in left:
            self.remove(name)
        engine.stop(self._daemon)
        left += self.group.close()
        left += self.cgroups.remove()
        engine.remove_directory(self.directory)
        return left
