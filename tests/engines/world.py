"""A mount namespace for podman and crun alone: what they need of the machine and what they leave on it is in there.

It ends with the test; if that is killed, it ends what is in it, and removes what it was made of. In it /run is empty,
/dev/fuse may be opened by everybody, an ordinary user is in /etc/passwd, and the cgroup hierarchy is one that podman
takes (a hybrid one must have hugetlb). With cgroup v2 root's podman has systemd make cgroups, as it does by default.
"""
import itertools
import os
import shutil
import signal
import subprocess

import engine
import procfs
import waiting

FIRST_UID = 0x100000  # of the ordinary users, each known in its own world only
SUBUID, SUBUIDS = 0x20000000, 65536
_made = itertools.count()

WORLD = r"""
set -eu
cd {directory}
mkdir home run tmp storage containers cgroup user fusectl {buses}
for bus in {buses}; do
    mount --bind /run/$bus $bus
done
mount -t tmpfs -o mode=755 fini-test /run
for bus in {buses}; do
    mkdir /run/$bus
    mount --move $bus /run/$bus
done
mkdir -p /run/user/{uid} /var/lib/containers
mount --bind containers /var/lib/containers
mknod -m 666 fuse c 10 229
mount --bind fuse /dev/fuse
mount -t fusectl fini-test fusectl
for file in passwd group subuid subgid; do
    cat /etc/$file >user/$file
done
echo fini-test:x:{uid}:{uid}::{directory}/home:/bin/sh >>user/passwd
echo fini-test:x:{uid}: >>user/group
echo fini-test:{subuid}:{subuids} | tee -a user/subuid >>user/subgid
for file in passwd group subuid subgid; do
    mount --bind user/$file /etc/$file
done
chown -R {uid}:{uid} {owned} /run/user/{uid}
if [ -e /sys/fs/cgroup/unified ] && [ ! -e /sys/fs/cgroup/hugetlb ] && grep -q ^hugetlb /proc/cgroups; then
    mount -t tmpfs -o mode=755 cgroup cgroup
    for old in /sys/fs/cgroup/*; do
        if [ -L $old ]; then
            cp -P $old cgroup/
        else
            mkdir cgroup/${{old##*/}}
            mount --rbind $old cgroup/${{old##*/}}
        fi
    done
    mkdir cgroup/hugetlb
    mount -t cgroup -o hugetlb cgroup cgroup/hugetlb
    mount --move cgroup /sys/fs/cgroup
fi
echo made
read -r word && exit # it was closed
set +e
cd /
ours=$(readlink /proc/$$/ns/mnt)
for process in /proc/[0-9]*; do
    pid=${{process#/proc/}}
    [ $pid != $$ ] || continue
    [ "$(readlink $process/ns/mnt)" = "$ours" ] || [ "$(stat -c %u $process)" = {uid} ] || continue
    kill -KILL $pid
done
for point in $(cut -d ' ' -f 5 /proc/$$/mountinfo | grep ^{directory}/ | tac); do
    umount -l $point
done
rm -rf {directory}
for try in 1 2 3 4 5 6 7 8 9 10; do
    find /sys/fs/cgroup -depth -path "*/{cgroups}*" -type d -exec rmdir {{}} + && exit
    sleep 0.5
done
"""


class World:
    def __init__(self, rootless):
        self.rootless = rootless
        self.by_systemd = engine.by_systemd() and not rootless
        self.directory = engine.directory()
        self.cgroups = os.path.basename(self.directory)  # the parent of the containers' cgroups
        self.parent = engine.Parent(self.cgroups, self.by_systemd)
        self.devices = {"fuse": "/dev/fuse", "fusectl": f"{self.directory}/fusectl"}
        self.uid = FIRST_UID + 8 * os.getpid() + next(_made)  # another one than of each world that is there meanwhile
        self._holder = subprocess.Popen(
            ["unshare", "--mount", "--propagation", "private", "sh", "-c", WORLD.format(
                directory=self.directory, cgroups=self.cgroups, uid=self.uid, subuid=SUBUID, subuids=SUBUIDS,
                owned="home run tmp storage" if rootless else "home",
                buses="systemd dbus" if self.by_systemd else "")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
        if self._holder.stdout.readline() != "made\n":
            raise AssertionError(self._holder.communicate()[1])

    def inside(self, *argv):
        """What runs argv in there, as root or as the ordinary user."""
        user = ["setpriv", f"--reuid={self.uid}", f"--regid={self.uid}", "--clear-groups"] if self.rootless else []
        return ["nsenter", f"--mount=/proc/{self._holder.pid}/ns/mnt", *user, "env", "-i", f"--chdir={self.directory}",
                "PATH=/usr/sbin:/usr/bin:/sbin:/bin", f"HOME={self.directory}/home", f"TMPDIR={self.directory}/tmp",
                f"XDG_RUNTIME_DIR=/run/user/{self.uid if self.rootless else 0}",
                f"CONTAINERS_CONF={self.directory}/containers.conf", *argv]

    def owner(self, uid=0):
        """The user on this machine who is uid in a container."""
        if not self.rootless:
            return uid
        return self.uid if uid == 0 else SUBUID + uid - 1

    def processes(self):
        """All that are in it, or were started from there by the ordinary user."""
        here = _namespace(self._holder.pid)
        return [pid for pid in procfs.pids() if pid != self._holder.pid and procfs.alive(pid)
                and (_namespace(pid) == here or (self.rootless and _owner(pid) == self.uid))]

    def close(self):
        """Ends it. Returns what was left in it, in words."""
        left = []
        try:
            waiting.until(lambda: not self.processes(), 5, "ended")
        except waiting.Late:
            left += [f"{procfs.comm(pid)}[{pid}]" for pid in self.processes()]
            for pid in self.processes():
                os.kill(pid, signal.SIGKILL)
        engine.command(*self.inside("find", "/sys/fs/cgroup", "-depth", "-path", f"*/{self.cgroups}*", "-type", "d",
                                    "-exec", "rmdir", "{}", "+"))
        if self.by_systemd:
            left += self.parent.remove()
        self._holder.communicate("closed\n")
        shutil.rmtree(self.directory)
        return left


def _namespace(pid):
    try:
        return os.readlink(f"/proc/{pid}/ns/mnt")
    except OSError:
        return None


def _owner(pid):
    try:
        return os.stat(f"/proc/{pid}").st_uid
    except OSError:
        return None
