"""Where the bytes end up: served from outside of the container under test, so that only its init makes a difference."""
import contextlib
import os
import socket
import subprocess

import files
import waiting
from container import Container, scratch

PYTHON = "/usr/bin/python3 -B"
HERE = os.path.dirname(os.path.abspath(__file__))
IMAGE_SIZE = 4 << 30  # sparse
QUIET = 5  # seconds for what is on its way when the container is gone
DEADLINE = 30
LISTEN, TIME_WAIT = "0A", "06"  # in /proc/net/tcp


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


def _sockets():
    """(local port, state) of each"""
    with open("/proc/net/tcp") as file:
        next(file)
        return [(int(local.rpartition(":")[2], 16), state) for _, local, _, state, *_ in map(str.split, file)]


def listens(port):
    return (port, LISTEN) in _sockets()


def connected(ports):
    """Is anything still connected to one of them?"""
    return any(port in ports and state not in (LISTEN, TIME_WAIT) for port, state in _sockets())


def clean(keeper, shell):
    """Runs a shell script in a container of its own, with all mounts it makes. Its directory is $S."""
    container = Container(scratch(), keeper)
    try:
        container.start("tini", shell)
        end = container.wait_end(DEADLINE)
        return end is not None and end.status == 0
    finally:
        container.close()


class Directory:
    """A directory of this machine."""

    def __init__(self, container, keeper):
        self._container = container
        self.environment = {}

    @contextlib.contextmanager
    def serving(self):
        yield self

    def arrived(self, unit):
        return files.arrived(files.in_directories(self._container.path("back/a"), self._container.path("back/b")), unit)


SSHD = """
mount -t tmpfs run /run; mkdir -m 755 /run/sshd
exec /usr/sbin/sshd -D -e -f /dev/null -p {port} -h $S/host_key -o ListenAddress=127.0.0.1 -o PidFile=none \
    -o AuthorizedKeysFile=$S/key.pub -o StrictModes=no -o UsePAM=no -o PasswordAuthentication=no \
    -o PermitRootLogin=yes -o Subsystem="sftp internal-sftp"
"""


class Sshd:
    """A directory behind an ssh server of its own."""

    def __init__(self, container, keeper):
        self._keeper = keeper
        self._sshd = None

    @contextlib.contextmanager
    def serving(self):
        self._sshd = sshd = Container(scratch(), self._keeper, drives=("a",))
        try:
            for key in ("host_key", "key"):
                subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", sshd.path(key)], check=True)
            port = free_port()
            sshd.start("tini", SSHD.format(port=port))
            waiting.line_in_file(sshd.path("stderr"), "Server listening")
            self._idle = len(sshd.processes())
            self.environment = {"PORT": port, "KEY": sshd.path("key"), "THERE": sshd.path("back/a")}
            yield self
        finally:
            sshd.close()

    def wait_quiet(self):
        """Until the last session is over, and has stored what had reached it."""
        waiting.until(lambda: len(self._sshd.processes()) <= self._idle, QUIET, "end of the ssh sessions")

    def arrived(self, unit):
        self.wait_quiet()
        return files.arrived(files.in_directories(self._sshd.path("back/a")), unit)


class SshdGocryptfs(Sshd):
    """The same, and what is stored is encrypted."""

    @contextlib.contextmanager
    def serving(self):
        with super().serving():
            os.unlink(self._sshd.path("back/a/seed"))
            with open(self._sshd.path("password"), "w") as file:
                file.write("secret\n")
            subprocess.run(["gocryptfs", "-init", "-q", "-scryptn", "10", "-passfile", self._sshd.path("password"),
                            self._sshd.path("back/a")], check=True, timeout=DEADLINE, stdout=subprocess.DEVNULL)
            self.environment["PASSWORD"] = self._sshd.path("password")
            yield self

    def arrived(self, unit):
        self.wait_quiet()
        there, out = self._sshd.scratch, self._sshd.path("plain")
        clean(self._keeper, f"""
            gocryptfs -q -ro -passfile {there}/password {there}/back/a mnt/a
            cp -r mnt/a {out} || :  # what cannot be decrypted is lost""")
        return files.arrived(files.in_directories(out), unit)


class Archive:
    """A tar file. archivemount may store renamed files under their old name: their bytes count, and it is said."""

    misnamed = ()

    def __init__(self, container, keeper):
        self._container = container

    @contextlib.contextmanager
    def serving(self):
        self._tar = self._container.path("archive.tar")
        subprocess.run(["tar", "-C", self._container.path("back"), "-cf", self._tar, "b"], check=True)
        self.environment = {"ARCHIVE": self._tar}
        yield self

    def arrived(self, unit):
        out = self._container.path("unpacked")
        os.mkdir(out)
        subprocess.run(["tar", "-C", out, "-xf", self._tar], stderr=subprocess.DEVNULL, timeout=DEADLINE)
        misnamed = set()
        found = files.arrived(files.with_old_names(files.in_directories(out), misnamed), unit)
        self.misnamed = sorted(misnamed)
        return found


class NtfsImage:
    """An NTFS image on a loop device."""

    def __init__(self, container, keeper):
        self._container, self._keeper = container, keeper

    @contextlib.contextmanager
    def serving(self):
        self._image = image = self._container.path("image")
        with open(image, "wb") as file:
            file.truncate(IMAGE_SIZE)
        subprocess.run(["mkntfs", "-q", "-Q", "-F", image], check=True, timeout=DEADLINE, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        device = subprocess.run(["losetup", "--find", "--show", image], check=True, text=True,
                                stdout=subprocess.PIPE).stdout.strip()
        try:
            self._device = os.open(device, os.O_RDONLY | os.O_CLOEXEC)
        finally:
            subprocess.run(["losetup", "-d", device], check=True)  # it goes when nobody has it open any more
        self._backing = f"/sys/block/{os.path.basename(device)}/loop/backing_file"
        self.environment = {"DEVICE": device}
        try:
            yield self
        finally:
            self._let_go()

    def _let_go(self):
        if self._device is not None:
            os.close(self._device)
            self._device = None

    def _busy(self):
        try:
            with open(self._backing) as file:
                return file.read().startswith(self._image)
        except OSError:
            return False

    def arrived(self, unit):
        self._let_go()
        waiting.until(lambda: not self._busy(), QUIET, "end of the loop device")
        out = self._container.path("copied")
        clean(self._keeper, f"""
            ntfs-3g {self._image} mnt/a
            cp -r mnt/a {out} || :""")
        return files.arrived(files.in_directories(out), unit)


class Squashfs:
    """Read only: there is nothing to lose."""

    def __init__(self, container, keeper):
        self._container = container

    @contextlib.contextmanager
    def serving(self):
        image = self._container.path("image")
        subprocess.run(["mksquashfs", self._container.path("back/a"), image, "-quiet", "-no-progress"], check=True,
                       timeout=DEADLINE, stdout=subprocess.DEVNULL)
        self.environment = {"IMAGE": image}
        yield self

    def arrived(self, unit):
        return None
