"""await_mount.py DIRECTORY: returns as soon as something is mounted there; status 1 if nothing is after 15 seconds."""
import os
import select
import sys
import time

DEADLINE = 15


def mounted(mountinfo, directory):
    mountinfo.seek(0)
    return any(line.split()[4] == directory for line in mountinfo)


def main(directory):
    deadline = time.monotonic() + DEADLINE
    with open("/proc/self/mountinfo") as mountinfo:
        poll = select.poll()
        poll.register(mountinfo, select.POLLPRI)
        while not mounted(mountinfo, directory):
            left = deadline - time.monotonic()
            if left < 0:
                sys.exit(f"nothing mounted on {directory} after {DEADLINE} s")
            poll.poll(left * 1000)


main(os.path.abspath(sys.argv[1]))
