"""What the tests of all engines share: commands that return in time or are ended, and containers seen from the host."""
import collections
import os
import shutil
import signal
import subprocess
import tempfile
import time

import closing_proof
import freezer
import procfs
import release
import waiting

# What a run makes is named so: directories, cgroups, and with them mounts and sockets. closing.py looks for RUN,
# sweeper.py for what this process has made.
RUN = os.environ.setdefault("TEST_ENGINE_RUN", f"fini-engine.{os.getpid()}.")
PREFIX = f"{RUN}{os.getpid()}."
HANG = 3  # seconds after which a command that has not returned counts as hanging
SLACK = waiting.SLOW  # what fini may cost, in seconds, beyond the engine's own time on a harmless container
V2_ALONE = os.path.exists("/sys/fs/cgroup/cgroup.controllers")  # no hierarchy of cgroup v1
CGROUP = "v2" if V2_ALONE else "v1"
ENDS = 30  # seconds after which a command that must return is given up

# status: None if it did not return in time
Ran = collections.namedtuple("Ran", "status out err seconds")


def command(*argv, seconds=ENDS, stdin=subprocess.DEVNULL, **popen):
    """Runs a command. One that has not returned by its deadline is killed; its status is None."""
    start = time.monotonic()
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        process = subprocess.Popen(argv, stdin=stdin, stdout=out, stderr=err, **popen)
        try:
            status = process.wait(seconds * waiting.SLOW)
        except BaseException as failure:
            process.kill()
            process.wait()
            if not isinstance(failure, subprocess.TimeoutExpired):
                raise
            status = None
        taken = time.monotonic() - start
        out.seek(0)
        err.seek(0)
        return Ran(status, out.read(), err.read(), taken)


def directory():
    """A new directory of this run."""
    path = tempfile.mkdtemp(prefix=PREFIX)
    os.chmod(path, 0o755)
    return path


def check(ran):
    """What a command that had to succeed said on standard output."""
    assert ran.status == 0, f"status {ran.status} after {ran.seconds:.1f} s: {ran.out}{ran.err}"
    return ran.out.strip()


def apparmor():
    """Whether engines confine containers by AppArmor here."""
    try:
        with open("/sys/module/apparmor/parameters/enabled") as file:
            return file.read().startswith("Y")
    except OSError:
        return False


# What a container needs that serves FUSE, in the words of docker run and podman run.
UNCONFINED = ["--security-opt", "apparmor=unconfined"] if apparmor() else []
RIGHTS = ["--device", "/dev/fuse", "--cap-add", "SYS_ADMIN", *UNCONFINED]


class CommandLine:
    """An engine that is driven by docker's command line: docker itself, or podman."""

    def __init__(self, *cli):
        self.cli = cli

    def __call__(self, *words, **how):
        return command(*self.cli, *words, **how)

    def run(self, name, image, argv, *options):
        """Starts a container in the background."""
        check(self("run", "-d", "--name", name, "--network", "none", *options, image, *argv))

    def exec(self, name, *argv, **how):
        return self("exec", name, *argv, **how)

    def kill(self, name, **how):
        return self("kill", name, **how)

    def stop(self, name, **how):
        return self("stop", "-t", "1", name, **how)

    def remove(self, name, **how):
        return self("rm", "-f", name, **how)

    def restart(self, name, **how):
        return self("restart", "-t", "1", name, **how)

    def pause(self, name, **how):
        return self("pause", name, **how)

    def unpause(self, name, **how):
        return self("unpause", name, **how)

    def inspect(self, name, format):
        return check(self("inspect", "--format", format, name))

    def pid(self, name):
        """Its main process, on the host; 0 if it does not run."""
        return int(self.inspect(name, "{{.State.Pid}}"))

    def status(self, name):
        """The exit status of one that has ended."""
        return int(self.inspect(name, "{{.State.ExitCode}}"))

    def wait(self, name, seconds=ENDS):
        """Waits until it has ended; returns its exit status."""
        return int(check(self("wait", name, seconds=seconds)))


class Watched:
    """A container seen from the host: its processes, and the connections made in it, which alone may be aborted."""

    def __init__(self, pid, keeper):
        """pid: of its main process. What the host has mounted is foreign."""
        self.pid, self.pidns = pid, procfs.pidns(pid)
        assert self.pidns and self.pidns != procfs.pidns(os.getpid()), f"{pid} is in the host's PID namespace"
        self._pidns_fd = os.open(f"/proc/{pid}/ns/pid", os.O_RDONLY | os.O_CLOEXEC)  # so that the number stays ours
        self._foreign, self._keeper = set(procfs.fuse_mounts(os.getpid())), keeper
        self.connections = []
        self._directory = directory()  # the keeper wants one to remove
        keeper.add(pid, self.pidns, self._directory, self._foreign)
        closing_proof.record("made", "pidns", self.pidns)
        self.pin()

    def pin(self):
        """Remembers what is served or mounted in it now."""
        known = {connection.id for connection in self.connections}
        for connection in release.connections(self.pidns, self._foreign | known):
            self.connections.append(connection)
            self._keeper.pin(self.pidns, connection)
            closing_proof.record("made", "connection", connection.id)

    def processes(self):
        """The pids, on the host, of everything in the PID namespace."""
        return procfs.pids_in(self.pidns)

    def stuck(self):
        """The threads that wait in the kernel for an answer of a FUSE server."""
        return [(pid, procfs.comm(pid), procfs.wchan(pid, tid)) for pid in self.processes()
                for tid in procfs.tids(pid) if procfs.wchan(pid, tid).startswith(("request_wait", "folio_wait"))]

    def await_guardian(self, seconds=2):
        """Before that a SIGKILL is not survived: milliseconds after the first mount, more on a busy machine."""
        waiting.until(lambda: procfs.tracer(self.pid), seconds, "guarded")

    def describe(self):
        """For a failure: every process, and where in the kernel its threads wait."""
        return ", ".join(f"{procfs.comm(pid)}[{pid}] {[procfs.wchan(pid, tid) for tid in procfs.tids(pid)]}"
                         f"{' tracer ' + str(procfs.tracer(pid)) if pid == self.pid else ''}"
                         for pid in self.processes())

    def present(self):
        """The connections that still exist."""
        return [connection for connection in self.connections if connection.exists()]

    def assert_gone(self, seconds=2):
        """Soon there is no process and no connection of it."""
        waiting.until(lambda: not self.processes(), seconds, f"gone: {self.stuck() or self.processes()}")
        waiting.until(lambda: not self.present(), seconds, f"gone: {self.present()}")

    def release(self):
        """Kills its processes and aborts its connections. Returns those that were still there."""
        left = self.present() if self.processes() else []
        release.release(self.pidns, self._foreign, self.connections)
        return left

    def close(self):
        self.release()
        self._keeper.remove(self.pidns)
        self.assert_gone()
        os.rmdir(self._directory)
        os.close(self._pidns_fd)
        closing_proof.record("gone", "pidns", self.pidns)
        for connection in self.connections:
            closing_proof.record("gone", "connection", connection.id)
            connection.close()


class Group:
    """A cgroup in which an engine's daemons run: what they start is in it too, so that none is ever overlooked."""

    def __init__(self):
        self.path = tempfile.mkdtemp(prefix=PREFIX, dir=freezer.V2[0])

    def start(self, argv, log):
        """Starts a daemon in it; what it writes goes to the file log."""
        with open(log, "ab") as output:
            return subprocess.Popen(["/bin/sh", "-c", 'echo $$ >"$0" && exec "$@"', f"{self.path}/cgroup.procs", *argv],
                                    stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                    start_new_session=True)  # Ctrl-C is not for it

    def processes(self):
        with open(f"{self.path}/cgroup.procs") as file:
            return [int(pid) for pid in file.read().split()]

    def close(self, seconds=5):
        """Removes it. Returns what was still alive in it, which is killed."""
        try:
            waiting.until(lambda: not self.processes(), seconds, "empty")
        except waiting.Late:
            pass
        left = [f"{procfs.comm(pid)}[{pid}]" for pid in self.processes()]
        waiting.until(self._kill, 5, "killed")
        os.rmdir(self.path)
        return left

    def _kill(self):
        for pid in self.processes():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        return not self.processes()


def by_systemd():
    """Whether docker and root's podman have systemd make the cgroups of containers: their default with cgroup v2."""
    return V2_ALONE and os.path.isdir("/run/systemd/system")


class Parent:
    """The parent of the cgroups of an engine's containers, made by systemd or by the engine."""

    def __init__(self, word, by_systemd):
        """word: names it."""
        self._word, self._by_systemd = word, by_systemd
        self.name = f"{word}.slice" if by_systemd else f"/{word}"

    def remove(self):
        """Returns what is in use of it, in words."""
        if self._by_systemd:
            check(command("systemctl", "stop", self.name))
        return remove_cgroups(self._word)


def remove_directory(path):
    """Removes a directory of the run, what is mounted in it before."""
    with open("/proc/self/mountinfo") as file:
        mounts = [line.split()[4] for line in file]
    for mount in reversed(mounts):
        if mount.startswith(f"{path}/"):
            check(command("umount", "-l", mount))
    shutil.rmtree(path)


def remove_cgroups(name):
    """Removes the cgroups of that name, one in each hierarchy. Returns those that are in use."""
    left = []
    for root in [freezer.V2[0], *(f"/sys/fs/cgroup/{entry}" for entry in os.listdir("/sys/fs/cgroup"))]:
        for directory, _, _ in os.walk(f"{root}/{name}", topdown=False):
            try:
                os.rmdir(directory)
            except OSError as failure:
                left.append(f"{directory}: {failure.strerror}")
    return left


def stop(daemon, seconds=15):
    """SIGTERM, and SIGKILL if that is not enough."""
    daemon.terminate()
    try:
        daemon.wait(seconds)
    except subprocess.TimeoutExpired:
        daemon.kill()
        daemon.wait()
