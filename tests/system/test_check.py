"""fini --check: what would be covered in the place where it is asked, and which flag buys the rest."""
import json

import pytest

from probe import box, boxes, start  # noqa: F401

PARTS = 11

# launch options: exit status, what is not covered
PLACES = {
    "all rights": ([], 0, set()),
    "visible fusectl": (["--fusectl"], 0, set()),
    "no fsopen": (["--deny", "fsopen"], 0, {"private-fusectl"}),
    "no SYS_ADMIN": (["--drop-cap", "21"], 1, {"private-fusectl", "umount"}),  # a server that has died is not covered
    "no SYS_PTRACE": (["--drop-cap", "19"], 1, {"changed-users"}),
    "no SYS_PTRACE, no SETUID": (["--drop-cap", "19", "--drop-cap", "7"], 1, {"users", "changed-users"}),
    "no SYS_PTRACE, no SETGID": (["--drop-cap", "19", "--drop-cap", "6"], 1, {"users", "changed-users"}),
    "no capability": (["--drop-cap", "all"], 1, {"private-fusectl", "umount", "kill", "users", "changed-users"}),
    "no ptrace": (["--deny", "ptrace:EPERM"], 1, {"guardian"}),
    "no pidfd_open": (["--deny", "pidfd_open"], 1, {"pidfd", "pidfd-getfd"}),
    "no capability, no ptrace": (["--drop-cap", "all", "--deny", "ptrace:EPERM"], 1,
                                 {"private-fusectl", "umount", "kill", "users", "changed-users", "guardian"}),
    "nothing": (["--drop-cap", "all", "--deny", "ptrace:EPERM", "--deny", "pidfd_getfd:EPERM"], 2,
                {"private-fusectl", "umount", "pidfd-getfd", "kill", "users", "changed-users", "guardian"}),
}
in_each_place = pytest.mark.parametrize("launch,status,missing", PLACES.values(), ids=PLACES.keys())


@in_each_place
def test_json(box, launch, status, missing):  # noqa: F811
    box.as_pid_1("--check=json", launch=launch)
    box.ends(status)
    found = json.loads(box.read("stdout"))
    assert found["status"] == status
    uncovered = {part["part"]: part for part in found["parts"] if not part["covered"]}
    assert uncovered.keys() - {"fusectl"} == missing
    assert ("fusectl" in uncovered) == ("--fusectl" not in launch)
    assert all(part["error"] and part["flag"] for part in uncovered.values())


@in_each_place
def test_text(box, launch, status, missing):  # noqa: F811
    box.as_pid_1("--check", launch=launch)
    box.ends(status)
    lines = box.read("stdout").decode().splitlines()
    assert lines[-1] == ["all covered", "partly covered", "nothing covered"][status]
    covered = PARTS - len(missing | ({"fusectl"} if "--fusectl" not in launch else set()))
    assert sum(line.startswith("yes  ") for line in lines) == covered
    assert sum(line.startswith(("no   ", "-    ")) for line in lines) == PARTS - covered
    assert box.read("stderr") == b""
