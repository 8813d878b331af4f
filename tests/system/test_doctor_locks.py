"""A thread behind FUSE waits for an inode's lock, and not for an answer: the doctor says who has the lock."""
import collections
import json
import os
import re
import signal

import procfs
import waiting
from doctors import STUCK, assert_sane, doctor, inside, look

MUTE = "\nready; await_go; test ! -e mnt/a/mute; finish"
WRITERS = "client -f stream mnt/a/{0} & client -f stream mnt/a/{0} &\n"


def file_of(pid):
    """What a client writes to."""
    return procfs.read_in_child(f"/proc/{pid}/cmdline").split("\0")[-2]


def start(container, scene):
    """All of it is in place; then the server falls silent."""
    container.start("tini", scene + MUTE).wait_ready()
    clients = {pid for pid in container.named("client") if "/inside" not in file_of(pid)}
    container.go().wait_ready()
    return clients


def waits(clients):
    """{pid: what the doctor says of its thread}"""
    return {thread["pid"]: thread for finding in look() for thread in finding["threads"] if thread["pid"] in clients}


def test_names_who_has_the_lock_of_the_file(container):
    """Two write to one file, and two to another: of each pair one waits for an answer, one for the lock."""
    clients = start(container, "nd a --mute-at mute\n" + WRITERS.format("f") + WRITERS.format("g"))
    assert len(clients) == 4
    waiting.until(lambda: len(waits(clients)) == 4, 5, "stuck, all of them")
    seen, text = waits(clients), doctor(*STUCK).stdout
    assert collections.Counter(thread["cause"] for thread in seen.values()) == {"fuse": 2, "behind-fuse": 2}, seen
    for pid, thread in seen.items():
        if thread["cause"] == "fuse":
            assert thread["behind"] == 0, thread
            continue
        owner = seen[thread["behind"]]  # a client has one thread
        assert owner["cause"] == "fuse" and thread["behind_sure"], (thread, owner)
        assert file_of(owner["pid"]) == file_of(pid), "it is behind one who writes to another file"
        assert f"behind thread {owner['tid']} of client[{owner['pid']}], which is in a call on the same file" in text
    assert re.search(r'"t\d+" -> "t\d+";', assert_sane("--dot").stdout)


WRITE = "client write mnt/a/{0} 100000; client write mnt/a/{0} 100000\n"


def flushed(container, writes):
    """What the doctor says of clients that end while their pages are dirty, on a server that falls silent."""
    clients = start(container, f"nd a --mute-at mute --writeback-cache\n{writes}")
    for pid in clients:
        os.kill(pid, signal.SIGKILL)
    waiting.until(lambda: len(waits(clients)) == len(clients), 5, "stuck, all of them")
    seen = waits(clients)
    assert {(t["cause"], t["exiting"], "fuse_flush" in t["through"]) for t in seen.values()} == {
        ("behind-fuse", True, True)}, seen
    return list(seen.values())


def test_names_the_only_one_that_can_have_the_lock(container):
    """Two write back the same file as they end: their files are not told any more."""
    one, other = sorted(flushed(container, WRITE.format("f")), key=lambda thread: thread["behind"])
    assert one["behind"] == 0, "its pages are written back: it is behind no thread"
    assert other["behind"] == one["tid"] and not other["behind_sure"], (one, other)
    text = doctor(*STUCK).stdout
    assert f"behind thread {one['tid']} of client[{one['pid']}], which alone can have what this waits for" in text
    assert "behind another one's request; whose that is cannot be told" in text


def test_does_not_guess_who_has_the_lock(container):
    """The same with two files."""
    seen = flushed(container, WRITE.format("f") + WRITE.format("g"))
    assert len(seen) == 4 and {thread["behind"] for thread in seen} == {0}, seen


OPENED = """
import os, sys
opened = os.open("mnt/a", os.O_RDONLY)
open("opened." + sys.argv[1], "w").close()
while not os.path.exists("muted"):
    pass
os.fchmod(opened, 0o700) if sys.argv[1] == "chmod" else os.setxattr(opened, "user.a", b"b")
"""
# Who waits for the lock of mnt/a, or would ask for a name in it and may not yet.
WAITERS = ["mkdir mnt/a/x1", "touch mnt/a/x2", "mv mnt/a/seed mnt/a/x3", "rmdir mnt/a/d", "ln -s x mnt/a/x4",
           "mkfifo mnt/a/x5", "touch -m mnt/a", "ln mnt/a/seed mnt/a/x6"]


def test_who_waits_for_the_lock_of_a_directory(container):
    """The kernel shows no function of the lock, nor any of FUSE's: the one that wants it comes first."""
    with open(container.path("opened"), "w") as file:
        file.write(OPENED)
    container.start("tini", f"""
        nd a -o entry_timeout=0,attr_timeout=0 --mute-at mute
        mkdir mnt/a/d
        for call in chmod setxattr; do /usr/bin/python3 -S opened $call & done
        until test -e opened.chmod && test -e opened.setxattr; do :; done
        ls mnt/a/mute &
        ready; await_go
        touch muted
        {"".join(waiter + " & " for waiter in WAITERS)}
        finish""").wait_ready()
    waiting.until(lambda: "ls" in {procfs.comm(thread.pid) for thread in container.stuck()}, 5, "in the lookup")
    container.go().wait_ready()
    expected = collections.Counter(waiter.split()[0] for waiter in WAITERS) + collections.Counter(python3=2)

    def behind():
        threads = [thread for finding in json.loads(inside(container, *STUCK, "--json").stdout)["stuck"]
                   for thread in finding["threads"] if thread["comm"] in expected]
        return threads if len(threads) == expected.total() else None
    threads = waiting.until(behind, 5, "stuck, all of them")
    assert {thread["cause"] for thread in threads} == {"behind-fuse"}, threads
