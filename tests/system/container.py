"""A container for a test: started, watched, and gone without a trace afterwards."""
import collections
import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time

import closing_proof
import known
import procfs
import reach
import release
import waiting

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = reach.programs(os.path.join(TOP, "build"))
TOOLS = os.path.join(BUILD, "tests")
INITS = {
    "tini": "/usr/bin/tini-static",
    "dumb-init": "/usr/bin/dumb-init",
    "catatonit": "/usr/bin/catatonit",
    "fini": os.environ.get("FINI", os.path.join(BUILD, "fini")),
    "fini-no-fdinfo": os.path.join(BUILD, "fini-no-fdinfo"),
}
SEED = b"seed" * 16384  # what every backing directory has in the file "seed"

# What a scene may use. ndrive and client return when they are in place; finish waits for the test, and main ends.
PROLOGUE = r"""
set -eu
export PATH="{tools}:$PATH"
cd "{scratch}"
S={scratch}
nd() {{  # nd NAME [options]: serve back/NAME on mnt/NAME, or on $ON; run it by $BY
    nd=$1; shift
    ${{BY-}} ndrive --log "$S/drives.log" --name "$nd" --pid-file "$S/$nd.pid" "$@" \
        "$S/back/$nd" "${{ON-$S/mnt/$nd}}"
}}
ready() {{ echo ready >"$S/ready"; }}
await_go() {{ read -r STATUS <"$S/go"; }}
guarded() {{ until grep -q '^TracerPid:.[1-9]' /proc/1/status; do :; done; }}  # init has seen what was mounted
finish() {{ ready; await_go; exit "$STATUS"; }}
"""

End = collections.namedtuple("End", "status seconds")  # exit status (-9: killed by SIGKILL); since finish() or kill()
Stuck = collections.namedtuple("Stuck", "pid comm state wchan stack")


def scratch():
    """A directory for a container, which removes it."""
    directory = tempfile.mkdtemp(prefix="fini-test.")
    os.chmod(directory, 0o755)
    return directory


class Container:
    def __init__(self, scratch, keeper, drives=("a", "b", "c")):
        self.scratch = scratch
        self.pid = self.pidns = None
        self.connections = []
        self._keeper = keeper
        self.closed = False
        self._events = self._pidns_fd = self._pidfd = self._launcher = self._ended = self._asked = None
        self._buffer = b""
        for drive in drives:
            os.makedirs(f"{scratch}/back/{drive}")
            os.makedirs(f"{scratch}/mnt/{drive}")
            with open(f"{scratch}/back/{drive}/seed", "wb") as file:
                file.write(SEED)
        os.mkfifo(f"{scratch}/ready")
        os.mkfifo(f"{scratch}/go")
        self._ready = os.open(f"{scratch}/ready", os.O_RDWR | os.O_CLOEXEC)
        self._go = os.open(f"{scratch}/go", os.O_RDWR | os.O_CLOEXEC)

    def give_to(self, uid):
        """Lets a container of that user work in the directory."""
        for directory, _, files in os.walk(self.scratch):
            for name in ("", *files):
                os.chown(os.path.join(directory, name), uid, uid)

    # What a test does with it

    def start(self, init, scene, options=(), launch=(), mounts_of=None):
        """Runs scene, a shell script that ends with finish, as main under init."""
        return self.run(self.argv(init, scene, options), launch, mounts_of)

    def argv(self, init, scene, options=()):
        """What start would run."""
        with open(self.path("main"), "w") as file:
            file.write(PROLOGUE.format(tools=TOOLS, scratch=self.scratch) + scene)
        return [INITS[init], *options, "--", "/bin/sh", self.path("main")]

    def run(self, argv, launch=(), mounts_of=None, wrapper=()):
        """Runs argv as PID 1, all of it under wrapper (strace...). Its output goes to the files stdout and stderr."""
        # What is mounted before is foreign; under mounts_of this is what that container sees, once it is ready.
        self.foreign = set(procfs.fuse_mounts(mounts_of or os.getpid()))
        events, report = os.pipe()
        command = [*wrapper, f"{TOOLS}/launch", "--report", str(report), *launch]
        if mounts_of:
            command += ["--mounts-of", str(mounts_of)]
        with open(self.path("stdout"), "wb") as stdout, open(self.path("stderr"), "wb") as stderr:
            self._launcher = subprocess.Popen(command + ["--", *argv], stdin=subprocess.DEVNULL, stdout=stdout,
                                              stderr=stderr, pass_fds=[report], start_new_session=True)
        os.close(report)
        self._events = events
        started = self._event(time.monotonic() + 5)
        if started is None or started["event"] != "started":
            raise AssertionError(f"not started: {self.stderr()}")
        self.pid, self.pidns = started["pid"], started["pidns"]
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it may have ended by now
            self._pidfd = os.pidfd_open(self.pid)
            self._pidns_fd = os.open(f"/proc/{self.pid}/ns/pid", os.O_RDONLY | os.O_CLOEXEC)  # the number stays ours
        self._keeper.add(self.pid, self.pidns, self.scratch, self.foreign)
        closing_proof.record("made", "pidns", self.pidns)
        return self

    def wait_ready(self, seconds=15):
        """Waits until the scene says ready, and pins the connections it has made."""
        deadline = time.monotonic() + seconds
        while not waiting.readable(self._ready, 0):
            if waiting.readable(self._events, 0.02):  # the end of the container; neither is ever missed
                raise AssertionError(f"main ended before it was ready: {self.wait_end(0)}: {self.stderr()}")
            if time.monotonic() > deadline:
                raise waiting.Late(f"main not ready after {seconds} s: {self.stderr()}")
        os.read(self._ready, 4096)
        self.pin_connections()
        return self

    def pin_connections(self):
        """Remembers what is served or mounted now; its end is looked for in the end, and it may be aborted."""
        known = {connection.id for connection in self.connections}
        for connection in release.connections(self.pidns, self.foreign | known):
            self.connections.append(connection)
            self._keeper.pin(self.pidns, connection)
            closing_proof.record("made", "connection", connection.id)

    def run_inside(self, scene, seconds=10, check=True):
        """Runs a scene in the running container, as docker exec would."""
        script = PROLOGUE.format(tools=TOOLS, scratch=self.scratch) + scene
        subprocess.run(["nsenter", f"--target={self.pid}", "--mount", "--pid", "/bin/sh", "-c", script],
                       check=check, timeout=seconds)

    def finish(self, status=7):
        """Makes main exit with that status."""
        self._asked = time.monotonic()
        os.write(self._go, b"%d\n" % status)
        return self

    def go(self):
        """Lets a scene with several steps go on after an await_go."""
        return self.finish(0)

    def kill(self, sig=signal.SIGKILL):
        """Signals PID 1 from outside. ProcessLookupError if it has ended."""
        self._asked = time.monotonic()
        signal.pidfd_send_signal(self._pidfd, sig)
        return self

    def wait_end(self, seconds):
        """Waits until nothing of the PID namespace is left. Returns its End, or None if it still is there."""
        if self._ended is None:
            event = self._event(time.monotonic() + seconds)
            if event is None:
                return None
            self._launcher.wait()
            since = self._asked or event["monotonic"]
            self._ended = End(os.waitstatus_to_exitcode(event["status"]), event["monotonic"] - since)
        return self._ended

    def wait_log(self, wanted, seconds=10):
        """Waits until the drives' log has a line that contains wanted, such as "a UNANSWERED READ"."""
        return waiting.line_in_file(self.path("drives.log"), wanted, seconds)

    # What a test sees of it

    def path(self, name):
        return f"{self.scratch}/{name}"

    def read(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def log(self):
        """What the drives received, in order: "a RELEASE /f", "a SIGTERM"..."""
        return [line.strip() for line in self.read("drives.log").decode().splitlines()]

    def assert_written(self, *names, size):
        """Each of these files of the scratch directory holds the known bytes that client wrote, all of them."""
        for name in names:
            written = self.read(name)
            assert len(written) == size, f"{name}: {len(written)} of {size} bytes arrived"
            assert written == known.data(size), f"{name}: wrong bytes"

    def stderr(self):
        return self.read("stderr").decode(errors="replace")

    def processes(self):
        """The pids, on the host, of everything in the PID namespace."""
        return procfs.pids_in(self.pidns)

    def named(self, name):
        return [pid for pid in self.processes() if procfs.comm(pid) == name]

    def guardian(self, seconds=2):
        """Waits until a child of PID 1, of the same program, traces it. Returns the child's pid, on the host."""
        def find():
            tracer = procfs.tracer(self.pid)
            return tracer if tracer in procfs.children(self.pid) else None
        return waiting.until(find, seconds, "guarded")

    def threads_in(self, wchan, comm=None):
        """The threads that sleep in a kernel function whose name matches the regular expression."""
        return [(pid, tid) for pid in self.processes() if comm in (None, procfs.comm(pid))
                for tid in procfs.tids(pid) if re.match(wchan, procfs.wchan(pid, tid))]

    def stuck(self):
        """Every thread that waits in the kernel for an answer of a FUSE server, or for pages it should have written; who
        is in an execve(2), and who waits for that."""
        return [Stuck(pid, procfs.comm(pid), procfs.state(pid, tid), procfs.wchan(pid, tid), procfs.stack(pid, tid))
                for pid, tid in self.threads_in(r"request_wait_answer|folio_wait|fuse_|call_proc_get_link|\?")]

    def new_connections(self):
        return [connection for connection in self.connections if connection.exists()]

    # Its end

    def _event(self, deadline):
        """The launcher's next line, or None if there is none before the deadline."""
        while b"\n" not in self._buffer:
            if not waiting.readable_before(self._events, deadline):
                return None
            data = os.read(self._events, 4096)
            if not data:
                raise AssertionError(f"the launcher ended: {self.stderr()}")
            self._buffer += data
        line, _, self._buffer = self._buffer.partition(b"\n")
        return json.loads(line)

    def release(self):
        """Ends it whatever it takes. Returns what had to be aborted: connections that were still there."""
        if self._launcher is None or self.wait_end(0):
            return []
        left = self.new_connections()
        release.release(self.pidns, self.foreign, self.connections, ended=lambda: self.wait_end(0))
        if self.wait_end(5) is None:
            raise AssertionError("the container does not end although everything in it was released")
        return left

    def assert_nothing_left(self):
        """No process, no connection. (Its mounts went with its mount namespace, or a connection would be left.)"""
        left = self.processes()
        assert not left, f"processes left: {[(pid, procfs.comm(pid)) for pid in left]}"
        waiting.until(lambda: not self.new_connections(), 1, f"gone: {self.new_connections()}")

    def close(self):
        """Releases what is left, whatever happened, closes everything and removes the directory. Fixtures do so."""
        self.closed = True
        try:
            self.release()
            if self.pidns:
                self.assert_nothing_left()
                self._keeper.remove(self.pidns)
                closing_proof.record("gone", "pidns", self.pidns)
            for connection in self.connections:
                closing_proof.record("gone", "connection", connection.id)
        finally:
            for connection in self.connections:
                connection.close()
            for fd in (self._ready, self._go, self._events, self._pidns_fd, self._pidfd):
                if fd is not None:
                    os.close(fd)
        shutil.rmtree(self.scratch)  # only now: removing a mount point detaches what another namespace mounted on it
