"""What can be said of the Dockerfile and of deploy/ without running them."""
import json
import os
import re
import subprocess

import pytest
import yaml

import base
from engines import DEPLOY
from machine import TOP

# What the packages of NEED_build are in Alpine, whose compiler and libc are musl's already. dpkg-dev unpacks the
# sources of libcap in Debian, where there is no libcap for musl.
ALPINE = {"binutils": {"binutils"}, "dpkg-dev": {"libcap-dev", "libcap-static"}, "gcc": {"gcc"},
          "libc6-dev": {"musl-dev"}, "libseccomp-dev": {"libseccomp-dev"}, "linux-libc-dev": {"linux-headers"},
          "musl-tools": {"musl-dev"}}


def read(name):
    with open(os.path.join(TOP, name)) as file:
        return file.read()


def words(text):
    return text.replace("\\\n", " ").split()


@pytest.mark.parametrize("name", ["pod.yaml", "sidecar.yaml", "shared-pids.yaml"])
def test_manifests(name):
    """Every volume that is mounted is there, and only a container that propagates mounts outside is privileged."""
    pod = yaml.safe_load(read(f"deploy/{name}"))
    assert (pod["apiVersion"], pod["kind"]) == ("v1", "Pod")
    volumes = {volume["name"] for volume in pod["spec"]["volumes"]}
    for container in pod["spec"]["containers"] + pod["spec"].get("initContainers", []):
        assert {mount["name"] for mount in container["volumeMounts"]} <= volumes
        propagates = any(mount.get("mountPropagation") == "Bidirectional" for mount in container["volumeMounts"])
        assert container.get("securityContext", {}).get("privileged", False) == propagates


KUBECTL = """#!/bin/sh
echo "$@" | tr -d '\\n' >>said
echo >>said
"""
SLEEP = """#!/bin/sh
test -e next && mv next fini-doctor.prom || kill $PPID
"""
METRICS = "fini_doctor_stuck_namespaces 1\nfini_doctor_stuck_on_fuse {}\nfini_doctor_last_release_timestamp_seconds {}\n"


@pytest.fixture
def says(tmp_path):
    """Runs the script of doctor-says.yaml on one state after the other; returns what it has had kubectl do."""
    *_, daemons = yaml.safe_load_all(read("deploy/doctor-says.yaml"))
    [container] = daemons["spec"]["template"]["spec"]["containers"]
    [script] = container["args"]
    for name, text in ("kubectl", KUBECTL), ("sleep", SLEEP):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)

    def run(before, after):
        (tmp_path / "fini-doctor.prom").write_text(METRICS.format(*before))
        (tmp_path / "next").write_text(METRICS.format(*after))
        subprocess.run([*container["command"], script.replace("/metrics/", "")], cwd=tmp_path, timeout=10,
                       env={"NODE": "n1", "PATH": f"{tmp_path}:{os.environ['PATH']}"})
        return [(words[:4], json.loads(words[-1])["status"]["conditions"])
                for words in (line.split(" ", 5) for line in (tmp_path / "said").read_text().splitlines())]
    return run


def test_doctor_says_what_it_has_released(says):
    said = says((1, 0), (0, 1795720000))
    assert [words for words, _ in said] == [["patch", "node", "n1", "--subresource=status"]] * 2
    assert [(c["type"], c["status"], c["reason"]) for _, [c] in said] == [
        ("FuseHang", "True", "Stuck"), ("FuseHang", "False", "Released")]
    assert said[1][1][0]["message"] == "released, do not replace"


def test_doctor_says_a_thing_once(says):
    assert len(says((0, 0), (0, 0))) == 1


def test_who_says_it_has_no_right_on_the_node():
    """And the doctor, who has some, has no token."""
    *_, roles, _, daemons = yaml.safe_load_all(read("deploy/doctor-says.yaml"))
    assert {(*rule["resources"], *rule["verbs"]) for rule in roles["rules"]} == {
        ("nodes", "get"), ("nodes/status", "patch")}
    pod = daemons["spec"]["template"]["spec"]
    assert not pod.get("hostPID") and pod["containers"][0]["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    doctor = yaml.safe_load(read("deploy/doctor.yaml"))["spec"]["template"]["spec"]
    assert doctor["hostPID"] and doctor["automountServiceAccountToken"] is False


def test_daemon_json_has_nothing_else():
    assert json.loads(read("deploy/daemon.json")) == {"init": True, "init-path": "/usr/local/sbin/fini"}


def test_readme_names_every_file():
    files = set(os.listdir(DEPLOY)) - {"README.md"}
    assert set(re.findall(r"\]\(([^)]+)\)", read("deploy/README.md"))) == files


def test_times_fit_into_each_other():
    """--before-servers-time ends before the engine's patience does, everywhere."""
    image = int(re.search(r"FINI_BEFORE_SERVERS_TIME=(\d+)s", read("deploy/Dockerfile")).group(1))
    given = [int(n) for name in sorted(os.listdir(DEPLOY)) for n in re.findall(
        r"(?:--stop-timeout |stop_grace_period: |terminationGracePeriodSeconds: )(\d+)", read(f"deploy/{name}"))]
    assert len(given) >= 5 and min(given) > image


def test_drained_is_the_script_of_the_man_page():
    script = re.search(r"^#!/bin/sh\nstats=.*?(?=^\.Ed)", read("man/fini.8"), re.MULTILINE | re.DOTALL).group()
    ours = "".join(line for line in read("deploy/drained").splitlines(True) if not line.startswith("# "))
    assert ours == script


def test_base_under_test_is_the_dockerfiles():
    assert f"ARG BASE={base.NAME}\n" in read("Dockerfile")
    assert f"FROM {base.NAME}\n" in read("deploy/Dockerfile")


def test_alpine_gets_what_the_makefile_needs():
    """There is no apk here to try it with: the names are at least complete, and those that tools/libcap asks for."""
    need = set(words(re.search(r"^NEED_build = ((?:.*\\\n)*.*)", read("tools/need.mk"), re.MULTILINE).group(1)))
    apk = set(words(re.search(r"apk add --no-cache ((?:.*\\\n)*?.*);", read("Dockerfile")).group(1)))
    assert apk == set().union(*(ALPINE[package] for package in need)) | {"make"}
    assert set(re.search(r"no libcap.a: install (\S+) and (\S+)'", read("tools/libcap")).groups()) <= apk


def test_context_has_all_that_the_program_is_made_of():
    """And nothing else: .dockerignore keeps out whatever is not named."""
    first, *named = [line for line in read(".dockerignore").splitlines() if not line.startswith("#")]
    assert first == "*"
    sources = re.findall(r"^(?:SRCS|DOCTOR) +:= .*wildcard (.*?)\)", read("Makefile"), re.MULTILINE)
    folders = {pattern.partition("/")[0] for patterns in sources for pattern in patterns.split()}
    assert set(named) == {f"!{name}" for name in folders | {"LICENSE", "Makefile", "tools"}}
