"""app.py KIND DIRECTORY UNIT FIFO: an application. Writes its files, says so in FIFO, has its last words at SIGTERM.

KIND reads instead of writes: everything in DIRECTORY, and keeps it open and mapped.
"""
import mmap
import os
import signal
import sys

import files

CHUNK = 64 << 10


def write(fd, data):
    for at in range(0, len(data), CHUNK):
        chunk = data[at:at + CHUNK]
        while chunk:
            chunk = chunk[os.write(fd, chunk):]


def create(path):
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)


class App:
    def __init__(self, kind, directory, unit):
        os.chdir(directory)
        self._unit = unit
        self._files = {file: files.content(file, unit) for file in files.of_kind(kind)}
        self._held = []

    def _whole(self, early):
        """The files that are written in one go, before the stop or after it."""
        return [(file.name, data) for file, data in self._files.items() if bool(file.before) == early]

    def _parts(self):
        """The one file that is written in two parts: its name, the parts."""
        [(file, data)] = self._files.items()
        border = file.before * self._unit
        return file.name, data[:border], data[border:]


class Closed(App):
    def run(self, early=True):
        for name, data in self._whole(early):
            fd = create(name)
            write(fd, data)
            os.close(fd)

    def end(self):
        self.run(early=False)


class Renamed(App):
    def run(self, early=True):
        for name, data in self._whole(early):
            fd = create(name + files.NEW)
            write(fd, data)
            os.close(fd)
            os.rename(name + files.NEW, name)

    def end(self):
        self.run(early=False)


class Open(App):
    def run(self):
        name, data, _ = self._parts()
        self._fd = create(name)
        write(self._fd, data)

    def end(self):
        write(self._fd, self._parts()[2])
        os.close(self._fd)


class Mapped(App):
    def run(self):
        name, before, last = self._parts()
        fd = create(name)
        os.ftruncate(fd, len(before) + len(last))
        self._map = mmap.mmap(fd, len(before) + len(last))
        os.close(fd)
        self._map[:len(before)] = before

    def end(self):
        _, before, last = self._parts()
        self._map[len(before):] = last
        self._map.flush()


class Reads(App):
    def run(self):
        for name in sorted(os.listdir(".")):
            fd = os.open(name, os.O_RDONLY | os.O_CLOEXEC)
            held = mmap.mmap(fd, 0, prot=mmap.PROT_READ)
            held[:]
            self._held.append((fd, held))

    def end(self):
        pass


def main(kind, directory, unit, fifo):
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    said = os.open(fifo, os.O_WRONLY | os.O_CLOEXEC)
    try:
        app = globals()[kind.capitalize()](kind, directory, int(unit))
        app.run()
    except BaseException:
        os.write(said, b"failed\n")
        raise
    os.write(said, b"in place\n")
    signal.sigwait([signal.SIGTERM])
    app.end()


main(*sys.argv[1:])
