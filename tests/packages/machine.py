"""A place of its own in which engines run: its own mounts, pids and cgroups, so that the machine's are left alone.

What is mounted in it goes with it, and whatever runs in it dies with it, also if this process is killed.
"""
import os
import shutil
import subprocess
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(TOP, "build")

# hierarchies WHERE [NAME]: mounts every cgroup hierarchy of this machine below WHERE, one directory each. With NAME
# this process moves into a cgroup of that name, in each. Engines want them all, also those that the machine does not
# mount (hugetlb), and go by these names.
HIERARCHIES = r"""
set -eu
hierarchies() {
    mount -t tmpfs machine "$1"
    while IFS=: read -r number controllers _; do
        case $number:$controllers in
        0:) directory=$1/unified; type=cgroup2; options=rw ;;
        *:name=*) directory=$1/${controllers#name=}; type=cgroup; options=none,$controllers ;;
        *) directory=$1/$controllers; type=cgroup; options=$controllers ;;
        esac
        mkdir "$directory"
        mount -t $type -o "$options" cgroup "$directory"
        [ -n "${2-}" ] || continue
        mkdir "$directory/$2"
        for file in cpuset.cpus cpuset.mems; do
            [ ! -f "$directory/$file" ] || cat "$directory/$file" >"$directory/$2/$file"
        done
        echo 0 >"$directory/$2/cgroup.procs"
    done </proc/self/cgroup
}
"""

# PID 1 of the place. It ends when its standard input does; with SIGCHLD ignored, the kernel reaps.
LIFE = HIERARCHIES + r"""
name=$1 scratch=$2
if [ "${3-}" != inside ]; then
    mkdir "$scratch/cgroup"
    hierarchies "$scratch/cgroup" "$name"
    exec unshare --cgroup /bin/sh -c "$LIFE" sh "$name" "$scratch" inside
fi
umount -R "$scratch/cgroup"
umount -R /sys/fs/cgroup
hierarchies /sys/fs/cgroup
mount --bind "$scratch/sbin" /usr/local/sbin
trap '' CHLD
echo ready
exec cat
"""

JOIN = 'for p in /sys/fs/cgroup/*/cgroup.procs; do echo 0 >"$p"; done; exec "$@"'

FORGET = HIERARCHIES + r"""
hierarchies "$2/cgroup"
for root in "$2"/cgroup/*/"$1"; do
    find "$root" -depth -type d -exec rmdir {} +
done
"""


class Machine:
    def __init__(self):
        self.scratch = tempfile.mkdtemp(prefix="fini-packages.")
        self.name = os.path.basename(self.scratch)
        os.makedirs(f"{self.scratch}/sbin")
        shutil.copy(f"{BUILD}/fini", f"{self.scratch}/sbin/fini")
        self._life = subprocess.Popen(
            ["unshare", "--mount", "--pid", "--fork", "--mount-proc", "/bin/sh", "-c", LIFE, "sh", self.name,
             self.scratch], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, "LIFE": LIFE}, text=True)
        if self._life.stdout.readline() != "ready\n":
            raise AssertionError("no place to run engines in")
        with open(f"/proc/{self._life.pid}/task/{self._life.pid}/children") as file:
            self.pid = int(file.read())

    def argv(self, *command):
        """What runs that command in there."""
        return ["nsenter", f"--target={self.pid}", "--mount", "--pid", "--cgroup", "--",
                "/bin/sh", "-c", JOIN, "sh", *command]

    def run(self, *command, seconds=120, check=True, **options):
        """Runs it to its end. Returns what it wrote on standard output, or with check=False the whole result."""
        done = subprocess.run(self.argv(*command), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=seconds, **options)
        if not check:
            return done
        assert done.returncode == 0, f"{' '.join(command)}: status {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def close(self):
        self._life.stdin.close()
        self._life.wait(30)
        self._life.stdout.close()
        subprocess.run(["unshare", "--mount", "/bin/sh", "-c", FORGET, "sh", self.name, self.scratch], check=True)
        shutil.rmtree(self.scratch)
