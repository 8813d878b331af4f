"""fini --check: what would be covered in the place where it is asked, and which flag buys the rest."""
import json

import pytest

from probe import box, boxes, start  # noqa: F401

ABORTS = {"fusectl", "private-fusectl", "umount"}  # of which one is needed
NEEDED = {"device", "proc", "pidfd", "kill", "users", "guardian"}
PARTS = {*ABORTS, *NEEDED, "pidfd-getfd", "changed-users"}

# launch options: exit status, what is not covered
PLACES = {
    "all rights": ([], 0, set()),
    "visible fusectl": (["--fusectl"], 0, set()),
    "no fsopen": (["--deny", "fsopen"], 0, {"private-fusectl"}),
    "no SYS_ADMIN": (["--drop-cap", "21"], 2, {"private-fusectl", "umount"}),  # a server that has died is not covered
    "no SYS_ADMIN, visible fusectl": (["--drop-cap", "21", "--fusectl"], 0, {"private-fusectl", "umount"}),
    "no SYS_PTRACE, as docker has none": (["--drop-cap", "19"], 0, {"changed-users"}),
    "no SYS_PTRACE, no SETUID": (["--drop-cap", "19", "--drop-cap", "7"], 2, {"users", "changed-users"}),
    "no SYS_PTRACE, no SETGID": (["--drop-cap", "19", "--drop-cap", "6"], 2, {"users", "changed-users"}),
    "no capability": (["--drop-cap", "all"], 2, {"private-fusectl", "umount", "kill", "users", "changed-users"}),
    "no ptrace": (["--deny", "ptrace:EPERM"], 2, {"guardian"}),
    "no pidfd_open": (["--deny", "pidfd_open"], 2, {"pidfd", "pidfd-getfd"}),
    "nothing": (["--drop-cap", "all", "--deny", "ptrace:EPERM", "--deny", "pidfd_getfd:EPERM"], 2,
                {"private-fusectl", "umount", "pidfd-getfd", "kill", "users", "changed-users", "guardian"}),
}
in_each_place = pytest.mark.parametrize("launch,status,missing", PLACES.values(), ids=PLACES.keys())


def needed(missing):
    """Every way to abort if there is none, else those there are."""
    return NEEDED | (ABORTS if ABORTS <= missing else ABORTS - missing)


@in_each_place
def test_json(box, launch, status, missing):  # noqa: F811
    missing = missing | (set() if "--fusectl" in launch else {"fusectl"})
    box.as_pid_1("--check=json", launch=launch)
    box.ends(status)
    found = json.loads(box.read("stdout"))
    assert found["status"] == status
    parts = {part["part"]: part for part in found["parts"]}
    assert parts.keys() == PARTS
    assert {name for name, part in parts.items() if not part["covered"]} == missing
    assert {name for name, part in parts.items() if part["needed"]} == needed(missing)
    assert all(parts[name]["error"] and parts[name]["flag"] for name in missing)


@in_each_place
def test_text(box, launch, status, missing):  # noqa: F811
    """What is needed comes first; the verdict is about that."""
    missing = missing | (set() if "--fusectl" in launch else {"fusectl"})
    box.as_pid_1("--check", launch=launch)
    box.ends(status)
    text = box.read("stdout").decode()
    first, more = text.removeprefix("needed:\n").split("more:\n")
    marks = [[line[:5] for line in part.splitlines()] for part in (first, more)]
    assert marks[0].count("yes  ") == len(needed(missing) - missing)
    assert marks[0].count("no   ") == len(needed(missing) & missing) == len(marks[0]) - marks[0].count("yes  ")
    assert (marks[0].count("no   ") > 0) == (status == 2)
    assert marks[1].count("yes  ") == len(PARTS - needed(missing) - missing)
    assert marks[1].count("no   ") + marks[1].count("-    ") == len(missing - needed(missing))
    verdict = ("not covered: something needed is missing" if status else
               "covered, but not a server that changes its user" if "no   " in marks[1] else "all covered")
    assert text.endswith(f"\n{verdict}\n")
    assert box.read("stderr") == b""
