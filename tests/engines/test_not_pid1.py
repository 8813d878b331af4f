"""fini is not PID 1 in a real engine: docker run --init, an ENTRYPOINT in shell form, a PID namespace that is shared.

A SIGKILL of PID 1 is covered if that reads its signals, as docker's own init does: fini's guardian holds it. Else a line
says once that it is not; and `fini --check` says who PID 1 is in any case.
"""
import pytest

import dockerd
import engine
import podman as tests_podman
import procfs
import scenes
import waiting

pytest_plugins = ["podman_fixtures"]

SAID = "PID 1 is {}: SIGKILL of it is not covered (make fini PID 1: use the exec form, no --init)"
OFTEN = ["-e", "FINI_SERVER_CHECK=20ms"]  # that is when it is looked at
FINI = ["/fini", "--", *scenes.Scratch.main]


def first_of(watched):
    """PID 1 of the namespace, on the host."""
    return next(pid for pid in watched.processes() if procfs.inner_pid(pid) == 1)


def said(cli, name):
    """What its log has of PID 1."""
    ran = cli("logs", name)
    return [line for line in (ran.out + ran.err).splitlines() if "PID 1" in line]


def assert_check_says_it(cli, name, first):
    ran = cli.exec(name, "/fini", "--check")
    assert f"PID 1 is {procfs.comm(first)}" in ran.out and "exec form" in ran.out, ran


def await_held(watched, first):
    """By a guardian: it has fini's program."""
    tracer = waiting.until(lambda: procfs.tracer(first), 2, "held")
    assert procfs.comm(tracer) == "fini: guardian"


def assert_said_once(cli, name, first):
    waiting.until(lambda: said(cli, name), 2, "said")
    assert procfs.tracer(first) == 0
    [line] = said(cli, name)
    assert line.endswith(SAID.format(procfs.comm(first)))


@pytest.fixture
def under_init(boxes, docker_tini):
    """docker run --init over an image whose ENTRYPOINT is fini."""
    return lambda scene, *options: boxes(docker_tini, dockerd.IMAGE, scene, "--init", *options, main=FINI)


def test_docker_init_is_held(under_init, docker_tini):
    box = under_init(scenes.DIRTY)
    first = first_of(box.watched)
    assert procfs.comm(first) == "docker-init"
    await_held(box.watched, first)
    assert_check_says_it(docker_tini, box.name, first)
    assert said(docker_tini, box.name) == []
    engine.check(docker_tini.kill(box.name))
    box.watched.assert_gone()
    box.scratch.assert_written()


def test_docker_init_is_killed(under_init, docker_tini):
    box = under_init(scenes.SEED)
    await_held(box.watched, first_of(box.watched))
    engine.check(docker_tini.kill(box.name))
    box.watched.assert_gone()
    assert docker_tini.status(box.name) == 137


def test_control_hangs_without_a_guardian(under_init, docker_tini):
    box = under_init(scenes.SEED, "-e", "FINI_GUARD=never")
    assert docker_tini.kill(box.name, seconds=engine.HANG).status is None
    assert box.watched.stuck()
    assert box.watched.release(), "it ended without an abort: this was no hang"


def in_shell(shell):
    """What an ENTRYPOINT in shell form is."""
    return [shell, "-c", " ".join(FINI)]


def test_shell_form_where_the_shell_goes(boxes, docker):
    """bash executes a last command in its own place: fini is PID 1 all the same."""
    box = boxes(docker, dockerd.IMAGE, scenes.SEED, main=in_shell("/bin/bash"))
    assert procfs.comm(first_of(box.watched)) == "fini"
    box.watched.await_guardian()
    engine.check(docker.kill(box.name))
    box.watched.assert_gone()
    assert said(docker, box.name) == []


def test_shell_form_is_said_once(boxes, docker):
    """Debian's sh stays, and is PID 1."""
    box = boxes(docker, dockerd.IMAGE, scenes.SEED, *OFTEN, main=in_shell("/bin/sh"))
    first = first_of(box.watched)
    assert procfs.comm(first) == "sh"
    assert_said_once(docker, box.name, first)
    assert_check_says_it(docker, box.name, first)
    box.scratch.finish(7)
    assert docker.wait(box.name) == 7
    box.watched.assert_gone()
    assert len(said(docker, box.name)) == 1


def test_docker_pid_of_another_container(boxes, docker):
    """Its PID 1 is a shell, which does not end; ours does, and PID 1 lives on."""
    host = boxes(docker, dockerd.IMAGE, scenes.WITNESS)
    before = set(host.watched.processes())
    box = boxes(docker, dockerd.ENTRYPOINT, scenes.SEED, "--pid", f"container:{host.name}", *OFTEN)
    first = first_of(box.watched)
    assert_said_once(docker, box.name, first)
    assert_check_says_it(docker, box.name, first)
    box.scratch.finish(7)
    assert docker.wait(box.name) == 7
    waiting.until(lambda: set(box.watched.processes()) == before, 2, "gone")
    assert len(said(docker, box.name)) == 1


def test_podman_pod(podman, boxes):
    """podman pod create --share pid: PID 1 is the pod's own. Whoever kills it ends the pod."""
    name = "shared"
    try:
        engine.check(podman("pod", "create", "--name", name, "--share", "pid", *podman.options()))
        box = boxes(podman, f"{tests_podman.IMAGE}:fini", scenes.SEED, "--pod", name)
        first = first_of(box.watched)
        assert procfs.comm(first) == "catatonit"
        assert_check_says_it(podman, box.name, first)
        await_held(box.watched, first)
        assert said(podman, box.name) == []
        infra = podman.inspect(box.name, "{{.Pod}}")
        [infra] = engine.check(podman("pod", "inspect", "--format", "{{.InfraContainerID}}", infra)).split()
        engine.check(podman.kill(infra))
        box.watched.assert_gone()
    finally:
        podman("pod", "rm", "-f", "-t", "0", name)
