"""fini-doctor with fewer rights than it needs says so, and nothing that it cannot know."""
import json
import os
import re

import pytest

from doctors import STUCK, doctor, found, hang
from hangs import HOLDER

LACKS = "Other users' processes could not be read: run it as root, with CAP_SYS_PTRACE and CAP_SYS_ADMIN."
fewer_rights = pytest.mark.parametrize("wrapper", [
    ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"],
    ["setpriv", "--bounding-set=-sys_ptrace"],
], ids=["nobody", "root without SYS_PTRACE"])


@fewer_rights
def test_a_look(container, wrapper):
    hang(container, HOLDER)
    assert found(container)
    seen = json.loads(doctor(*STUCK, "--json", wrapper=wrapper).stdout)
    assert seen["sees_all"] is False, seen
    text = doctor(*STUCK, wrapper=wrapper).stdout
    assert LACKS in text and "below our own PID namespace" not in text, text
    servers = container.named("ndrive")
    ours = [finding for finding in seen["stuck"] for thread in finding["threads"] if thread["pid"] in servers]
    assert ours and {finding["cause"] for finding in ours} == {"untold"}, ours
    for finding in ours:
        assert "cannot be told" in finding["verdict"] and finding["command"] == "", finding


@fewer_rights
def test_release(wrapper):
    done = doctor("release", "--stuck=1h", "--dry-run", "nosuch", wrapper=wrapper)
    assert f"fini-doctor: {LACKS}\n" in done.stderr, done


def sees_all(tmp_path, wrapper=()):
    done = doctor("watch", "--dry-run", "--stuck=1h", "--every=10ms", "--rounds=3", f"--metrics={tmp_path}/fini.prom",
                  wrapper=wrapper)
    [value] = re.findall(r"^fini_doctor_sees_all (\d)$", (tmp_path / "fini.prom").read_text(), re.MULTILINE)
    return value, done.stderr


def test_watch(tmp_path):
    if os.readlink("/proc/self/ns/pid") == "pid:[4026531836]":  # the host's first one
        assert sees_all(tmp_path) == ("1", "")
    value, stderr = sees_all(tmp_path, wrapper=["setpriv", "--bounding-set=-sys_ptrace"])
    assert value == "0" and stderr == f"fini-doctor: {LACKS}\n"
    value, stderr = sees_all(tmp_path, wrapper=["unshare", "-fp", "--mount-proc"])
    assert value == "0" and stderr.count("\n") == 1 and "run it on the host" in stderr, stderr
