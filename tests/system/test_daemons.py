"""Real servers: their clients' last bytes arrive, and they end with the container."""
import shutil
import socket
import subprocess

import pytest

import waiting
from container import Container, scratch
from inits import assert_ends, both_finis

SIZE = 3 * 1024 * 1024


def needs(*programs):
    missing = [name for name in programs if not shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin")]
    return pytest.mark.skipif(bool(missing), reason=f"not installed: {' '.join(missing)}")


@needs("bindfs")
@both_finis
def test_bindfs(container, init):
    container.start(init, f"bindfs back/a mnt/a; client write mnt/a/f {SIZE}\nfinish").wait_ready()
    assert_ends(container)
    container.assert_written("back/a/f", size=SIZE)
    assert container.stderr() == ""


@needs("bindfs")
@both_finis
def test_bindfs_on_ndrive(container, init):
    """The server of one is a client of the other, and is not to be taken for one of the clients that go first."""
    container.start(init, f"""
        nd a --writeback-cache; bindfs mnt/a mnt/b; client write mnt/b/f {SIZE}
        finish""").wait_ready()
    assert_ends(container)
    container.assert_written("back/a/f", size=SIZE)


SSHD = """
mount -t tmpfs run /run; mkdir -m 755 /run/sshd
exec /usr/sbin/sshd -D -e -f /dev/null -p {port} -h $S/host_key -o ListenAddress=127.0.0.1 -o PidFile=$S/sshd.pid \
    -o AuthorizedKeysFile=$S/key.pub -o StrictModes=no -o UsePAM=no -o PasswordAuthentication=no \
    -o PermitRootLogin=yes -o Subsystem="sftp internal-sftp"
"""
SSHFS = """
sshfs -p {port} -o IdentityFile={there}/key,IdentitiesOnly=yes,StrictHostKeyChecking=no,UserKnownHostsFile=/dev/null \
    -o LogLevel=ERROR root@127.0.0.1:{there}/back/a mnt/a
client write mnt/a/f {size}
finish
"""


@pytest.fixture
def sshd(keeper):
    """An ssh server of our own, outside of the container under test: what sshfs needs must not die with it."""
    server = Container(scratch(), keeper)
    for key in ("host_key", "key"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", server.path(key)], check=True)
    with socket.create_server(("127.0.0.1", 0)) as free:
        server.port = free.getsockname()[1]
    server.start("tini", SSHD.format(port=server.port))
    waiting.line_in_file(server.path("stderr"), "Server listening")
    yield server
    server.close()


@needs("sshfs", "sshd", "ssh-keygen")
@both_finis
def test_sshfs(container, sshd, init):
    """Its ssh, which holds no /dev/fuse, has to live until sshfs has written everything."""
    container.start(init, SSHFS.format(port=sshd.port, there=sshd.scratch, size=SIZE)).wait_ready()
    assert_ends(container)
    sshd.assert_written("back/a/f", size=SIZE)
    assert container.stderr() == ""


NTFS = """
truncate -s 16M image; mkntfs -q -F image >/dev/null 2>&1
device=$(losetup --find --show image)
trap 'losetup -d $device' EXIT
ntfs-3g $device mnt/a
trap - EXIT; losetup -d $device  # which waits until it is free
client write mnt/a/f {size}
finish
"""


@needs("ntfs-3g", "mkntfs", "losetup")
@both_finis
def test_fuseblk(container, init):
    """The connection of a block device has the device's number, and ntfs-3g writes everything only at its end."""
    container.start(init, NTFS.format(size=SIZE)).wait_ready()
    assert_ends(container, seconds=4)
    with open(container.path("f"), "wb") as copy:
        subprocess.run(["ntfscat", "-f", container.path("image"), "f"], stdout=copy, check=True)
    container.assert_written("f", size=SIZE)
    assert container.stderr() == ""
