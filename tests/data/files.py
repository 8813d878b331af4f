"""What the applications write, and how much of it is found again.

A hundred units in all. Of each kind of file one unit is an application's last words, which it writes only when it is
told to end; the rest is written before the stop.
"""
import collections
import hashlib
import os
import random

MIB = 1 << 20
BLOCK = 4096

# size: of the whole file; before: so much of it is written before the stop, the rest are the last words. All in units.
File = collections.namedtuple("File", "kind name size before")
FILES = (
    *(File("closed", f"closed-{n}", 5, 5) for n in range(8)), File("closed", "closed-last", 1, 0),
    File("open", "open", 21, 20),
    *(File("renamed", f"renamed-{n}", 10, 10) for n in range(2)), File("renamed", "renamed-last", 1, 0),
    File("mapped", "mapped", 17, 16),
)
KINDS = ("closed", "open", "renamed", "mapped")
LAST = "last words"
NEW = ".new"  # what a file that will be renamed is called before
assert sum(file.size for file in FILES) == 100


def unit(megabytes):
    """The bytes of a unit, whole blocks."""
    return max(1, megabytes * MIB // 100 // BLOCK) * BLOCK


def of_kind(kind):
    return [file for file in FILES if file.kind == kind]


def content(file, unit):
    """Bytes that no other file has, and that no compression or hole can stand for."""
    source = random.Random(hashlib.sha256(file.name.encode()).digest())
    return b"".join(source.randbytes(unit) for _ in range(file.size))


def sizes(unit, kinds=KINDS):
    """{kind, or last words: the bytes that should arrive}"""
    found = dict.fromkeys((*KINDS, LAST), 0)
    for file in FILES:
        if file.kind in kinds:
            found[file.kind] += file.before * unit
            found[LAST] += (file.size - file.before) * unit
    return found


def arrived(read, unit):
    """The same of what arrived: whole blocks in their place. read(name) returns a file's bytes, b"" for none."""
    found = collections.Counter()
    for file in FILES:
        wanted, got = content(file, unit), read(file.name)
        border = file.before * unit
        found[file.kind] += _equal(wanted[:border], got[:border])
        found[LAST] += _equal(wanted[border:], got[border:])
    return found


def with_old_names(read, misnamed):
    """A read for arrived that finds files under the name before their rename too, and adds those to misnamed."""
    def read_either(name):
        data = read(name)
        if not data:
            data = read(name + NEW)
            misnamed.update([name] if data else [])
        return data
    return read_either


def _equal(wanted, got):
    if got[:len(wanted)] == wanted:
        return len(wanted)
    return sum(BLOCK for at in range(0, len(wanted), BLOCK) if got[at:at + BLOCK] == wanted[at:at + BLOCK])


def in_directories(*directories):
    """A read for arrived: the file in the first of the directories that has it."""
    def read(name):
        for directory in directories:
            try:
                with open(os.path.join(directory, name), "rb") as file:
                    return file.read()
            except OSError:
                pass
        return b""
    return read
