"""docker kill and docker rm -f that do not return, and fini-doctor on the host, in another terminal."""
import os
import re
import subprocess

import pytest

import dockerd
import engine
import scenes
import waiting
import written

DOCTOR = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../build/fini-doctor")
SOON = 1  # second, for what is released to end; docker's own time comes on top

# Terminal 1 and terminal 2
PICTURE = """```
1# docker kill seed
                                          (it does not return)
2# fini-doctor
{seen}
2# fini-doctor release seed
{released}
seed                                      (and docker kill returns)
1# docker start seed
seed
1# docker exec seed echo works
works
```"""

each_way = pytest.mark.parametrize("way", dockerd.WAYS)


# Runs a program where docker keeps its containers as on any host, in /var/lib/docker.
ON_A_HOST = ["unshare", "--mount", "/bin/sh", "-ec", 'mount -t tmpfs none /var/lib; mkdir /var/lib/docker; '
             'mount --bind "$0" /var/lib/docker; exec "$@"']


def doctor(*words, wrapper=()):
    return subprocess.run([*wrapper, DOCTOR, *words], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=10)


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
    seen = doctor("--stuck=1s")
    assert seen.returncode == 1 and f"docker container {named['id'][:12]} does not end" in seen.stdout, seen
    assert re.search(r"`- ndrive\[\d+\] \(\d+ inside\)", seen.stdout), seen.stdout
    assert "zap_pid_ns_processes" in seen.stdout and "SIGKILL pending" in seen.stdout, seen.stdout
    released = doctor("release", "--stuck=1s", f"--docker-root={docker.directory}/data", named[by])
    assert released.returncode == 0 and re.search(r"has ended, \d{1,3} ms later", released.stderr), released
    assert stuck.wait(SOON + engine.SLACK) == 0
    box.watched.assert_gone()
    assert engine.check(docker.exec(beside.name, "echo", "works")) == "works"
    if command == ["kill"]:
        assert docker.status(box.name) == 137
        engine.check(docker("start", box.name))
        waiting.until(lambda: docker.exec(box.name, "true").status == 0, 10, "started again")


def two_terminals(boxes, docker):
    """What both show; None: docker kill gave up first, after 12 s, as stolen time does not count as waited."""
    on_a_host = [*ON_A_HOST, f"{docker.directory}/data"]
    box = boxes(docker, *docker.under("--init", scenes.SEED), name="seed")
    stuck = subprocess.Popen([*docker.cli, "kill", "seed"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    with stuck.stdout:
        waiting.until(lambda: doctor().returncode == 1, 20, "stuck for ten seconds")
        seen, released = doctor(wrapper=on_a_host), doctor("release", "seed", wrapper=on_a_host)
        assert released.returncode == 0, released
        status, killed = stuck.wait(SOON + engine.SLACK), stuck.stdout.read()
    box.watched.assert_gone()
    if status == 0:
        assert killed == "seed\n"
        return box, seen, released
    box.close()
    return None


def test_the_picture_of_the_readme(boxes, docker_tini):
    """What two terminals show. With all defaults: what has hung for less than ten seconds is not stuck."""
    docker = docker_tini
    box, seen, released = next(filter(None, (two_terminals(boxes, docker) for _ in range(3))))
    started = engine.check(docker("start", "seed"))
    waiting.until(lambda: docker.exec("seed", "true").status == 0, 10, "started again")
    works = engine.check(docker.exec("seed", "echo", "works"))
    assert started == "seed" and works == "works"
    box.close()
    another = boxes(docker, dockerd.IMAGE, scenes.NOTHING, name="seed")
    assert engine.check(docker.exec(another.name, "echo", "works")) == "works"
    if not engine.V2_ALONE:
        picture = PICTURE.format(seen=seen.stdout.strip(), released=released.stderr.strip())
        written.write("doctor.md", "docker", picture)
        written.into_readme("doctor.md", picture)
