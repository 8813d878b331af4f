"""Many servers in one container: how long it takes to its end, under fini and under tini-static.

The containers are those of tests/system, and so is what releases one that hangs: by aborting its own connections.
"""
import os
import resource
import statistics
import sys
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests", "system"))

import release  # noqa: E402
from container import Container, scratch  # noqa: E402

INITS = {"fini": "fini", "tini-static": "tini"}  # as they are called here, and by tests/system
RUNS = 3
ENOUGH = 90  # seconds, after which each scene is run once only: all of it takes less than three minutes
READY = 60  # seconds, until all servers are in place
HANGS = {"fini": 10, "tini-static": 3}  # seconds: what is there then hangs; docker stop waits for ten
SIZE = 20000  # bytes that each client has written

HOLDERS = "mkdir many; cd many; mkdir $(seq {count}); rawfuse --each --hold f $(seq {count})\nfinish"
WRITES = "nd d{n} --writeback-cache; client write mnt/d{n}/f {size}\n"
EVENTS = {"main exits": Container.finish, "SIGKILL of PID 1": Container.kill}


def holders(count):
    """Servers that hold a file of their own mount: no drives, and the scene."""
    return [], HOLDERS.format(count=count)


def healthy(count):
    """Servers with a client each, whose file is open and whose data are still in the kernel."""
    return [f"d{n}" for n in range(count)], "".join(WRITES.format(n=n, size=SIZE) for n in range(count)) + "finish"


class Many:
    """The rows of the table: title, how many servers, their scene."""

    ROWS = [*(("hold themselves", count, holders) for count in (1, 10, 100, 500)),
            *(("healthy, unstored data", count, healthy) for count in (1, 10, 100))]

    def __init__(self, keeper):
        self._keeper = keeper
        self._enough = time.monotonic() + ENOUGH

    def run(self, init, event, count, scene):
        """(milliseconds, or None if it hangs; bytes stored when it was over, or had been released)"""
        drives, script = scene(count)
        container = Container(scratch(), self._keeper, drives)
        try:
            container.start(INITS[init], script).wait_ready(READY)
            if len(container.connections) != count:
                sys.exit(f"bench: {len(container.connections)} of {count} servers: {container.stderr()}")
            if init == "fini":
                container.guardian()
            end = EVENTS[event](container).wait_end(HANGS[init])
            container.release()
            stored = sum(os.path.getsize(path) for path in (container.path(f"back/{drive}/f") for drive in drives)
                         if os.path.exists(path))
            return end and end.seconds * 1000, stored
        finally:
            container.close()

    def cell(self, init, event, count, scene):
        """The median, or that it hangs, which one run shows; and what the worst run stored."""
        runs = [self.run(init, event, count, scene)]
        while runs[-1][0] is not None and len(runs) < RUNS and time.monotonic() < self._enough:
            runs.append(self.run(init, event, count, scene))
        milliseconds, stored = zip(*runs)
        text = "hangs" if None in milliseconds else f"{statistics.median(milliseconds):.0f}"
        return text + (f", {min(stored):,} stored" if scene is healthy else "")

    def rows(self, progress):
        for title, count, scene in self.ROWS:
            progress(f"{count} servers: {title}")
            cells = [self.cell(init, event, count, scene) for event in EVENTS for init in INITS]
            wrote = f", {count * SIZE:,} bytes" if scene is healthy else ""
            yield f"| {count} {title}{wrote} | {' | '.join(cells)} |"


def section(progress):
    """The part of docs/measured.md about them."""
    # A descriptor for each connection's abort file.
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    keeper = release.Keeper()
    try:
        rows = "\n".join(Many(keeper).rows(progress))
    finally:
        keeper.close()
    heads = " | ".join(f"{event}: {init}" for event in EVENTS for init in INITS)
    hangs = ", ".join(f"{seconds} s ({init})" for init, seconds in HANGS.items())
    return f"""
## Many servers

Milliseconds from the event to the end of a container with that many FUSE servers, each with a mount of its own.

| servers | {heads} |
{"|---" * (1 + len(EVENTS) * len(INITS))}|
{rows}

- Medians of up to {RUNS} runs. "hangs": still there after {hangs}; the test then aborts its connections.
- Servers that hold themselves have a file of their own mount open (`rawfuse --each --hold f`).
- Healthy servers (ndrive) have one client each, with an open file whose data are still in the kernel's cache, not yet
  with the server (writeback_cache). Bytes: what the clients wrote, and what the servers had stored, in the worst run.
"""


if __name__ == "__main__":
    print(section(lambda what: print(f"bench: {what}", file=sys.stderr, flush=True)))
