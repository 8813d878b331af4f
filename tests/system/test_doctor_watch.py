"""fini-doctor watch: when it acts, and what it says and counts."""
import os
import signal
import stat
import subprocess

import pytest

import procfs
import waiting
from doctors import UNTOLD, Host, doctor

ONCE = ["--after=0s", "--rounds=1"]


def aborted(stderr, what="aborted"):
    """The last parts of the mount points."""
    return [line.partition('mount="')[2].partition('"')[0].rpartition("/")[2]
            for line in stderr.splitlines() if line.startswith(f"fini-doctor: {what} connection=")]


def test_after_holds_where_no_time_is_told(container):
    host = Host(container, "a")
    host.hang("a")
    stderr, metrics = host.watch("--after=1h", "--rounds=2", "--every=100ms", wrapper=UNTOLD)
    assert metrics["stuck_namespaces"] == 1 and metrics["released_total"] == 0, (stderr, metrics)
    assert host.has("a") and not stderr.count("abort"), stderr
    assert metrics["stuck_on_fuse"] == 1, metrics
    stderr, metrics = host.watch("--after=700ms", "--rounds=3", "--every=100ms", wrapper=UNTOLD)
    assert aborted(stderr) == ["a"] and metrics["released_total"] == 1, (stderr, metrics)


def test_a_dry_run_names_all_and_counts_nothing(container):
    host = Host(container, "a", "b")
    host.hang("a")
    host.hang("b")
    stderr, metrics = host.watch(*ONCE, "--dry-run")
    assert sorted(aborted(stderr, "would abort")) == ["a", "b"], stderr
    assert metrics["released_total"] == metrics["not_released_total"] == 0, metrics
    assert host.has("a") and host.has("b")
    stderr, metrics = host.watch(*ONCE)
    assert sorted(aborted(stderr)) == ["a", "b"] and metrics["released_total"] == 2, (stderr, metrics)
    assert not host.has("a") and not host.has("b")


def test_one_that_does_not_end_keeps_no_other_one_waiting(container):
    """A zombie in the first one's namespace, whose parent is outside and stopped, keeps that from ending."""
    host = Host(container, "a", "b")
    parent = subprocess.Popen(["nsenter", f"--target={host.inits['a']}", "--pid", "sleep", "1000"])
    try:
        waiting.until(lambda: procfs.children(parent.pid), 5, "started")
        parent.send_signal(signal.SIGSTOP)
        host.hang("a")
        host.hang("b")
        stderr, metrics = host.watch(*ONCE, seconds=20)
        assert "has not ended" in stderr and aborted(stderr) == ["a", "b"], stderr
        assert host.has("a") and not host.has("b")
        assert metrics["stuck_namespaces"] == 1 and metrics["stuck_on_fuse"] == 0, "the zombie is left, and no FUSE"
        assert metrics["released_total"] == metrics["not_released_total"] == 1, metrics
    finally:
        os.kill(parent.pid, signal.SIGCONT)
        parent.kill()
        parent.wait()


def test_what_is_left_alone_is_said_and_counted_once(container):
    """Its server is dead, but somebody who lives sees it mounted."""
    host = Host(container, "a")
    host.hang("a", shared=True)
    stderr, metrics = host.watch("--after=0s", "--rounds=3", "--every=50ms")
    assert stderr.count("left alone") == 1, stderr
    assert metrics["not_released_total"] == 1 and metrics["stuck_namespaces"] == 1, metrics
    _, metrics = host.watch("--after=1h", "--rounds=1")
    assert metrics["not_released_total"] == 0, "it is not due"
    _, metrics = host.watch("--after=0s", "--rounds=1", "--dry-run")
    assert metrics["not_released_total"] == 0, "it is a dry run"


@pytest.mark.parametrize("make", [
    lambda path: os.symlink("/nowhere", path),
    lambda path: os.mknod(path, 0o600 | stat.S_IFCHR, os.makedev(1, 7)),  # /dev/full
    lambda path: os.mkfifo(path),
], ids=["link", "device", "fifo"])
def test_metrics_replace_no_device(tmp_path, make):
    path = tmp_path / "fini.prom"
    make(path)
    before = path.lstat()
    done = doctor("watch", "--after=1h", "--rounds=1", "--dry-run", f"--metrics={path}")
    assert done.returncode == 2 and "no regular file" in done.stderr, done
    assert path.lstat() == before and os.listdir(tmp_path) == ["fini.prom"]
