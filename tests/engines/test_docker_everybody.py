"""What SIGKILLs every process of a container at once, fini and its guardian too, and what only seems to."""

import pytest

import dockerd
import engine
import scenes
import waiting

MEMORY = ["-m", "64m", "--memory-swap", "64m"]
HOG = ["busybox", "awk", 'BEGIN { for (all = "x"; ; all = all all); }']  # takes memory until it is killed


def cgroup(pid):
    """The cgroup of a process, as a directory."""
    with open(f"/proc/{pid}/cgroup") as file:
        [path] = [line.rstrip("\n").split(":", 2)[2] for line in file if line.startswith("0::")]
    return f"/sys/fs/cgroup{path}"


def put(pid, name, text):
    """Writes into a file of the process's cgroup."""
    with open(f"{cgroup(pid)}/{name}", "w") as file:
        file.write(text)


def cgroup_kill(docker, box):
    put(box.watched.pid, "cgroup.kill", "1")


def oom_group(docker, box):
    """As the kubelet sets it for every container: out of memory is the end of all of it."""
    put(box.watched.pid, "memory.oom.group", "1")
    docker.exec(box.name, *HOG)


each_killer = pytest.mark.parametrize("kill", [cgroup_kill, oom_group], ids=["cgroup.kill", "memory.oom.group"])
v2 = pytest.mark.skipif(not engine.V2_ALONE, reason="needs cgroup v2: make engines-v2")


@v2
@each_killer
@pytest.mark.parametrize("isolated", [False, True], ids=["control", "--isolate"])
def test_everybody(boxes, docker, kill, isolated):
    """Only --isolate covers that: a server that cannot see its mount does not hold it."""
    options = ["-e", "FINI_ISOLATE=1"] if isolated else []
    box = boxes(docker, dockerd.ENTRYPOINT, scenes.NOTHING, *MEMORY, "-e", f"FINI_SERVER_1={scenes.GATED}", *options)
    assert box.watched.connections
    box.scratch.hold()
    box.watched.await_guardian()
    kill(docker, box)
    if isolated:
        box.watched.assert_gone()
        assert docker.wait(box.name) == 137
        return
    with pytest.raises(waiting.Late):
        box.watched.assert_gone(engine.HANG)
    assert box.watched.stuck()
    assert box.watched.release(), "it ended without an abort: this was no hang"


@v2
@pytest.mark.parametrize("rights", [["--cap-add", "SYS_RESOURCE"], ["--privileged"]],
                         ids=["SYS_RESOURCE", "privileged"])
def test_guardian_outlives_oom_group(boxes, docker, rights):
    """Who may lower its oom_score_adj is spared; the control is that of test_everybody."""
    box = boxes(docker, dockerd.ENTRYPOINT, scenes.SEED, *MEMORY, *rights)
    assert box.watched.connections
    box.watched.await_guardian()
    oom_group(docker, box)
    box.watched.assert_gone(5)
    assert docker.wait(box.name) == 137


@v2
@each_killer
def test_nothing_hangs_without_a_cycle(boxes, docker, kill):
    """A server that holds nothing of its own is killed with everybody, and the connection with it. Data are lost."""
    box = boxes(docker, dockerd.ENTRYPOINT, "nd a; finish", *MEMORY)
    assert box.watched.connections
    kill(docker, box)
    box.watched.assert_gone()
    assert docker.wait(box.name) == 137


@pytest.mark.parametrize("init", ["tini", "fini"])
def test_out_of_memory(boxes, request, init):
    """docker run -m: the kernel kills the one process that took it, here main. What is served then ends under fini."""
    docker = request.getfixturevalue("docker" if init == "fini" else "docker_tini")
    scene = f"""{scenes.SEED.partition("finish")[0]} ready; await_go; exec {HOG[0]} {HOG[1]} '{HOG[2]}'"""
    box = boxes(docker, dockerd.ENTRYPOINT, scene, *MEMORY)
    assert box.watched.connections
    if init == "fini":
        box.watched.await_guardian()
    box.scratch.finish()
    if init == "fini":
        assert docker.wait(box.name) == 137
        return box.watched.assert_gone()
    with pytest.raises(waiting.Late):
        box.watched.assert_gone(engine.HANG)
    assert box.watched.release(), "it ended without an abort: this was no hang"
