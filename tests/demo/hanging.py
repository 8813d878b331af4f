"""The scene under tini: it must hang until its connection is aborted, and the kernel says why."""
import re
import signal
import time

import procfs
from scene import SIZE, Scene, read_status
from screen import Line

RELEASE = 5  # seconds in which it has to end once its connection is aborted
FUSE_WAIT = r"request_wait_answer|folio_wait|wait_on_page_bit|fuse_"

STATES = {
    "S": "asleep",
    "D": "in a wait that no signal can end",
    "Z": "dead, not gone (\"defunct\")",
}

# The frames of a kernel stack that tell, and what each does. Newest first, as the kernel prints them.
FRAMES = {
    "request_wait_answer": "waits for the server's answer",
    "folio_wait_bit": "waits till the server takes data",
    "wait_on_page_bit": "waits till the server takes data",
    "fuse_flush": "asks the server to finish the file",
    "filp_close": "closes an open file of the drive",
    "zap_pid_ns_processes": "waits until all others are gone",
    "do_exit": "is ending",
}


def signals(mask):
    """The numbers of the signals in a mask of /proc/PID/status."""
    return [number for number in range(1, 65) if int(mask, 16) >> (number - 1) & 1]


class Hangs(Scene):
    def evidence(self):
        if self.end is not None:
            return self._failed("it ended, here it should have hung")
        stuck = {pid: self._tasks(pid) for pid in self.container.processes()}
        lines = ["", *self._wrap("Why: states, pending signals, kernel stacks (newest first)", style="title")]
        lines += self._tree(*self._left(stuck))
        for pid, tasks in stuck.items():
            for tid, status in tasks.items():
                if status["State"][0] != "Z":
                    lines += self._task(pid, tid, status)
        waits = [tid for pid, tasks in stuck.items() for tid, status in tasks.items()
                 if self._names[pid][0] == "ndrive" and status["State"][0] == "D" and
                 re.match(FUSE_WAIT, procfs.wchan(pid, tid))]
        if not waits:
            return lines + self._failed("no thread of ndrive waits for an answer of FUSE")
        if self.how == "kill":
            return lines + ["", *self._wrap("The same wait, whichever way PID 1 ends.", style="bad")]
        return lines + ["", *self._wrap(
            "The server that should answer ndrive is ndrive itself, and it has been killed. It waits for itself, the "
            "others wait for it: for ever. kill -9 is no help, SIGKILL has been here already.", style="bad")]

    def _tasks(self, pid):
        tasks = {tid: read_status(pid, tid) for tid in procfs.tids(pid)}
        return {tid: status for tid, status in tasks.items() if "State" in status}

    def _left(self, stuck):
        labels, notes = {}, {}
        for pid, (name, inner) in self._names.items():
            labels[name] = f"{name}[{inner}]"
            states = [status["State"][0] for status in stuck.get(pid, {}).values()]
            if not states:
                notes[name] = "gone"
                continue
            notes[name] = f"{states[0]}  {STATES.get(states[0], '')}"
            if len(states) > 1:
                threads = "1 thread is" if len(states) == 2 else f"{len(states) - 1} threads are"
                notes[name] += f"; {threads} left: {states[1]}  {STATES.get(states[1], '')}"
        return labels, notes

    def _task(self, pid, tid, status):
        name, inner = self._names[pid]
        thread = status.get("NSpid", "?").split()[-1]
        title = f"{name}[{inner}]" + (f", thread {thread}" if int(thread) != inner else "")
        pending = {mask: status[mask].lstrip("0") or "0" for mask in ("SigPnd", "ShdPnd")}
        text = f"{title}: state {status['State'][0]}, SigPnd {pending['SigPnd']}, ShdPnd {pending['ShdPnd']}"
        if self.how == "kill":  # the second time they are known
            return ["", *self._wrap(text, hang="  "), *self._wrap(" < ".join(self._frames(pid, tid)), "  ", "note")]
        lines = ["", *self._wrap(text, hang="  ")]
        for mask in pending:
            if signal.SIGKILL in signals(status[mask]):
                lines += self._wrap("signal 9, SIGKILL, has arrived", f"  {mask} {pending[mask]}".ljust(24), "note")
        for frame in self._frames(pid, tid):
            lines += self._wrap(FRAMES[frame], f"  {frame}".ljust(24), style="note")
        return lines

    def _frames(self, pid, tid):
        """Newest first. Without the right to read the stack, what the thread sleeps in."""
        stack = re.findall(r"\] (\w+)", procfs.stack(pid, tid)) or [procfs.wchan(pid, tid)]
        return [frame for frame in stack if frame in FRAMES]

    def account(self):
        """Releases it, by aborting its own connection and nothing else."""
        if self.end is not None:
            return []
        [connection] = self.container.connections
        lines = ["", *self._wrap(f"Released: its connection, and no other, is aborted, as by echo 1 "
                                 f">/sys/fs/fuse/connections/{connection.id}/abort", style="act")]
        asked = time.monotonic()
        connection.abort()
        if not self._patiently(lambda: self.container.wait_end(1), RELEASE, "released, not gone yet"):
            return lines + self._failed("aborting its connection did not end it")
        self.end = self.container.wait_end(0)
        took = self.end.seconds - (asked - self._asked)
        lines += [Line(f"  gone {took * 1000:.0f} ms later", "good")]
        size, right = self.stored()
        lost = f"{size} of {SIZE} bytes stored"
        lines += self._wrap(f"{lost}: {'complete' if right else 'the rest is lost'}", "  ", "good" if right else "bad")
        self.verdict = f"tini, docker {self.how}: hangs (until released); {lost}"
        return lines
