"""The rows of the table: how users start each daemon, and where its bytes end up."""
import collections

import backends
import inside
import network
import npm
import s3

# serve: the shell commands, done when it is mounted. packages: whose versions matter. kinds: the applications.
# fini: options that only fini has, {scratch} is the container's directory. later: commands, before the stop.
Daemon = collections.namedtuple("Daemon", "name started packages backend mount serve kinds note fini later",
                                defaults=(("closed", "open", "renamed", "mapped"), "", (), ""))

DAEMONIZES, JOB = "daemonizes", "background job of main"

SSHFS = """sshfs -p $PORT {options} \
    -o IdentityFile=$KEY,IdentitiesOnly=yes,StrictHostKeyChecking=no,UserKnownHostsFile=/dev/null,LogLevel=ERROR \
    root@127.0.0.1:$THERE {mount}"""

SERVE_S3 = "eval \"$SERVE_S3\" >s3.log 2>&1 &"
S3FS = """
s3fs $BUCKET mnt/a -o url=$URL,use_path_request_style,passwd_file=$PASSWORD
await_mount mnt/a"""

RCLONE = """
rclone --config "" mount {remote} mnt/a --vfs-cache-mode writes --cache-dir "$S/cache" --log-level ERROR {more} &
await_mount mnt/a"""

# The queue that the kernel does not see: asked for by fini when all clients are gone, until it is empty.
RCLONE_QUEUE = """
rc=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat >"$S/queue-is-empty" <<END
rclone --config "" rc --url http://127.0.0.1:$rc/ vfs/stats | python3 -c '
import json, sys
cache = json.load(sys.stdin)["diskCache"]
sys.exit(cache["uploadsInProgress"] + cache["uploadsQueued"] > 0)'
END
"""
RCLONE_ASKED = "--rc --rc-no-auth --rc-addr 127.0.0.1:$rc"
ASK_RCLONE = ("--before-servers", "sh {scratch}/queue-is-empty", "--before-servers-time", "8s")

RCLONE_S3 = """
export RCLONE_CONFIG_REMOTE_TYPE=s3 RCLONE_CONFIG_REMOTE_PROVIDER=Other RCLONE_CONFIG_REMOTE_ENDPOINT=$URL
export RCLONE_CONFIG_REMOTE_ACCESS_KEY_ID=S3RVER RCLONE_CONFIG_REMOTE_SECRET_ACCESS_KEY=S3RVER
"""

# Of what runs in the container, too.
LISTENS = """
until grep -q "$(printf ':%04X 00000000:0000 0A' $PORT)" /proc/net/tcp; do sleep 0.02; done
"""
HAS_HUNG_UP = """
while grep -q "$(printf ':%04X 01 ' $PORT)" /proc/net/tcp; do sleep 0.1; done
"""
SSHD = backends.SSHD.replace("exec ", "").format(port="$PORT").rstrip() + " 2>sshd.log &" + LISTENS
DAV_SERVER = network.DAV_SERVER.replace("exec ", "").format(there="$THERE", port="$PORT") + " 2>dav.log &" + LISTENS
BRICK = network.BRICK_SERVER.replace("exec ", "").format(volume="$S/brick.vol", log="$S/brick.log") + " &" + LISTENS
DAVFS2 = """
mount -t davfs -o conf=$S/davfs2.conf http://127.0.0.1:$PORT/ $S/mnt/a
await_mount mnt/a"""
GLUSTERFS = """
glusterfs -f $S/client.vol -l $S/client.log $S/mnt/a
await_mount mnt/a"""
UNMAPPED = ("closed", "open", "renamed")
INSIDE = "Its backend runs in the container, too."

DAEMONS = (
    Daemon("bindfs", DAEMONIZES, ("bindfs",), backends.Directory, "mnt/a", "bindfs back/a mnt/a"),
    Daemon("sshfs", JOB, ("sshfs", "openssh-server"), backends.Sshd, "mnt/a",
           SSHFS.format(options="-f", mount="mnt/a") + " &\nawait_mount mnt/a"),
    Daemon("sshfs, sshd inside", JOB, ("sshfs", "openssh-server"), inside.Sshd, "mnt/a",
           SSHD + SSHFS.format(options="-f", mount="mnt/a") + " &\nawait_mount mnt/a", note=INSIDE),
    Daemon("s3fs", DAEMONIZES, ("s3fs",), s3.S3, "mnt/a", S3FS),
    Daemon("s3fs, S3 server inside", DAEMONIZES, ("s3fs",), inside.S3, "mnt/a",
           SERVE_S3 + LISTENS + S3FS, note=INSIDE),
    Daemon("s3fs, S3 server inside, idle", DAEMONIZES, ("s3fs",), inside.S3, "mnt/a",
           SERVE_S3 + LISTENS + S3FS, later=HAS_HUNG_UP,
           note=INSIDE + " Before the stop it has closed its connection to s3fs, which was idle for five seconds."),
    Daemon("davfs2", DAEMONIZES, ("davfs2", "rclone"), network.Dav, "mnt/a", DAVFS2, kinds=UNMAPPED,
           note="It uploads a file ten seconds after it was closed, or when it is unmounted; "
                "it cannot be mapped (ENODEV)."),
    Daemon("davfs2, WebDAV server inside", DAEMONIZES, ("davfs2", "rclone"), inside.Dav, "mnt/a", DAV_SERVER + DAVFS2,
           kinds=UNMAPPED, note=INSIDE),
    Daemon("glusterfs", DAEMONIZES, ("glusterfs-client", "glusterfs-server"), network.Gluster, "mnt/a", GLUSTERFS),
    Daemon("glusterfs, brick inside", DAEMONIZES, ("glusterfs-client", "glusterfs-server"), inside.Gluster, "mnt/a",
           BRICK + GLUSTERFS, note=INSIDE),
    Daemon("s3fs, 10 MB/s", DAEMONIZES, ("s3fs",), s3.SlowS3, "mnt/a", S3FS,
           note="Its link to the S3 server takes 10 MB/s: what is still to be sent takes seconds."),
    Daemon("rclone, local", JOB, ("rclone",), backends.Directory, "mnt/a", RCLONE.format(remote='"$S/back/a"', more=""),
           note="rclone sends what is in its queue neither at SIGTERM nor at unmount, whichever init there is."),
    Daemon("rclone, local, asked for its queue", JOB, ("rclone",), backends.Directory, "mnt/a",
           RCLONE_QUEUE + RCLONE.format(remote='"$S/back/a"', more=RCLONE_ASKED),
           note="fini runs `--before-servers`, which asks rclone whether its queue is empty; no other init can.",
           fini=ASK_RCLONE),
    Daemon("rclone, S3", JOB, ("rclone",), s3.S3, "mnt/a",
           RCLONE_S3 + RCLONE.format(remote="remote:$BUCKET", more=""),
           note="As above: its queue needs a command that waits until it is empty, before the server is stopped."),
    Daemon("rclone, S3, asked for its queue", JOB, ("rclone",), s3.S3, "mnt/a",
           RCLONE_S3 + RCLONE_QUEUE + RCLONE.format(remote="remote:$BUCKET", more=RCLONE_ASKED),
           note="As above, with the command.", fini=ASK_RCLONE),
    Daemon("gocryptfs over sshfs", DAEMONIZES, ("gocryptfs", "sshfs"), backends.SshdGocryptfs, "mnt/a",
           SSHFS.format(options="", mount="mnt/b") + "\ngocryptfs -q -passfile $PASSWORD mnt/b mnt/a"),
    Daemon("mergerfs over two bindfs", f"bindfs: {JOB}, mergerfs: {DAEMONIZES}", ("mergerfs", "bindfs"),
           backends.Directory, "mnt/c", """
bindfs -f back/a mnt/a &
bindfs -f back/b mnt/b &
await_mount mnt/a; await_mount mnt/b
mergerfs "$S/mnt/a:$S/mnt/b" mnt/c
await_mount mnt/c"""),
    Daemon("fuse-overlayfs", JOB, ("fuse-overlayfs",), backends.Directory, "mnt/a", """
mkdir work
fuse-overlayfs -f -o "lowerdir=$S/back/c,upperdir=$S/back/a,workdir=$S/work" mnt/a &
await_mount mnt/a"""),
    Daemon("archivemount", DAEMONIZES, ("archivemount",), backends.Archive, "mnt/a", "archivemount $ARCHIVE mnt/a",
           note="archivemount writes the whole archive when it ends."),
    Daemon("ntfs-3g", DAEMONIZES, ("ntfs-3g",), backends.NtfsImage, "mnt/a", "ntfs-3g $DEVICE mnt/a"),
    Daemon("zfs-fuse", JOB, ("zfs-fuse",), inside.ZfsPool, "mnt/a", """
mount -t tmpfs run /run; mkdir -p /run/lock; mount -t tmpfs zfs /var/lib/zfs
zfs-fuse -n 2>zfs.log & until [ -S /run/zfs/zfs_socket ]; do sleep 0.02; done
rmdir mnt/a; zpool create -m $S/mnt/a pool $S/pool/image
await_mount mnt/a"""),
    Daemon("fuse2fs", JOB, ("fuse2fs",), inside.Ext4Image, "mnt/a", """
fuse2fs -f $IMAGE mnt/a &
await_mount mnt/a"""),
    Daemon("a Python server (fusepy)", JOB, ("python3-fusepy",), backends.Directory, "mnt/a",
           f"{backends.PYTHON} {backends.HERE}/passthrough.py back/a mnt/a &\nawait_mount mnt/a",
           note="tests/data/passthrough.py: it stores a file when that is closed."),
    Daemon("a Node server (fuse-native)", JOB, (), backends.Directory, "mnt/a", f"""
NODE_PATH={npm.modules("fuse-native")} node {backends.HERE}/passthrough.js back/a mnt/a &
await_mount mnt/a""", note="tests/data/passthrough.js: its I/O is asynchronous."),
    Daemon("squashfuse", JOB, ("squashfuse",), backends.Squashfs, "mnt/a", """
squashfuse -f $IMAGE mnt/a &
await_mount mnt/a""", kinds=("reads",), note="Read only: nothing can be lost, but it has to end."),
)
