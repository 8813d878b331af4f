"""A command on a pseudoterminal of its own, as somebody at a keyboard runs it."""
import fcntl
import os
import struct
import subprocess
import termios

import waiting


class Terminal:
    def __init__(self, argv, rows=24, columns=80):
        self._master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self._shown = ""
        try:
            self._process = subprocess.Popen(["setsid", "--ctty", "--wait", *argv],
                                             stdin=slave, stdout=slave, stderr=slave)
        finally:
            os.close(slave)

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        self._process.kill()
        self._process.wait()
        os.close(self._master)

    def type(self, keys):
        os.write(self._master, keys.encode())

    def wait_for(self, wanted, seconds=10):
        """Waits until the screen shows that text; what came before it is forgotten."""
        deadline = waiting.deadline_in(seconds)
        while wanted not in self._shown:
            if not waiting.readable_before(self._master, deadline):
                raise waiting.Late(f"no {wanted!r} on the terminal: {self._shown!r}")
            try:
                self._shown += os.read(self._master, 4096).decode(errors="replace")
            except OSError:  # EIO: nobody has it open any more
                raise AssertionError(f"ended without {wanted!r}: {self._shown!r}")
        self._shown = self._shown.partition(wanted)[2]

    def wait_end(self, seconds):
        """The exit status of the command."""
        return self._process.wait(seconds * waiting.SLOW)
