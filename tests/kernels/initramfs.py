"""The file system of the virtual machine: a cpio archive of the format "newc", made without being root."""
import io
import itertools
import os

DIRECTORY, FILE, LINK = 0o040755, 0o100755, 0o120777


def _entry(out, inode, name, mode, content):
    name = name.encode() + b"\0"
    fields = (inode, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name), 0)
    out.write(b"070701" + b"".join(b"%08x" % field for field in fields) + name)
    out.write(b"\0" * (-out.tell() % 4) + content)
    out.write(b"\0" * (-out.tell() % 4))


def pack(files):
    """files: {"bin/sh": bytes, or the target of a symbolic link as str}. Returns the archive."""
    out = io.BytesIO()
    made = set()
    inodes = itertools.count(1)  # the same files make the same archive
    for path in sorted(files):
        parents = path.split("/")[:-1]
        for depth in range(1, len(parents) + 1):
            directory = "/".join(parents[:depth])
            if directory not in made:
                made.add(directory)
                _entry(out, next(inodes), directory, DIRECTORY, b"")
        content = files[path]
        if isinstance(content, str):
            _entry(out, next(inodes), path, LINK, os.fsencode(content))
        else:
            _entry(out, next(inodes), path, FILE, content)
    _entry(out, next(inodes), "TRAILER!!!", 0, b"")
    return out.getvalue()
