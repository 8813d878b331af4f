"""fini-doctor: names what keeps a container from ending, and releases that and nothing else.

Beside every container stands a foreign mount that is written to all the time and seen in it: the fixture `containers`
checks afterwards that not a byte of it was lost.
"""
import json
import os
import re
import signal
import subprocess
import time

import pytest

import measured
import procfs
import waiting
from container import BUILD
from doctors import DOCTOR, LOOKS, SOON, STUCK, assert_released, assert_sane, doctor, found, hang, look, of
from hangs import HOLDER
from inits import HANG
from test_foreign import silent  # noqa: F401
from test_seen import share


@pytest.fixture
def on_processor():
    """Lets this process, and what it starts from now on, run on that processor only."""
    before = os.sched_getaffinity(0)
    yield lambda number: os.sched_setaffinity(0, {number})
    os.sched_setaffinity(0, before)


@pytest.mark.parametrize("there", sorted(os.sched_getaffinity(0))[:2])
def test_says_how_long_a_thread_of_any_processor_has_waited(container, on_processor, there):
    """Each processor has a scheduler's clock of its own; on a virtual machine they were 7 s apart."""
    processors = os.sched_getaffinity(0)
    on_processor(there)
    began = time.monotonic()
    hang(container, HOLDER)
    at_least = HANG
    for here in sorted(processors)[:2]:
        on_processor(here)
        finding = found(container)
        at_most = time.monotonic() - began
        for thread in finding["threads"]:
            # What the hypervisor took of the processor's time is left out.
            assert at_least / 2 < thread["waits_ms"] / 1000 < at_most + 0.5, (thread, at_least, at_most)
    assert_released(container)


def test_a_dry_run_aborts_nothing(container):
    hang(container, HOLDER)
    done = doctor("release", *STUCK, "--dry-run", str(container.pid))
    assert done.returncode == 0 and "would abort connection=" in done.stderr, done
    assert container.wait_end(HANG) is None, "it was released"
    assert_released(container)


def found_alone(container):
    """Found, at a moment in which no connection that another test has left over may be meant, too."""
    def alone():
        finding = of(container)
        return finding if finding and all(c["sure"] for c in finding["connections"]) else None
    return waiting.until(alone, 20, "found by the doctor, without others' connections")


def test_the_connection_of_a_living_server_is_left_alone(container, foreign, silent):  # noqa: F811
    """A client in here waits for a server outside that lives and does not answer: that one is named."""
    late = foreign.container.path("mnt/late")
    container.start("tini", f"client hold {late}/f\nfinish").wait_ready()
    foreign.container.run_inside("test ! -e mnt/late/mute")
    assert container.finish(7).wait_end(HANG) is None, "it ended: this scene shows nothing"
    finding = found_alone(container)
    server = foreign.server_of(silent)
    assert finding["advice"] == "server" and [c["id"] for c in finding["connections"]] == [silent.id], finding
    assert f"ndrive[{server}]" in finding["verdict"] and str(server) in finding["command"], finding
    for words in [], [f"--shared={silent.id}"]:
        done = doctor("release", *STUCK, *words, str(container.pid))
        assert done.returncode == 1 and "not released" in done.stderr, done
    assert silent.exists() and silent.waiting() > 0, "the foreign connection was aborted"
    silent.abort()  # by who may
    assert container.wait_end(SOON)


def test_a_connection_that_others_see_is_for_shared_only(container, foreign):
    """The server is dead, but its mount is seen in another container, too."""
    container.start("tini", "nd a --hold f\nfinish", **share(container, foreign)).wait_ready()
    [connection] = container.connections
    assert connection.id in procfs.fuse_mounts(foreign.pid), "it is not shared: this scene shows nothing"
    assert container.finish(7).wait_end(HANG) is None, "it ended: this scene shows nothing"
    finding = found(container)
    assert finding["advice"] == "shared" and finding["command"] == f"fini-doctor release --shared {connection.id}"
    for words in ["--dry-run"], []:
        done = doctor("release", *STUCK, *words, str(container.pid))
        assert done.returncode == 1 and "not released: connection" in done.stderr, done
        assert f"what helps: {finding['command']}" in done.stderr, done
    assert container.wait_end(HANG) is None
    assert connection.waiting() > 0
    assert_released(container, f"--shared={connection.id}")
    foreign.container.run_inside(f"umount -l {container.path('mnt/a')}")


def test_a_server_that_dies_where_nothing_else_ends_is_found(container):
    """No PID namespace is dying; its clients live and hang with it."""
    container.start("tini", HOLDER + "; kill -KILL $(cat a.pid)\nfinish").wait_ready()
    [connection] = container.connections
    stuck = waiting.until(container.stuck, 5, "stuck")

    def find():
        for finding in look():
            if not finding["namespace"] and connection.id in [c["id"] for c in finding["connections"]]:
                return finding
        return None
    finding = waiting.until(find, 5, "found by the doctor")
    assert {thread["pid"] for thread in finding["threads"]} == {thread.pid for thread in stuck}
    assert finding["advice"] == "shared" and f"--shared {connection.id}" in finding["command"], finding
    done = doctor("release", *STUCK, f"--shared={connection.id}")
    assert done.returncode == 0, done
    waiting.until(lambda: not container.stuck(), SOON, "released")
    container.finish(7)
    assert container.wait_end(5).status == 7


def test_what_is_detached_is_found_by_elimination(container):
    """As docker rm -f leaves it: nobody sees the mount any more, and nobody has its /dev/fuse open."""
    container.start("tini", HOLDER + "; umount -l mnt/a\nfinish").wait_ready()
    assert container.finish(7).wait_end(HANG) is None, "it ended: this scene shows nothing"
    finding = found(container)
    [connection] = container.connections
    assert connection.id in [c["id"] for c in finding["connections"]], finding
    if not any(c["sure"] for c in finding["connections"]):
        assert finding["advice"] == ("release" if len(finding["connections"]) == 1 else "ask"), finding
    done = doctor("release", *STUCK, f"--shared={connection.id}", str(container.pid))
    assert done.returncode == 0 and container.wait_end(SOON) is not None, done


HOSTILE = "a\\n\\033[31mred\\033[0m\\\"}} ]"


def test_hostile_names_are_harmless(container):
    """Names of kernel functions, new lines and terminal escapes, quotes."""
    name = HOSTILE.encode().decode("unicode_escape")
    os.makedirs(container.path(f"mnt/{name}"))
    container.start("tini", f"""
        ON="$(printf '%b' "$S/mnt/{HOSTILE}")" nd a --hold f
        printf ') Z 0 request_wait_answer' >/proc/$(cat a.pid)/comm || :
        finish""").wait_ready()
    assert container.finish(7).wait_end(HANG) is None, "it ended: this scene shows nothing"
    finding = found(container)
    assert "\\033[31m" in finding["connections"][0]["mount"], finding
    for form in ([], ["--json"], ["--dot"]):
        text = assert_sane(*form).stdout
        assert all(c == "\n" or c == "\t" or " " <= c <= "~" for c in text), repr(text)
        assert "\n\\033" not in text
    assert_released(container)


def test_a_thousand_mounts(container):
    hang(container, """
        nd a --hold f
        mkdir mnt/c/0 && mount --bind mnt/a mnt/c/0
        for i in 1 2 3 4 5 6 7 8 9 10; do mkdir mnt/c/$i && mount --rbind mnt/c mnt/c/$i; done  # twice as many, each
        test $(grep -c fuse.ndrive /proc/self/mountinfo) -gt 1000""")
    finding = json.loads(assert_sane("--json").stdout)["stuck"]
    assert [c["id"] for f in finding if f["namespace"] and f["namespace"]["init"] == container.pid
            for c in f["connections"]] == [container.connections[0].id]
    assert_released(container)


def test_a_namespace_in_another(container):
    """The outer one waits for the inner one, whose init is the server: one finding, and one release."""
    container.start("tini", """
        mkfifo up; BY='unshare -pf' nd a -f --hold f >up & read -r up <up
        finish""").wait_ready()
    container.pin_connections()
    assert container.finish(7).wait_end(HANG) is None, "it ended: this scene shows nothing"
    finding = found(container)
    assert {thread["cause"] for thread in finding["threads"]} >= {"pid-namespace", "fuse"}, finding
    assert {t["comm"] for t in finding["threads"] if t["inside"] == 1} == {"tini-static", "ndrive"}, finding
    assert_released(container)


def test_those_that_come_and_go(containers):
    """Processes that live for a millisecond, and namespaces that end while they are looked at."""
    for _ in range(3):
        busy = containers().start("tini", "nd a; (while :; do /bin/true; done) & finish").wait_ready()
        for _ in range(3):
            assert_sane("--json")
        busy.finish(7)
        assert_sane("--json")
        busy.close()


def test_never_waits_for_those_it_looks_at(container):
    """Two tasks inside execve(2): whoever reads their links, stat, wchan or stack waits as long as they do."""
    container.start("tini", """
        rawfuse --log drives.log --name a --unanswered FLUSH mnt/a
        execer open mnt/a/f & execer open mnt/a/f &
        finish""").wait_ready()
    waiting.until(lambda: container.log().count("a UNANSWERED FLUSH") == 2, 5, "in execve")
    clients = {pid for pid in container.processes() if procfs.comm(pid) in ("execer", "sleep")}
    control = subprocess.Popen(["cat", f"/proc/{max(clients)}/stat"], stdout=subprocess.DEVNULL)
    with pytest.raises(subprocess.TimeoutExpired):
        control.wait(1)
    seen = {thread["pid"]: thread for finding in look() for thread in finding["threads"]}
    assert clients <= set(seen), seen
    assert {seen[pid]["cause"] for pid in clients} <= {"exec", "fuse"}, seen
    container.finish(7)
    assert container.wait_end(5)
    control.wait(5)


# Takes the /dev/fuse of a server, and is in execve(2) with it for as long as mnt/b does not answer.
KEEPER = """
import ctypes, os, sys
server = int(open("a.pid").read())
[device] = [fd for fd in os.listdir(f"/proc/{server}/fd") if os.readlink(f"/proc/{server}/fd/{fd}") == "/dev/fuse"]
taken = ctypes.CDLL(None).syscall(438, os.pidfd_open(server), int(device), 0)  # pidfd_getfd
os.set_inheritable(taken, True)
os.execvp("execer", ["execer", "open", "mnt/b/f"])
"""


def test_a_server_that_cannot_be_looked_at_lives(container):
    """It is in execve(2), on another mount, and not ending: what it serves is not anybody's to abort."""
    with open(container.path("keeper"), "w") as file:
        file.write(KEEPER)
    container.start("tini", """
        rawfuse --log drives.log --name b --unanswered FLUSH mnt/b
        nd a -o entry_timeout=0,attr_timeout=0 --mute-at mute
        /usr/bin/python3 -S keeper & keeper=$!
        until grep -q 'b UNANSWERED FLUSH' drives.log; do :; done
        ls mnt/a/mute & finish""").wait_ready()
    [server] = container.named("ndrive")
    waiting.until(lambda: "ls" in {procfs.comm(thread.pid) for thread in container.stuck()}, 5, "in the lookup")
    os.kill(server, signal.SIGKILL)
    waiting.until(lambda: not procfs.alive(server), 5, "gone")

    def served():
        """What the thread in the lookup waits for: others' connections may be suspected, too."""
        for finding in look():
            if "ls" in {thread["comm"] for thread in finding["threads"]}:
                for connection in finding["connections"]:
                    if connection["mount"] == container.path("mnt/a"):
                        return connection
        return None
    connection = waiting.until(served, 5, "stuck for long enough")
    assert connection["hold"] == "served" and procfs.comm(connection["server"]) == "execer", connection


def test_never_waits_for_those_that_die(containers):
    """A hundred looks while processes with files and mappings on FUSE die, their server with them."""
    for _ in range(measured.runs(10)):
        container = containers()
        container.start("tini", "nd a --map f; client hold mnt/a/g; client fault mnt/a/seed\nfinish").wait_ready()
        container.kill()
        for _ in range(10):
            assert doctor(*STUCK, "--json").returncode in (0, 1)
        container.close()


def test_watch_releases_and_counts(container):
    hang(container, HOLDER)
    metrics = container.path("fini.prom")
    # Other tests' hangs are beside this one, and theirs to end: this watch must not reach them.
    done = doctor("watch", *STUCK, "--after=1h", "--rounds=1", f"--metrics={metrics}")
    assert done.returncode == 1, done
    text = container.read("fini.prom").decode()
    assert re.search(r"^fini_doctor_stuck_namespaces [1-9]", text, re.MULTILINE), text
    assert re.search(r"^fini_doctor_released_total 0$", text, re.MULTILINE), text
    done = doctor("watch", *STUCK, "--after=0s", "--rounds=1", "--dry-run", f"--metrics={metrics}")
    assert "would abort connection=" in done.stderr, done
    assert_released(container)


def test_statuses(container):
    assert doctor("--stuck=soon").returncode == 2
    assert doctor("--nonsense").returncode == 2
    assert doctor("release", "1", "2").returncode == 2
    assert doctor("--stuck=1m30s").returncode in (0, 1)
    inside = doctor(wrapper=["unshare", "-fp", "--mount-proc"])
    assert inside.returncode == 0 and "nothing is stuck" in inside.stdout, inside
    assert "run it on the host" in inside.stdout
    hidden = doctor(wrapper=["unshare", "-m", "sh", "-c", 'mount -t tmpfs none /proc && exec setpriv --bounding-set '
                             '-all --inh-caps -all "$0"'])
    assert hidden.returncode == 2, hidden


@pytest.mark.parametrize("words", [
    "--dry-run", "--shared=1", "--docker-root=/", "--every=1s", "--after=1s", "--metrics=m", "--rounds=1",
    "release --json nosuch", "release --dot nosuch", "release --every=1s nosuch", "release --after=1s nosuch",
    "release --metrics=m nosuch", "release --rounds=1 nosuch",
    "watch --rounds=1 --dry-run --json", "watch --rounds=1 --dry-run --dot", "watch --rounds=1 --dry-run --shared=1",
    "watch --rounds=1 --dry-run --docker-root=/"])
def test_an_option_that_means_nothing_is_refused(words):
    done = doctor(*words.split())
    assert done.returncode == 2 and "means something only with" in done.stderr and not done.stdout, done


@pytest.mark.parametrize("words", [[], ["--json"], ["--dot"], ["--help"], ["--version"]])
def test_output_that_cannot_be_written(words):
    with open("/dev/full", "w") as full:
        assert subprocess.run([DOCTOR, *words], stdout=full, stderr=subprocess.DEVNULL, timeout=LOOKS).returncode == 2


def test_needs_no_more_rights_than_deploy_gives_it(container):
    """The three capabilities of deploy/doctor.yaml and fini-doctor.service."""
    hang(container, HOLDER)
    rights = "-all,+sys_admin,+sys_ptrace,+dac_override"
    with open(os.path.join(os.path.dirname(BUILD), "deploy/fini-doctor.service")) as file:
        named = re.search(r"^CapabilityBoundingSet=(.*)$", file.read(), re.MULTILINE)[1].lower().split()
    assert ",".join(["-all", *(name.replace("cap_", "+") for name in named)]) == rights
    done = doctor("release", *STUCK, str(container.pid), wrapper=["setpriv", f"--bounding-set={rights}"])
    assert done.returncode == 0, done
    assert container.wait_end(SOON) is not None


def test_release_of_what_is_not_stuck(container):
    container.start("tini", "nd a; client hold mnt/a/f\nfinish").wait_ready()
    done = doctor("release", *STUCK, str(container.pid))
    assert done.returncode == 1 and f"process {container.pid} does not hang" in done.stderr, done
    assert container.connections[0].exists()
    os.kill(container.named("ndrive")[0], signal.SIGKILL)


BUSY = """
import os, sys, threading, time
end = time.monotonic() + float(sys.argv[2])
def ask():
    while time.monotonic() < end:
        os.close(os.open(sys.argv[1], os.O_RDONLY))
        time.sleep(0.003)
for _ in range(12):
    threading.Thread(target=ask).start()
"""


def test_who_is_busy_is_not_stuck(container):
    """Threads that wait often and never long, and are moved between processors: what is read of one belongs together."""
    with open(container.path("busy"), "w") as file:
        file.write(BUSY)
    container.start("tini", "nd a\nfor i in 1 2 3; do /usr/bin/python3 -S busy mnt/a/seed 10 & done\nfinish").wait_ready()
    waiting.until(lambda: len(container.named("python3")) == 3, 5, "started")
    looks, clients = 0, set(container.named("python3"))
    while set(container.named("python3")) == clients:
        stuck = json.loads(doctor("--stuck=60s", "--json").stdout)["stuck"]
        assert not clients & {thread["pid"] for finding in stuck for thread in finding["threads"]}, stuck
        looks += 1
    assert looks > 10
