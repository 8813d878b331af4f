"""One virtual machine: booted by software emulation, read over its serial line, gone afterwards."""
import contextlib
import os
import select
import subprocess
import threading
import time

QEMU = {
    "amd64": ["qemu-system-x86_64", "-machine", "pc", "-cpu", "max"],
    "arm64": ["qemu-system-aarch64", "-machine", "virt", "-cpu", "cortex-a57"],
}
CONSOLE = {"amd64": "ttyS0", "arm64": "ttyAMA0"}
COMMON = ["-accel", "tcg,thread=multi", "-nodefaults", "-display", "none", "-monitor", "none", "-serial", "stdio",
          "-no-reboot"]
SILENCE = 150  # seconds without a byte, after which it is taken for crashed
TICK = 0.5  # seconds between two looks at whether we shall stop

_stop = threading.Event()


class Stopped(Exception):
    """stop() was called."""


class Crashed(Exception):
    """It ended, or fell silent, before it was done."""


def stop():
    """Ends every virtual machine, from another thread: boot() raises Stopped."""
    _stop.set()


def command(arch, vmlinuz, initramfs, *options, processors=2, megabytes=512, words=""):
    """The command that boots one. words: more of the kernel's command line."""
    return ["setpriv", "--pdeathsig", "KILL", *QEMU[arch], *COMMON, "-smp", str(processors), "-m", str(megabytes),
            "-kernel", vmlinuz, "-initrd", initramfs, *options,
            "-append", " ".join(filter(None, [f"console={CONSOLE[arch]} quiet loglevel=1 panic=-1", words]))]


def _serial(process):
    """Its lines, as they come."""
    buffer = b""
    deadline = time.monotonic() + SILENCE
    while True:
        while b"\n" in buffer:
            line, _, buffer = buffer.partition(b"\n")
            yield line.decode(errors="replace").strip()
        if _stop.is_set():
            raise Stopped()
        if not select.select([process.stdout], [], [], TICK)[0]:
            if time.monotonic() > deadline:
                raise Crashed(f"silent for {SILENCE} s")
            continue
        data = os.read(process.stdout.fileno(), 65536)
        if not data:
            raise Crashed("it ended before it was done")
        buffer += data
        deadline = time.monotonic() + SILENCE


@contextlib.contextmanager
def _running(argv):
    process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               start_new_session=True)  # Ctrl-C is for us alone
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def boot(argv, log, hear=lambda line: None):
    """Boots by that command, and returns what it said to us, line by line, when it is done.

    All that it said goes to the file log, what it said to us to hear as well, as it comes.
    """
    said = []
    with open(log, "w") as record, _running(argv) as process:
        for line in _serial(process):
            print(line, file=record, flush=True)
            if line.startswith("@ "):
                said.append(line[2:])
                hear(said[-1])
            if line == "@ done":
                return said
            if line.startswith("@ broken"):
                raise Crashed(line[2:])
