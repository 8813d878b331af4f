"""Engines with storage and daemons of their own, on a Machine."""
import os
import subprocess
import time

import base
from machine import TOP

DEPLOY = os.path.join(TOP, "deploy")
RIGHTS = ["--device=/dev/fuse", "--cap-add=SYS_ADMIN"]  # of a container that serves FUSE
REMOTE = ["-e", "RCLONE_CONFIG_REMOTE_TYPE=alias", "-e", "RCLONE_CONFIG_REMOTE_REMOTE=/remote"]


class Engine:
    """What docker and podman have in common. command is what all of its commands begin with."""

    def __init__(self, machine, *command):
        self.machine = machine
        self._command = command
        self._images = {}

    def __call__(self, *words, env=(), **options):
        """Runs one of the engine's commands. env: NAME=VALUE for the engine itself."""
        return self.machine.run("env", *env, *self._command, *words, **options)

    def output(self, *words, **options):
        return self(*words, **options).stdout.strip()

    def import_base(self):
        self("import", base.tarball(), base.NAME)

    def image(self, name, directory):
        """The image of that directory's Dockerfile, built at the first time."""
        if name not in self._images:
            self("build", "--network=host", "-t", name, directory, seconds=300)
            self._images[name] = True
        return name

    def fini(self):
        return self.image("fini", TOP)

    def drive(self):
        """The image of deploy/Dockerfile, which copies from the image fini."""
        self.fini()
        return self.image("drive", DEPLOY)

    def run_drive(self, remote, *options, command=(), rights=RIGHTS, **how):
        """Runs that image with the directory remote for its remote."""
        return self("run", "--rm", "--network=none", *rights, *REMOTE, f"--volume={remote}:/remote", *options,
                    self.drive(), *command, **how)

    def files(self, image):
        """What is in an image: {path: bytes}."""
        container = self.output("create", image)
        archive = self.machine.path("image.tar")
        self("export", "-o", archive, container)
        self("rm", container)
        listed = self.machine.run("tar", "-tvf", archive).stdout.splitlines()
        return {line.split()[5]: int(line.split()[2]) for line in listed if line.startswith("-")}

    def has_fini(self, container):
        """Is PID 1 of a running container the fini of the machine's /usr/local/sbin?"""
        pid = self.output("inspect", "--format={{.State.Pid}}", container)
        return self.machine.run("cmp", f"/proc/{pid}/exe", "/usr/local/sbin/fini", status=None).returncode == 0


class Docker(Engine):
    def __init__(self, machine):
        self._home = machine.path("docker")
        self.host = f"unix://{self._home}/socket"
        os.mkdir(self._home)
        super().__init__(machine, "/usr/bin/docker", "-H", self.host)
        self._daemon = None
        self.start()
        self.import_base()

    def start(self, *options):
        with open(f"{self._home}/log", "ab") as log:
            self._daemon = subprocess.Popen(
                self.machine.argv("dockerd", f"--data-root={self._home}/data", f"--exec-root={self._home}/run",
                                  f"--pidfile={self._home}/pid", f"--host={self.host}", "--iptables=false",
                                  "--ip6tables=false", "--bridge=none", "--exec-opt=native.cgroupdriver=cgroupfs",
                                  *options),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        deadline = time.monotonic() + 60
        while self("version", status=None).returncode != 0:  # it listens some time before it answers
            assert self._daemon.poll() is None, f"dockerd ended: {self.log()[-2000:]}"
            assert time.monotonic() < deadline, f"dockerd does not answer: {self.log()[-2000:]}"

    def stop(self):
        self.machine.run("sh", "-c", f"kill $(cat {self._home}/pid)")  # its pid in the machine; kill(1) may be missing
        self._daemon.wait(60)

    def log(self):
        with open(f"{self._home}/log", errors="replace") as file:
            return file.read()


class Podman(Engine):
    def __init__(self, machine):
        store = [f"--root={machine.path('storage')}", f"--runroot={machine.path('runroot')}"]
        super().__init__(machine, "podman", *store, f"--tmpdir={machine.path('libpod')}", "--cgroup-manager=cgroupfs")
        self.buildah = ("buildah", *store)
        self.import_base()
