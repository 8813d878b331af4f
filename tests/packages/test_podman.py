"""The image, and what deploy/ has for podman and Kubernetes, in storage of our own."""
import re

import pytest
import yaml

import waiting
from engines import DEPLOY, RIGHTS
from machine import FINI, TOP, run

VERSION = run(FINI, "--version").stdout.partition(" - ")[0]


def test_podman_builds_the_image(podman):
    assert podman.output("run", "--rm", "--network=none", "--entrypoint=/fini", podman.fini(), "--version") == \
        f"{VERSION} - git.unknown"


def test_podman_builds_the_doctors_image(podman):
    podman.fini()  # its layers are taken
    podman("build", "--network=host", "--target=doctor", "-t", "doctor", TOP, seconds=300)
    assert podman.output("run", "--rm", "--network=none", "doctor", "--version") == \
        f"fini-doctor {VERSION.split()[-1]}"


def test_buildah_builds_the_image(podman):
    podman.fini()  # the layer with the packages is taken from it
    podman.machine.run(*podman.buildah, "bud", "--layers", "--network=host", "--build-arg=COMMIT=0123abc",
                       "-t", "by-buildah", TOP, seconds=300)
    assert podman.output("run", "--rm", "--network=none", "--entrypoint=/fini", "by-buildah", "--version") == \
        f"{VERSION} - git.0123abc"


def test_drive_serves_and_uploads(podman, remote):
    podman.run_drive(remote)
    assert len((remote / "log").read_text().splitlines()) == 1


@pytest.mark.parametrize("missing", RIGHTS)
def test_drive_needs_each_of_its_rights(podman, remote, missing):
    podman.run_drive(remote, rights=[right for right in RIGHTS if right != missing], status=125)
    assert list(remote.iterdir()) == []


def test_containers_conf_makes_it_the_init(podman):
    conf = [f"CONTAINERS_CONF={DEPLOY}/containers.conf"]
    for name, how, env in (("with", ["--init"], conf), ("without", ["--init"], []), ("unasked", [], conf)):
        podman("run", "-d", f"--name={name}", "--network=none", *how, "debian:bookworm-slim", "sleep", "infinity",
               env=env)
    assert [podman.has_fini(name) for name in ("with", "without", "unasked")] == [True, False, False]
    podman("stop", "with")
    assert podman.output("inspect", "--format={{.State.ExitCode}}", "with") == str(128 + 15)
    podman("rm", "-f", "--time=0", "with", "without", "unasked")


def test_init_path(podman):
    """As the comment in containers.conf has it."""
    with open(f"{DEPLOY}/containers.conf") as file:
        options = re.search(r"podman run (--init --init-path \S+)", file.read()).group(1).split()
    podman("run", "-d", "--name=one", "--network=none", *options, "debian:bookworm-slim", "sleep", "infinity")
    assert podman.has_fini("one")
    podman("rm", "-f", "--time=0", "one")


def manifest(name, remote):
    """That manifest of deploy/, with the directory remote for its remote."""
    with open(f"{DEPLOY}/{name}") as file:
        pod = yaml.safe_load(file)
    volume, = (volume for volume in pod["spec"]["volumes"] if volume["name"] == "remote")
    volume["hostPath"]["path"] = str(remote)
    return pod


@pytest.mark.parametrize("name", ["pod.yaml", "shared-pids.yaml"])
def test_pod(podman, remote, name):
    """podman stands in for a kubelet."""
    podman.drive()
    pod = manifest(name, remote)
    played = podman.machine.path(name)
    with open(played, "w") as file:
        yaml.safe_dump(pod, file)
    podman("kube", "play", "--network=none", played)
    container = f"{pod['metadata']['name']}-drive"
    status = podman.output("wait", container, seconds=60)
    assert status == "0", podman("logs", container).stderr
    assert len((remote / "log").read_text().splitlines()) == 1
    podman("kube", "down", played)


def test_shared_pids_are_shared_and_the_drive_isolated(podman, remote):
    """What the manifest is about: PID 1 is not fini, and no process can hold what rclone serves but main."""
    podman.drive()
    pod = manifest("shared-pids.yaml", remote)
    pod["spec"]["containers"][0]["args"] = ["sleep", "infinity"]
    played = podman.machine.path("shared-running.yaml")
    with open(played, "w") as file:
        yaml.safe_dump(pod, file)
    podman("kube", "play", "--network=none", played)
    inside = ["exec", "shared-drive", "sh", "-c"]
    waiting.until(lambda: podman(*inside, "mountpoint -q /data", status=None).returncode == 0, 30, "mounted")
    assert podman.output(*inside, "cat /proc/1/comm") != "fini"
    rclone = podman.output(*inside, "grep -lx rclone /proc/[0-9]*/comm").split("/")[2]
    seen = {who: " /data " in podman.output(*inside, f"cat /proc/{who}/mountinfo") for who in ("self", rclone)}
    assert seen == {"self": True, rclone: False}
    podman("kube", "down", played, seconds=60)
    assert podman.output("ps", "-aq") == ""


def propagating(podman, name):
    """A directory of the machine that propagates mounts, as those of a kubelet do."""
    path = podman.machine.path(name)
    podman.machine.run("sh", "-ec", f"mkdir {path}; mount --bind {path} {path}; mount --make-shared {path}")
    return path


def options(container, volumes):
    """What podman run is told for a container of a manifest."""
    said = ["--privileged"] if container.get("securityContext", {}).get("privileged") else []
    said += [f"--env={variable['name']}={variable['value']}" for variable in container.get("env", [])]
    modes = {"Bidirectional": "rshared", "HostToContainer": "rslave", None: "rprivate"}
    said += [f"--volume={volumes[mount['name']]}:{mount['mountPath']}:{modes[mount.get('mountPropagation')]}"
             for mount in container["volumeMounts"]]
    return said + ["--network=none", f"--entrypoint={container['command'][0]}", container["image"],
                   *container["command"][1:]]


def test_sidecar(podman, remote):
    """podman play knows no sidecars: its containers are started and stopped here as a kubelet would."""
    podman.drive()
    spec = manifest("sidecar.yaml", remote)["spec"]
    sidecar, program = spec["initContainers"][0], spec["containers"][0]
    volumes = {"shared": propagating(podman, "shared"), "remote": remote}
    podman("run", "-d", "--name=sidecar", *options(sidecar, volumes))
    probe = ["exec", "sidecar", *sidecar["startupProbe"]["exec"]["command"]]
    waiting.until(lambda: podman(*probe, status=None).returncode == 0, 30, "mounted")
    podman("run", "--rm", *options(program, volumes))
    podman("stop", f"--time={spec['terminationGracePeriodSeconds']}", "sidecar")
    said = podman("logs", "sidecar")
    assert podman.output("inspect", "--format={{.State.ExitCode}}", "sidecar") == str(128 + 15), said.stderr
    assert len((remote / "log").read_text().splitlines()) == 1
    # Its mount went with it, outside too.
    assert f"{volumes['shared']}/data" not in podman.machine.run("cat", "/proc/self/mountinfo").stdout
    podman("rm", "sidecar")
