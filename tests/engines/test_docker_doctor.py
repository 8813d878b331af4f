"""docker kill and docker rm -f that do not return, and fini-doctor on the host, in another terminal."""
import os
import re
import subprocess

import pytest

import dockerd
import engine
import scenes
import waiting

DOCTOR = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../build/fini-doctor")
SOON = 1  # second, for what is released to end; docker's own time comes on top

each_way = pytest.mark.parametrize("way", dockerd.WAYS)


def doctor(docker, *words):
    return subprocess.run([DOCTOR, *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=10)


@each_way
@pytest.mark.parametrize("command", [["kill"], ["rm", "-f"]], ids=" ".join)
@pytest.mark.parametrize("by", ["name", "id", "pid"])
def test_the_command_returns(boxes, docker_tini, way, command, by):
    docker = docker_tini
    beside = boxes(docker, dockerd.IMAGE, scenes.NOTHING)
    box = boxes(docker, *docker.under(way, scenes.SEED))
    named = {"name": box.name, "id": docker.inspect(box.name, "{{.Id}}"), "pid": str(docker.pid(box.name))}
    stuck = subprocess.Popen([*docker.cli, *command, box.name], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    with pytest.raises(subprocess.TimeoutExpired):
        stuck.wait(engine.HANG)
    seen = doctor(docker, "--stuck=1s")
    assert seen.returncode == 1 and f"docker container {named['id'][:12]} does not end" in seen.stdout, seen
    assert re.search(r"`- ndrive\[\d+\] \(\d+ inside\)", seen.stdout), seen.stdout
    assert "zap_pid_ns_processes" in seen.stdout and "SIGKILL pending" in seen.stdout, seen.stdout
    released = doctor(docker, "release", "--stuck=1s", f"--docker-root={docker.directory}/data", named[by])
    assert released.returncode == 0 and re.search(r"has ended, \d{1,3} ms later", released.stderr), released
    assert stuck.wait(SOON + engine.SLACK) == 0
    box.watched.assert_gone()
    assert engine.check(docker.exec(beside.name, "echo", "works")) == "works"
    if command == ["kill"]:
        assert docker.status(box.name) == 137
        engine.check(docker("start", box.name))
        waiting.until(lambda: docker.exec(box.name, "true").status == 0, 10, "started again")
