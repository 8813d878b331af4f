"""The image, and what deploy/ has for docker, in a dockerd of our own."""
import os
import re

import pytest
import yaml

from engines import DEPLOY, RIGHTS
from machine import FINI, TOP, run

VERSION, _, COMMIT = run(FINI, "--version").stdout.strip().partition(" - git.")


def version(docker, image):
    return docker.output("run", "--rm", "--network=none", "--entrypoint=/fini", image, "--version")


def test_image_is_one_static_file(docker):
    # What docker itself puts into every container has no bytes.
    assert [name for name, size in docker.files(docker.fini()).items() if size] == ["fini"]


def test_image_does_not_know_its_commit_by_itself(docker):
    assert version(docker, docker.fini()) == f"{VERSION} - git.unknown"


def test_image_runs_what_it_is_told(docker):
    assert docker.output("run", "--rm", "--network=none", docker.fini(), "/fini", "--version").startswith(VERSION)
    assert docker("run", "--rm", "--network=none", docker.fini(), "/nothing", status=127).stdout == ""


def test_buildkit_takes_base_and_commit(docker):
    """Not the classic builder, which has built the other images. The base is the build stage here: it has all packages,
    and libcap, so that no network is needed. The other base would need one."""
    docker("build", "--network=host", "--target=build", "-t", "full", TOP, seconds=300)
    docker("build", "--network=none", "--build-arg=BASE=full", "--build-arg=COMMIT=0123abc",
           "-t", "other", TOP, env=["DOCKER_BUILDKIT=1"], seconds=300)
    assert version(docker, "other") == f"{VERSION} - git.0123abc"


def test_drive_serves_and_uploads(docker, remote):
    docker.run_drive(remote)
    assert len((remote / "log").read_text().splitlines()) == 1


@pytest.mark.parametrize("asks, arrives", [("/drained", True), ("true", False)])
def test_drained_is_what_saves_the_file(docker, remote, asks, arrives):
    """rclone keeps it for five seconds here, so that a slow machine does not save it."""
    with open(f"{DEPLOY}/Dockerfile") as file:
        server = re.search(r'^ENV FINI_SERVER_1="(.*)"', file.read(), re.MULTILINE).group(1)
    slower = server.replace("--vfs-write-back 1s", "--vfs-write-back 5s")
    assert slower != server
    docker.run_drive(remote, "-e", f"FINI_SERVER_1={slower}", "-e", f"FINI_BEFORE_SERVERS={asks}")
    assert (remote / "log").exists() == arrives


@pytest.mark.parametrize("missing", RIGHTS)
def test_drive_needs_each_of_its_rights(docker, remote, missing):
    rights = [right for right in RIGHTS if right != missing]
    docker.run_drive(remote, rights=rights, status=125)
    assert os.listdir(remote) == []


def check(docker, *rights):
    """{what fini --check asks: whether that is covered} in a container with those rights."""
    said = docker("run", "--rm", "--network=none", *rights, "--entrypoint=/fini", docker.fini(), "--check",
                  status=None).stdout
    return {line[5:].partition(":")[0]: line.startswith("yes") for line in re.findall(r"^(?:yes|no |-  ) +.*", said,
                                                                                      re.MULTILINE)}


FURTHER = {
    "--cap-add=SYS_PTRACE": {"servers that have changed their user by themselves can be seen",
                             "abort by answers in place of a server that lives"},
    "--volume=/sys/fs/fuse/connections:/sys/fs/fuse/connections": {"abort by a fusectl that is visible"},
}


@pytest.mark.parametrize("right, buys", FURTHER.items())
def test_what_a_further_right_buys(docker, right, buys):
    plain, more = check(docker, *RIGHTS), check(docker, *RIGHTS, right)
    assert plain.keys() == more.keys()
    assert {what for what in plain if more[what] and not plain[what]} == buys


def compose(docker, *words, **options):
    # Here: the image that is there already, and no network.
    override = docker.machine.path("compose.yaml")
    with open(override, "w") as file:
        yaml.safe_dump({"services": {"drive": {"image": docker.drive(), "network_mode": "none"}}}, file)
    return docker.machine.run("env", f"DOCKER_HOST={docker.host}", "docker-compose", "-p", "example",
                              "-f", f"{DEPLOY}/compose.yaml", "-f", override, *words, **options)


def test_compose_file_is_understood(docker):
    config = yaml.safe_load(compose(docker, "config").stdout)["services"]["drive"]
    assert config["cap_add"] == ["SYS_ADMIN"] and config["devices"] == ["/dev/fuse"]
    assert config["stop_grace_period"] == "60s" and config["init"] is False


def test_compose_file_serves_and_uploads(docker):
    compose(docker, "up", "--no-build", "--exit-code-from", "drive")
    log = docker("run", "--rm", "--network=none", "--volume=example_remote:/remote", "debian:bookworm-slim",
                 "cat", "/remote/log").stdout
    assert len(log.splitlines()) == 1
    compose(docker, "down", "--volumes")


@pytest.fixture(scope="module")
def with_daemon_json(docker):
    """Comes last in this file: all that follows has that daemon."""
    docker.stop()
    docker.start(f"--config-file={DEPLOY}/daemon.json")
    return docker


def test_daemon_json_makes_it_pid_1_of_every_container(with_daemon_json):
    docker = with_daemon_json
    docker("run", "-d", "--name=with", "--network=none", "debian:bookworm-slim", "sleep", "infinity")
    docker("run", "-d", "--name=without", "--init=false", "--network=none", "debian:bookworm-slim", "sleep", "infinity")
    assert [docker.has_fini(name) for name in ("with", "without")] == [True, False]
    assert docker.output("info", "--format={{.InitCommit.ID}}") == COMMIT
    docker("stop", "with")
    assert docker.output("inspect", "--format={{.State.ExitCode}}", "with") == str(128 + 15)
    docker("rm", "-f", "with", "without")


def test_daemon_json_starts_servers_too(with_daemon_json, remote):
    """The image's variables are read by the engine's init, and nothing else of fini is in the command."""
    with_daemon_json.run_drive(remote, "--entrypoint=/bin/sh", command=["-c", "date >>/data/log"])
    assert len((remote / "log").read_text().splitlines()) == 1


def test_two_of_them_are_one_too_many(with_daemon_json, remote):
    """As deploy/README.md says: both start the server. With --init=false there is one."""
    failed = with_daemon_json.run_drive(remote, status=125)
    assert "exited with 1 before its mount was live" in failed.stderr
    with_daemon_json.run_drive(remote, "--init=false")
    assert len((remote / "log").read_text().splitlines()) == 1
