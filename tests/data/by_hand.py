"""by_hand.py PID...: ends those applications, unmounts every FUSE filesystem, newest first, waits for its server, and
ends what is left, such as a backend.

What a script can do at best where the init does nothing, and so how much a daemon can store at best.
"""
import os
import select
import signal
import subprocess
import sys
import time

DEADLINE = time.monotonic() + 9  # docker stop kills after ten
GOES_ON = DEADLINE - 1  # a server that is still there then does not end by unmounting


def wait_for(pidfds, until=DEADLINE):
    for pidfd in pidfds:
        poll = select.poll()
        poll.register(pidfd, select.POLLIN)
        poll.poll(max(0, until - time.monotonic()) * 1000)


def opened(pids):
    found = []
    for pid in pids:
        try:
            found.append(os.pidfd_open(pid))
        except ProcessLookupError:
            pass
    return found


def unmount_all():
    with open("/proc/self/mountinfo") as mountinfo:
        lines = mountinfo.read().splitlines()
    for line in reversed(lines):
        fstype = line.partition(" - ")[2].split()[0]
        if fstype.startswith("fuse") and fstype != "fusectl":
            subprocess.run(["umount", line.split()[4]])


def others():
    """Everybody but PID 1, main and us."""
    spared = (1, os.getppid(), os.getpid())
    return [pid for pid in map(int, filter(str.isdigit, os.listdir("/proc"))) if pid not in spared]


def serves(pid):
    try:
        return any(os.readlink(f"/proc/{pid}/fd/{fd}") == "/dev/fuse" for fd in os.listdir(f"/proc/{pid}/fd"))
    except OSError:
        return False


def end(pidfds):
    for pidfd in pidfds:
        try:
            signal.pidfd_send_signal(pidfd, signal.SIGTERM)
        except ProcessLookupError:
            pass
    wait_for(pidfds)


end(opened(map(int, sys.argv[1:])))
servers = opened(filter(serves, others()))
unmount_all()
wait_for(servers, GOES_ON)
end(opened(others()))
