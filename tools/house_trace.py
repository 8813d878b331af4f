"""tools/house trace: four ways through fini, measured in real containers.

The sources are compiled as the Makefile does, but without optimization and with -finstrument-functions; house_trace.c
records every call. tests/daemons/ndrive serves FUSE in a container, something happens to it, and what all processes of
fini call from then on is counted. A change of file: functions in the order of their first calls, how often the file
differs from that of the one before. How deep: main, or the guardian's first function, is 1.
"""
import mmap
import os
import re
import shlex
import signal
import struct
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(TOP, "tests", "system"))

import procfs  # noqa: E402
import release  # noqa: E402
import waiting  # noqa: E402
from container import INITS, Container, scratch  # noqa: E402

NEEDED = "build/fini", "build/tests/ndrive", "build/tests/client", "build/tests/launch"
OBJECTS, MADE = "build/fini.o/", "build/house/"
FINI, TRACE = os.path.join(TOP, MADE, "fini"), os.path.join(TOP, MADE, "trace")
USED, RECORD, RECORDS = struct.Struct("Q"), struct.Struct("QII"), 1 << 21  # struct trace in house_trace.c

COMPILE, BUILD = 60, 600  # seconds for one command, and for make
END = 15  # seconds for a container to end
MOMENT, MOMENTS = 0.3, 30  # seconds: when nothing is called for one, fini waits for its next event

OPTIONS = "-v", "--report", "-"  # what says something is a part of the way
HEALTHY = "nd a\nfinish"
HOLDER = "nd a --sigterm ignore --hold f\nfinish"
INIT = 1  # its pid in the container


# Compiling


def run(command):
    subprocess.run(command, cwd=TOP, shell=True, check=True, timeout=COMPILE)


def commands():
    """What make would run to compile each source, and to link them."""
    said = subprocess.run(["make", "-nB", "build/fini"], cwd=TOP, check=True, text=True, timeout=COMPILE,
                          stdout=subprocess.PIPE).stdout
    lines = said.replace("\\\n", " ").splitlines()
    [link] = [line for line in lines if " -o build/fini.debug " in line]
    return [line for line in lines if f" -c -o {OBJECTS}" in line], link


def compile_with(command, flags):
    command = re.sub(r" -(O\w*|flto\S*|Werror|MMD|MP)(?= )", "", command)
    run(command.replace(" -c ", f" -O0 {flags} -c ", 1))


def build():
    subprocess.run(["make", "-s", *NEEDED], cwd=TOP, check=True, timeout=BUILD)
    compiled, link = commands()
    for command in compiled:
        command = command.replace(OBJECTS, MADE)
        os.makedirs(os.path.join(TOP, os.path.dirname(re.search(r" -o (\S+)", command)[1])), exist_ok=True)
        compile_with(command, "-g -finstrument-functions")
    recorder = re.sub(r" -o \S+ \S+$", f" -o {MADE}house_trace.o tools/house_trace.c", compiled[0])
    where = shlex.quote(f'-DTRACE="{TRACE}"')
    compile_with(recorder, f"{where} -DRECORDS={RECORDS}")
    run(link.replace(OBJECTS, MADE).replace(" -o build/fini.debug ", f" -o {FINI} {MADE}house_trace.o "))


# Recording


class Trace:
    def __init__(self):
        with open(TRACE, "wb") as file:
            file.truncate(USED.size + RECORDS * RECORD.size)
        with open(TRACE, "r+b") as file:
            self._map = mmap.mmap(file.fileno(), 0)

    def used(self):
        return USED.unpack_from(self._map)[0]

    def records(self):
        """(function, pid, depth) of each call."""
        used = self.used()
        assert used <= RECORDS, f"{used} calls are too many"
        return list(RECORD.iter_unpack(self._map[USED.size:USED.size + used * RECORD.size]))

    def quiet(self):
        """Waits until nothing has been called for a moment. Returns how many calls there were."""
        for _ in range(MOMENTS):
            last = self.used()
            waiting.moment(MOMENT)
            if last == self.used():
                return last
        raise waiting.Late("fini does not come to rest")


# Scenes. Each returns how many calls there were before its event, and the pid of the process whose way it is.


def ended(container, trace, sig):
    before = trace.quiet()
    assert before, "nothing was recorded"
    container.kill(sig)
    assert container.wait_end(END), f"hangs: {container.stuck()}"
    return before


def stop(container, trace, scene=HEALTHY):
    container.start("traced", scene, OPTIONS).wait_ready().guardian()
    return ended(container, trace, signal.SIGTERM), INIT


def guard(container, trace):
    guardian = procfs.inner_pid(container.start("traced", HEALTHY, OPTIONS).wait_ready().guardian())
    return ended(container, trace, signal.SIGKILL), guardian


def abort(container, trace):
    found = stop(container, trace, HOLDER)
    assert "aborted connection" in container.stderr(), f"no abort: {container.stderr()}"
    return found


def mount(container, trace):
    """Without a guardian: the first mount would start it."""
    container.start("traced", "ready; await_go\n" + HEALTHY, [*OPTIONS, "--guard", "never"]).wait_ready()
    before = trace.quiet()
    container.go().wait_ready()
    trace.quiet()
    return before, INIT


SCENES = {
    "SIGTERM, server unmounts": stop,
    "SIGKILL of PID 1, the guardian": guard,
    "SIGTERM, server holds its file: abort": abort,
    "a mount event becomes a connection": mount,
}


def play(scene, keeper):
    """Returns the records from the event on, and the depth at which the process began."""
    trace, container = Trace(), Container(scratch(), keeper)
    try:
        before, pid = scene(container, trace)
        records = trace.records()
    finally:
        container.close()
        os.unlink(TRACE)
    assert len(records) > before, "nothing was called"
    return records[before:], min(depth for _, caller, depth in records if caller == pid)


# Counting


def files(called):
    """The file of each of these functions."""
    said = subprocess.run(["addr2line", "-e", FINI], input="\n".join(map(hex, called)), cwd=TOP, check=True, text=True,
                          timeout=COMPILE, stdout=subprocess.PIPE).stdout
    return [os.path.relpath(os.path.join(TOP, line.rpartition(":")[0]), TOP) for line in said.splitlines()]


def main():
    if os.geteuid() != 0 or not os.path.exists("/dev/fuse"):
        print("house: to trace it must be root, and have /dev/fuse", file=sys.stderr)
        return 2
    build()
    INITS["traced"] = FINI
    keeper = release.Keeper()
    print("| one way through the code | functions | files | changes of file | deepest |\n|---|---|---|---|---|")
    try:
        for name, scene in SCENES.items():
            records, begin = play(scene, keeper)
            called = list(dict.fromkeys(function for function, _, _ in records))
            where = files(called)
            changes = sum(file != before for before, file in zip(where, where[1:]))
            deepest = max(depth for _, _, depth in records) - begin + 1
            print(f"| {name} | {len(called)} | {len(set(where))} | {changes} | {deepest} |", flush=True)
    finally:
        keeper.close()
    return 0
