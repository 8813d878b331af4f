"""podman for the tests alone, of root or of an ordinary user: in a world of its own, with its own storage."""
import resource
import shutil

import engine
import rootfs
import world

IMAGE = "fini-test"
ENTRYPOINTS = ("fini", "tini")  # images fini-test:fini and so on, whose ENTRYPOINT is ["/fini", "--"]
MOST = 4096  # open files, processes: podman asks for more than a root without CAP_SYS_RESOURCE may have

CONF = """
[containers]
cgroups = "{cgroups}"
default_ulimits = ["nofile={files}:{files}", "nproc={processes}:{processes}"]
log_driver = "k8s-file"
netns = "none"
[engine]
cgroup_manager = "{manager}"
events_logger = "none"
lock_type = "file"
runtime = "crun"
"""


class Podman(world.World, engine.CommandLine):
    def __init__(self, rootless=False, fuse_root=False):
        """fuse_root: the root filesystem of its containers is one of fuse-overlayfs."""
        world.World.__init__(self, rootless)
        self.inits = {}  # for --init-path
        for name in ENTRYPOINTS:
            self.inits[name] = shutil.copy(rootfs.PROGRAMS[f"/{name}"], f"{self.directory}/{name}")
        with open(f"{self.directory}/containers.conf", "w") as file:
            file.write(CONF.format(cgroups="enabled" if rootless else "no-conmon",
                                   manager="systemd" if self.by_systemd else "cgroupfs",
                                   files=_hard(resource.RLIMIT_NOFILE), processes=_hard(resource.RLIMIT_NPROC)))
        engine.CommandLine.__init__(self, *self.inside(
            "podman", f"--root={self.directory}/storage", f"--runroot={self.directory}/run",
            f"--tmpdir={self.directory}/run/tmp",
            *(["--storage-driver=overlay", "--storage-opt=overlay.mount_program=/usr/bin/fuse-overlayfs"] if fuse_root
              else [f"--storage-driver={_driver(self.directory)}"])))
        self._import(IMAGE)
        for name in ENTRYPOINTS:
            self._import(f"{IMAGE}:{name}", "--change", f'ENTRYPOINT ["/{name}", "--"]')

    def _import(self, tag, *options):
        with open(rootfs.TAR) as tar:
            engine.check(self("import", *options, "-", tag, stdin=tar))

    def options(self):
        """What every container and every pod is made with."""
        return [] if self.rootless else [f"--cgroup-parent={self.parent.name}"]

    def run(self, name, image, argv, *options):
        """Starts a container in the background. What it mounts of this machine is given to its user first."""
        for flag, volume in zip(options, options[1:]):
            if flag == "-v" and self.rootless:
                engine.check(engine.command("chown", "-R", f"{self.uid}:{self.uid}", volume.split(":")[0]))
        super().run(name, image, argv, *self.options(), *options)

    def crun(self, *words, **how):
        """crun itself, for a container that podman has made."""
        root = f"/run/user/{self.uid}/crun" if self.rootless else "/run/crun"
        return engine.command(*self.inside("crun", f"--root={root}", *words), **how)

    def id(self, name):
        return self.inspect(name, "{{.Id}}")

    def close(self):
        """Ends all of it. Returns what was left behind, in words."""
        left = engine.check(self("ps", "-a", "--format", "{{.Names}}")).split()
        self("pod", "rm", "-af", "-t", "0")
        self("rm", "-af", "-t", "0")
        if self.rootless:
            self("system", "migrate")  # ends the process that keeps its user namespace
        return left + super().close()


def _hard(limit):
    hard = resource.getrlimit(limit)[1]
    return MOST if hard == resource.RLIM_INFINITY else min(hard, MOST)


def _driver(directory):
    """overlay lies on most filesystems, but not on itself."""
    kind = engine.check(engine.command("stat", "-f", "-c", "%T", directory))
    return "vfs" if kind in ("overlayfs", "tmpfs") else "overlay"
