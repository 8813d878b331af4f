"""The image that the Dockerfiles start from, made here: there may be no registry to pull it from."""
import fcntl
import os
import tempfile

from machine import BUILD, run

NAME = "debian:bookworm-slim"


def tarball():
    """The path of that image's tree. Made once, by whoever comes first, and kept in build/."""
    directory = os.path.join(BUILD, "packages")
    os.makedirs(directory, exist_ok=True)
    path = os.path.join(directory, "base.tar")
    with open(f"{path}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.exists(path):
            with tempfile.TemporaryDirectory(prefix="base.", dir=directory) as tree:
                # What it mounts goes with it, come what may.
                run("unshare", "--mount", "debootstrap", "--variant=minbase", "bookworm", tree, seconds=300)
                run("tar", "-C", tree, "-cf", f"{path}.new", ".")
            os.rename(f"{path}.new", path)
    return path
