"""Containers with FUSE that are well and write all the time: what is done to others must not reach them."""
import struct

import known
import waiting

WRITES_ON = 1  # second for the next block, of which there is one every 5 ms


class Writer:
    """A container that streams known bytes to some files on FUSE, one client each. What it says is its exit status."""

    def __init__(self, container, *files):
        self.container, self._files = container, files
        clients = "".join(f"client -f -p progress{i} stream {file} &\n" for i, file in enumerate(files))
        self._progress = [container.path(f"progress{i}") for i in range(len(files))]
        container.start("tini", f"""nd a
            streams=
            {clients.replace('&', '& streams="$streams $!"; ')}
            ready; await_go; kill $streams
            for stream in $streams; do wait $stream; done
            exit""").wait_ready()
        waiting.until(lambda: all(self.written()), 5, "writing")

    def written(self):
        """How many bytes to each file so far."""
        return [self._number(path) for path in self._progress]

    @staticmethod
    def _number(path):
        try:
            with open(path, "rb") as file:
                return struct.unpack("<Q", file.read(8))[0]
        except (FileNotFoundError, struct.error):
            return 0

    def assert_writes_on(self, since):
        """To each of its files, since written() returned that."""
        waiting.until(lambda: all(now > then for now, then in zip(self.written(), since)), WRITES_ON,
                      f"written on: {since}")

    def assert_no_error(self, *stored):
        """Not one write has failed, and these files, where the servers store them, have every byte."""
        sizes = self.container.finish(0).wait_end(5) and self.written()
        assert sizes, f"does not end: {self.container.stuck()}"
        assert self.container.wait_end(0).status == 0, self.container.stderr()
        for path, size in zip(stored, sizes):
            with open(path, "rb") as file:
                assert file.read() == known.data(size), f"{path}: not what was written"
