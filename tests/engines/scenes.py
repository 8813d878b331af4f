"""What runs inside: shell scripts, and the directory they share with the test (/scratch in there)."""
import os
import shutil

import container
import engine
import known
import rootfs
import waiting

INSIDE = "/scratch"
PROLOGUE = container.PROLOGUE.format(tools=rootfs.TOOLS, scratch=INSIDE)

# Scenes: each ends with finish, which says that all is in place and waits for Scratch.finish.
NOTHING = "finish"
SEED = "nd a --hold-threads 3 --hold f; finish"  # the server holds a file of its own mount open: no other init ends it
DIRTY_BYTES = 100000
DIRTY = f"nd a --writeback-cache; client write mnt/a/f {DIRTY_BYTES}; finish"  # healthy, with dirty pages

# A server that tries to hold a file of its own mount once Scratch.hold tells it to
GATED = (f"ndrive --log {INSIDE}/drives.log --name a --await-go {INSIDE}/gate --hold-threads 3 --hold f "
         f"{INSIDE}/back/a {INSIDE}/mnt/a")

# A bystander: writes down every signal it can catch, and has a child that none may end.
WITNESS = """
for signal in HUP INT QUIT USR1 USR2 ALRM TERM CONT TSTP TTIN TTOU WINCH; do
    trap "echo $signal >>$S/signals" $signal
done
sleep 1000 &
ready
while wait; do :; done
"""


class Scratch:
    """A directory on the host that a container gets as /scratch: its script, what it serves, what it says."""

    def __init__(self, scene=NOTHING, drives=("a", "b")):
        self.path = engine.directory()
        for drive in drives:
            os.makedirs(f"{self.path}/back/{drive}")
            os.makedirs(f"{self.path}/mnt/{drive}")
            with open(f"{self.path}/back/{drive}/seed", "wb") as file:
                file.write(container.SEED)
        with open(f"{self.path}/main", "w") as file:
            file.write(PROLOGUE + scene + "\n")
        self._fifos = []
        for name in ("ready", "go", "gate"):
            os.mkfifo(f"{self.path}/{name}")
            self._fifos.append(os.open(f"{self.path}/{name}", os.O_RDWR | os.O_CLOEXEC))

    # What a container runs: main under no init (--init brings one), or under one of the image's
    main = ["/bin/sh", f"{INSIDE}/main"]

    def wait_ready(self, seconds=15):
        """Waits until the scene says that it is in place."""
        if not waiting.readable(self._fifos[0], seconds):
            raise waiting.Late(f"main not ready after {seconds} s")
        os.read(self._fifos[0], 4096)

    def finish(self, status=7):
        """Makes main exit with that status."""
        os.write(self._fifos[1], b"%d\n" % status)

    def hold(self):
        """Tells GATED to try, and waits until it has."""
        os.write(self._fifos[2], b"1")
        waiting.line_in_file(f"{self.path}/drives.log", "a DONE")

    def read(self, name):
        with open(f"{self.path}/{name}", "rb") as file:
            return file.read()

    def assert_written(self):
        """What DIRTY wrote has arrived, byte for byte."""
        written = self.read("back/a/f")
        assert len(written) == DIRTY_BYTES, f"{len(written)} of {DIRTY_BYTES} bytes arrived"
        assert written == known.data(DIRTY_BYTES), "wrong bytes"

    def signals(self):
        """The signals that WITNESS has seen."""
        path = f"{self.path}/signals"
        return self.read("signals").decode().split() if os.path.exists(path) else []

    def close(self):
        for fifo in self._fifos:
            os.close(fifo)
        shutil.rmtree(self.path)
