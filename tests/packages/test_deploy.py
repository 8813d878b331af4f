"""What can be said of the Dockerfile and of deploy/ without running them."""
import json
import os
import re

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
