"""Backends that run in the container under test, as a process of it: they must outlive their FUSE server, and store.

Main starts them (daemons.py); here is what they need, and where their bytes are when all is over.
"""
import contextlib
import os
import subprocess

import backends
import files
import network
import s3


class Sshd(backends.Directory):
    @contextlib.contextmanager
    def serving(self):
        there = self._container
        for key in ("host_key", "key"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", there.path(key)], check=True)
        self.environment = {"PORT": backends.free_port(), "KEY": there.path("key"), "THERE": there.path("back/a")}
        yield self


class Dav(backends.Directory):
    @contextlib.contextmanager
    def serving(self):
        network.write_davfs2_configuration(self._container)
        self.environment = {"PORT": backends.free_port(), "THERE": self._container.path("back/a")}
        yield self


class Gluster(backends.Directory):
    @contextlib.contextmanager
    def serving(self):
        port = backends.free_port()
        network.write_volumes(self._container, self._container, port, self._container.path("back/a"))
        self.environment = {"PORT": port}
        yield self


class S3(s3.S3):
    """Afterwards another server reads what this one has stored."""

    def __init__(self, container, keeper):
        super().__init__(container, keeper)
        self._container = container

    @contextlib.contextmanager
    def serving(self):
        port = backends.free_port()
        self._write_password(self._container)
        self.environment = {"URL": f"http://127.0.0.1:{port}", "BUCKET": s3.BUCKET, "PORT": port,
                            "SERVE_S3": self.command(port, self._container.path("objects")),
                            "PASSWORD": self._container.path("password")}
        yield self

    def arrived(self, unit):
        with self.running(self._container.path("objects")):
            return files.arrived(self._get, unit)


class ZfsPool:
    """A pool in a file; zfs-fuse is both the FUSE server and what stores."""

    def __init__(self, container, keeper):
        self._container, self._keeper = container, keeper

    @contextlib.contextmanager
    def serving(self):
        os.mkdir(self._container.path("pool"))
        with open(self._container.path("pool/image"), "wb") as file:
            file.truncate(1 << 30)
        self.environment = {}
        yield self

    def arrived(self, unit):
        out = self._container.path("copied")
        backends.clean(self._keeper, f"""
            mount -t tmpfs run /run; mkdir -p /run/lock; mount -t tmpfs zfs /var/lib/zfs
            zfs-fuse -n & until [ -S /run/zfs/zfs_socket ]; do sleep 0.05; done
            zpool import -d {self._container.path("pool")} -R $S/mnt pool
            mkdir {out}; find $S/mnt -type f -exec cp {{}} {out} ';' """)
        return files.arrived(files.in_directories(out), unit)


class Ext4Image:
    """An ext4 filesystem in a file."""

    def __init__(self, container, keeper):
        self._container = container

    @contextlib.contextmanager
    def serving(self):
        self._image = self._container.path("image")
        subprocess.run(["mkfs.ext4", "-q", "-F", self._image, "1G"], check=True, timeout=backends.DEADLINE,
                       stdout=subprocess.DEVNULL)
        self.environment = {"IMAGE": self._image}
        yield self

    def arrived(self, unit):
        out = self._container.path("copied")
        os.mkdir(out)
        subprocess.run(["e2fsck", "-fp", self._image], timeout=backends.DEADLINE, stdout=subprocess.DEVNULL)
        subprocess.run(["debugfs", "-R", f"rdump / {out}", self._image], check=True, timeout=backends.DEADLINE,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return files.arrived(files.in_directories(out), unit)
