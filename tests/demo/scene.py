"""The container of the demo: the same scene under either init, told as it happens."""
import hashlib
import os
import select
import signal
import struct
import subprocess
import tempfile
import time

import procfs
import waiting
from container import INITS, TOOLS, Container
from screen import Line, wrap

SIZE = 4 << 20
WRITTEN = hashlib.sha256(struct.pack(f"<{SIZE // 8}Q", *range(SIZE // 8)))  # what client writes: the numbers from 0 on
STATUS = 42

MAIN = f"""#!/bin/sh
set -e
cd "$(dirname "$0")"
{TOOLS}/ndrive --writeback-cache --hold-threads 3 --hold drive.log back/drive mnt/drive
./app write mnt/drive/data {SIZE}
trap 'exit {STATUS}' TERM
echo ready >ready
read -r line <go
"""


def read_status(pid, tid):
    """The fields of /proc/PID/task/TID/status. Its reader can hang with the process: a child reads, with a deadline."""
    child = subprocess.Popen(["cat", f"/proc/{pid}/task/{tid}/status"], stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL, start_new_session=True)
    data, deadline = b"", time.monotonic() + 1
    while select.select([child.stdout], [], [], max(0, deadline - time.monotonic()))[0]:
        more = os.read(child.stdout.fileno(), 65536)
        if not more:
            break
        data += more
    child.stdout.close()
    if select.select([pidfd := os.pidfd_open(child.pid)], [], [], 0.2)[0]:
        child.wait()
    else:
        child.kill()  # not waited for: it may be stuck until the connection is aborted
    os.close(pidfd)
    return dict(line.split(":\t", 1) for line in data.decode().splitlines() if ":\t" in line)


class Scene:
    """One container: started, stopped or killed, watched; every method returns the lines to show."""

    def __init__(self, init, how, keeper, width, late):
        self.init, self.how, self._width, self._late = init, how, width, late
        self.failures = []
        self.end = None
        self.verdict = f"{init}, docker {how}: not as claimed"
        self._told_end = self._asked = None
        self._names = {}  # pid on the host -> (comm, pid inside)
        scratch = tempfile.mkdtemp(prefix="fini-demo.")
        os.chmod(scratch, 0o755)
        self.container = Container(scratch, keeper, drives=("drive",))

    def _wrap(self, text, label="", style=None, hang=None):
        return wrap(text, self._width, label, style, hang)

    def _failed(self, what):
        self.failures.append(f"{self.init}, {self.how}: {what}")
        return self._wrap(f"NOT AS CLAIMED: {what}", style="bad")

    # Before

    def start(self):
        path = self.container.path
        os.symlink(f"{TOOLS}/client", path("app"))
        with open(path("main"), "w") as file:
            file.write(MAIN)
        os.chmod(path("main"), 0o755)
        options = ["--report", path("report"), "--report-format", "json"] if self.init == "fini" else []
        self.container.run([INITS[self.init], *options, "--", path("main")])

    def cast(self):
        """Waits until the scene is set. The process tree, and who is who."""
        if not self._patiently(self._ready, 15, "the scene is being set"):
            raise waiting.Late(f"{self.init}: the scene is not set after 15 s: {self.container.stderr()}")
        for pid in self.container.processes():
            self._names[pid] = procfs.comm(pid), int(read_status(pid, pid)["NSpid"].split()[-1])
        stored = os.stat(self.container.path("back/drive/data")).st_size
        notes = {
            "main": "the container's program",
            "ndrive": f"serves the drive, {len(procfs.tids(self._pid('ndrive')))} threads; "
                      f"has a file of its own drive open: {', '.join(self._open_on_drive('ndrive'))}",
            "app": f"has written {SIZE >> 20} MiB to the drive, file still open; "
                   f"{stored} bytes have reached the server's storage so far",
        }
        return self._tree({name: f"{name}[{inner}]" for name, inner in self._names.values()},
                          {name: notes.get(name, "PID 1") for name, _ in self._names.values()})

    def _ready(self):
        try:
            self.container.wait_ready(1)
            return True
        except waiting.Late:
            return False

    def _patiently(self, attempt, seconds, what):
        """Tries for so many seconds, one at a time; says that it is still at it."""
        for second in range(1, seconds + 1):
            if attempt():
                return True
            self._late(f"{what}: {second} s")
        return False

    def _pid(self, comm):
        return next(pid for pid, (name, _) in self._names.items() if name == comm)

    def _open_on_drive(self, comm):
        directory = f"/proc/{self._pid(comm)}/fd"
        targets = [os.readlink(f"{directory}/{fd}") for fd in os.listdir(directory)]
        return sorted({os.path.basename(target) for target in targets
                       if target.startswith(self.container.path("mnt/drive/"))})

    def _tree(self, labels, notes):
        """PID 1 and its children, each with a note."""
        lines, last = [], list(labels)[-1]
        for number, (name, label) in enumerate(labels.items()):
            branch = "" if number == 0 else "└─ " if name == last else "├─ "
            hang = "   " if name == last else "│  "
            lines += self._wrap(notes[name], f"{branch}{label}".ljust(17), hang=hang.ljust(17))
        return lines

    # The end

    def stop(self):
        if self.how == "stop":
            self.container.kill(signal.SIGTERM)
            text = f"As docker stop does: SIGTERM to PID 1, which passes it on; main exits with status {STATUS}"
        else:
            self.container.kill(signal.SIGKILL)
            text = "As docker kill does: SIGKILL to PID 1"
        self._asked = time.monotonic()
        return ["", *self._wrap(text, style="act")]

    def watch(self, seconds):
        """What is to be seen so many seconds after the stop."""
        if self.end is None:
            self.end = self.container.wait_end(self._asked + seconds - time.monotonic())
        if self.end is None:
            return [Line(f"{seconds:5.1f} s  still there", "bad")]
        if self._told_end:
            return []
        self._told_end = True
        return [Line(f"{self.end.seconds:7.3f} s  gone, exit status {self._exit_status()}", "good")]

    def _exit_status(self):
        """As docker would show it."""
        return self.end.status if self.end.status >= 0 else 128 - self.end.status

    def stored(self):
        """How much of what the application wrote is in the server's storage, and whether it is right."""
        data = self.container.read("back/drive/data")
        return len(data), hashlib.sha256(data).digest() == WRITTEN.digest()
