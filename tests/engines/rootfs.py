"""A small root filesystem for containers, made of what the host has installed: as a tree and as a tar.

/fini, /tini and the test programs; dash as sh, bash, busybox for the rest; fusermount3. It is made once, and again
when one of these files has changed.
"""
import fcntl
import os
import re
import shutil
import subprocess
import tarfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MADE = os.path.join(TOP, "build", "engines")
TREE = os.path.join(MADE, "rootfs")  # for runc and crun
TAR = os.path.join(MADE, "rootfs.tar")  # for docker import and podman import
_MANIFEST = os.path.join(MADE, "rootfs.manifest")

TOOLS = "/usr/local/bin"
# What it is in there: what it is here. Libraries come along.
PROGRAMS = {
    "/fini": os.environ.get("FINI", f"{TOP}/build/fini"),
    "/tini": "/usr/bin/tini-static",
    f"{TOOLS}/ndrive": f"{TOP}/build/tests/ndrive",
    f"{TOOLS}/client": f"{TOP}/build/tests/client",
    "/bin/sh": "/bin/dash",
    "/bin/bash": "/bin/bash",
    "/bin/busybox": "/bin/busybox",
    "/bin/fusermount3": "/bin/fusermount3",
}
DIRECTORIES = ("dev", "etc", "proc", "root", "run", "sys", "tmp", "mnt", "scratch", "usr/bin", "usr/sbin", "sbin",
               "var/run")
FILES = {
    "etc/passwd": "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n",
    "etc/group": "root:x:0:\nnogroup:x:65534:\n",
    "etc/fuse.conf": "user_allow_other\n",
}


def make():
    """Makes both, or leaves them as they are if they are up to date. Safe if several processes do so at a time."""
    os.makedirs(MADE, exist_ok=True)
    with open(f"{MADE}/rootfs.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = {**PROGRAMS, **_libraries()}
        manifest = "".join(f"{inside} {host} {_version(host)}\n" for inside, host in sorted(wanted.items()))
        if _made_from() != manifest:
            _make(wanted)
            with open(_MANIFEST, "w") as file:
                file.write(manifest)


def _version(host):
    status = os.stat(host)
    return f"{status.st_size} {status.st_mtime_ns}"


def _made_from():
    try:
        with open(_MANIFEST) as file:
            return file.read()
    except FileNotFoundError:
        return ""


def _libraries():
    """What the programs are linked with, and what glibc loads for pthread_cancel; the same paths as here."""
    found = {}
    for host in PROGRAMS.values():
        listed = subprocess.run(["ldd", host], capture_output=True, text=True).stdout  # status 1: a static program
        found.update((path, path) for path in re.findall(r"(?:=> |^\s*)(/\S+) \(0x", listed, re.MULTILINE))
    unwinder = next(os.path.dirname(path) for path in found if path.endswith("/libc.so.6")) + "/libgcc_s.so.1"
    return {**found, unwinder: unwinder}


def _make(wanted):
    shutil.rmtree(TREE, ignore_errors=True)
    for directory in DIRECTORIES:
        os.makedirs(f"{TREE}/{directory}")
    os.chmod(f"{TREE}/tmp", 0o1777)
    for name, text in FILES.items():
        with open(f"{TREE}/{name}", "w") as file:
            file.write(text)
    for inside, host in wanted.items():
        os.makedirs(os.path.dirname(TREE + inside), exist_ok=True)
        shutil.copy(host, TREE + inside)
    applets = subprocess.run([f"{TREE}/bin/busybox", "--list"], capture_output=True, text=True, check=True).stdout
    for applet in applets.split():
        if not os.path.lexists(f"{TREE}/bin/{applet}"):
            os.symlink("busybox", f"{TREE}/bin/{applet}")
    with tarfile.open(TAR + ".new", "w") as tar:
        tar.add(TREE, ".")
    os.replace(TAR + ".new", TAR)


if __name__ == "__main__":
    make()
