"""fini in docker as tini is: exit statuses, signals, output, as ENTRYPOINT and as docker run --init."""
import re
import subprocess

import pytest

import dockerd
import engine
import rootfs
import scenes

each_way = pytest.mark.parametrize("way", dockerd.WAYS)


@pytest.fixture(params=dockerd.WAYS)
def run(request, docker):
    """docker run --rm of a command under fini."""
    image, _, *options = docker.under(request.param, None)

    def run(*argv, before=()):
        return docker("run", "--rm", "--network", "none", *options, *before, image, *argv)
    return run


@pytest.mark.parametrize("argv, status", [
    (["true"], 0),
    (["sh", "-c", "exit 7"], 7),
    (["sh", "-c", "kill -KILL $$"], 137),
    (["sh", "-c", "kill -TERM $$"], 143),
    (["no-such-program"], 127),
    (["/etc/passwd"], 126),
], ids=["0", "7", "SIGKILL", "SIGTERM", "not found", "not executable"])
def test_status(run, argv, status):
    assert run(*argv).status == status


def test_output_is_main_s_alone(run):
    ran = run("sh", "-c", "echo out; echo err >&2")
    assert (ran.out, ran.err) == ("out\n", "err\n")


def test_it_is_pid_1(run):
    assert run("cat", "/proc/1/comm").out in ("fini\n", "docker-init\n")


def test_an_ordinary_user(run):
    assert run("sh", "-c", "id -u; exit 7", before=["--user", "65534"])[:2] == (7, "65534\n")


def test_docker_knows_it(docker):
    """dockerd asks the binary for its version, which must have the form of tini's."""
    said = engine.check(docker("info"))
    assert f"Init Binary: {rootfs.PROGRAMS['/fini']}" in said
    commit = re.search(r"git\.(\w+)", subprocess.run([rootfs.PROGRAMS["/fini"], "--version"], capture_output=True,
                                                     text=True, check=True).stdout)[1]
    assert re.search(rf"^\s*init version: {commit}$", said, re.MULTILINE), said
    assert not re.search(r"^WARNING:.*init", said, re.MULTILINE | re.IGNORECASE)


@each_way
def test_signals(boxes, docker, way):
    """docker kill -s reaches main."""
    box = boxes(docker, *docker.under(way, "trap 'exit 9' USR1; trap 'echo hup' HUP; ready; while :; do wait; done"))
    engine.check(docker("kill", "-s", "HUP", box.name))
    engine.check(docker("kill", "-s", "USR1", box.name))
    assert docker.wait(box.name) == 9


@each_way
@pytest.mark.parametrize("scene", [scenes.NOTHING, scenes.DIRTY], ids=["without FUSE", "FUSE"])
def test_a_good_day_is_silent(boxes, docker, way, scene):
    """docker logs shows what main has written, and nothing of ours."""
    box = boxes(docker, *docker.under(way, "echo out; echo err >&2; " + scene))
    box.scratch.finish(7)
    assert docker.wait(box.name) == 7
    logs = docker("logs", box.name)
    assert (logs.out, logs.err) == ("out\n", "err\n")
    if scene == scenes.DIRTY:
        box.scratch.assert_written()


@each_way
@pytest.mark.parametrize("command, status", [("stop", 143), ("kill", 137)])
def test_dirty_data_arrives(boxes, docker, way, command, status):
    box = boxes(docker, *docker.under(way, scenes.DIRTY))
    box.watched.await_guardian()
    engine.check(getattr(docker, command)(box.name))
    assert docker.status(box.name) == status
    box.scratch.assert_written()
    box.watched.assert_gone()


@each_way
def test_a_bad_day_is_one_line(boxes, docker, way):
    """docker logs says what was at fault: here a server that does not stop."""
    box = boxes(docker, *docker.under(way, "nd a --sigterm ignore --hold f; finish"),
                "-e", "FINI_SERVER_GRACE=300ms", "-e", "FINI_PATIENCE=0")
    box.scratch.finish(7)
    assert docker.wait(box.name) == 7
    [line] = docker("logs", box.name).err.splitlines()
    assert re.fullmatch(r"fini: teardown: aborted connection \d+ \(/scratch/mnt/a, (server )?ndrive\[\d+\]\) by .*: "
                        "its server did not stop in time", line), line


def test_check(docker):
    """fini --check has nothing against README's own flags, and names the flag that buys what is missing."""
    def check(*options):
        return docker("run", "--rm", "--network", "none", *engine.RIGHTS, *options, "--entrypoint", "/fini",
                      dockerd.IMAGE, "--check")

    def missing(said):
        return [line.partition("(")[2] for line in said.out.splitlines() if line.startswith("no ")]
    changed, users = "--cap-add SYS_PTRACE)", "--cap-add SYS_PTRACE, or SETUID and SETGID)"
    usual, less = check(), check("--cap-drop", "SETUID")
    assert (usual.status, missing(usual)) == (0, [changed]), usual.out
    assert (less.status, missing(less)) == (2, [users, changed]), less.out
    wholly = check("--cap-drop", "SETUID", "--cap-add", "SYS_PTRACE")
    assert (wholly.status, missing(wholly)) == (0, []), wholly.out
