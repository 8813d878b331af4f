"""Numbers that tests measure and nobody should have to look for: shown together at the end of the run."""
import collections
import json
import os
import statistics
import tempfile

RECORD = "TEST_MEASURED"  # names the file in which all workers record


def runs(default):
    """How often to repeat a scene that must never fail: TEST_RUNS, if it is set, limits it."""
    return min(default, int(os.environ.get("TEST_RUNS", default)))


def seconds(what, taken):
    _record("seconds", what, taken)


def share(what, happened):
    """One run, in which it happened or not."""
    _record("share", what, bool(happened))


def _record(kind, what, value):
    path = os.environ.get(RECORD)
    if path:
        with open(path, "a") as file:
            file.write(json.dumps([kind, what, value]) + "\n")


class Record:
    def __init__(self):
        self._file = tempfile.NamedTemporaryFile("r", prefix="fini-measured.")
        os.environ[RECORD] = self._file.name

    def lines(self):
        found = collections.defaultdict(list)
        for line in self._file:
            kind, what, value = json.loads(line)
            found[kind, what].append(value)
        for (kind, what), values in sorted(found.items()):
            if kind == "share":
                yield f"{what}: {sum(values)} of {len(values)}"
            else:
                yield (f"{what}: median {statistics.median(values) * 1000:.1f} ms, "
                       f"worst {max(values) * 1000:.0f} ms of {len(values)} runs")
