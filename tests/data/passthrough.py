"""passthrough.py DIRECTORY MOUNTPOINT: serves a directory in Python, by fusepy. It keeps what is written in memory
until the file is closed, as servers do that upload whole objects.
"""
import errno
import os
import sys

import fusepy


class Passthrough(fusepy.Operations):
    def __init__(self, root):
        self._root = root
        self._new = {}  # path: its bytes, if they are not stored yet

    def _real(self, path):
        return self._root + path

    def _data(self, path):
        if path not in self._new:
            with open(self._real(path), "rb") as file:
                self._new[path] = bytearray(file.read())
        return self._new[path]

    def _store(self, path):
        if path in self._new:
            with open(self._real(path), "wb") as file:
                file.write(self._new.pop(path))

    def getattr(self, path, fh=None):
        try:
            status = os.lstat(self._real(path))
        except FileNotFoundError:
            raise fusepy.FuseOSError(errno.ENOENT) from None
        names = ("st_mode", "st_nlink", "st_uid", "st_gid", "st_size", "st_atime", "st_mtime", "st_ctime")
        found = {name: getattr(status, name) for name in names}
        if path in self._new:
            found["st_size"] = len(self._new[path])
        return found

    def readdir(self, path, fh):
        return [".", "..", *os.listdir(self._real(path))]

    def create(self, path, mode, fi=None):
        os.close(os.open(self._real(path), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode))
        self._new[path] = bytearray()
        return 0

    def open(self, path, flags):
        return 0

    def read(self, path, size, offset, fh):
        return bytes(self._data(path)[offset:offset + size])

    def write(self, path, data, offset, fh):
        held = self._data(path)
        held.extend(bytes(max(0, offset - len(held))))
        held[offset:offset + len(data)] = data
        return len(data)

    def truncate(self, path, length, fh=None):
        held = self._data(path)
        del held[length:]
        held.extend(bytes(length - len(held)))

    def rename(self, old, new):
        self._store(old)
        os.rename(self._real(old), self._real(new))

    def release(self, path, fh):
        self._store(path)
        return 0

    def destroy(self, path):
        for name in list(self._new):
            self._store(name)


fusepy.FUSE(Passthrough(sys.argv[1]), sys.argv[2], foreground=True, nothreads=True, big_writes=True)
