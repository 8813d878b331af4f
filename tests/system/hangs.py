"""The scenes in which containers never end under any other init: a server that waits, dying, for its own answer."""
import pytest

# What the server does to itself before main exits.
SCENES = {
    "holds a file of its own mount, 1 thread": "nd a -s --hold f",
    "holds a file of its own mount, 3 threads": "nd a --hold-threads 3 --hold f",
    "two servers hold each other's files": """
        nd a --await-mount $S/mnt/b --hold $S/mnt/b/f &
        nd b --await-mount $S/mnt/a --hold $S/mnt/a/f
        wait $!""",
    "wrote to its own file, writeback_cache": "nd a --writeback-cache --dirty f",
    "wrote to its own file, writeback_cache, no FLUSH": "nd a --writeback-cache --no-flush --dirty f",
    "dirty mapping of its own file, writeback_cache": "nd a --writeback-cache --map f",
    "dirty mapping of its own file": "nd a --map f",
    "own thread in read() of its own mount": "nd a --never-read seed --read seed",
    "own thread in a page fault on its own mount": "nd a --never-read seed --fault seed",
    "helper with a higher /dev/fuse and a file": "nd a --helper f",
}
hang_scenes = pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES.keys())

HOLDER = SCENES["holds a file of its own mount, 3 threads"]
HEALTHY = "nd a --writeback-cache; client write mnt/a/f 100000"
both_loads = pytest.mark.parametrize("load", [HOLDER, HEALTHY], ids=["self-holder", "healthy"])
