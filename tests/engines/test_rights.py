"""What fini can do with which rights, in docker and in podman; the table in docs/rights.md is made of it."""
import contextlib
import itertools
import os
import re
import subprocess

import pytest

import dockerd
import engine
import podman as tests_podman
import rights
import written

pytest_plugins = ["podman_fixtures"]

ENGINES = {"docker": "docker", "podman": "rootful", "rootless podman": "rootless"}  # and the fixture of each
ENDED, HANGS = 8, 4  # seconds in which one that ends has ended, and one that hangs would have: fini gives up after two
UNCOVERED = {  # place, and engine if only there: the capability that fini must name when the container does not end
    "SYS_ADMIN; a server changes its user by itself": "SYS_PTRACE",
    ("SYS_ADMIN, hidepid=2; another user serves", "rootless podman"): "SYS_PTRACE",
    "`--user`, no capability; the server dies by SIGTERM": "SYS_ADMIN",
    ("`--user`, no capability", "docker"): "SYS_ADMIN",
}


def step(engine_name, place):
    """The step of the abort ladder that must have worked."""
    if "fusectl" in place:
        return "fusectl"
    if "`--user`" in place:
        return "pidfd_getfd"
    return "umount" if engine_name == "rootless podman" else "private fusectl"


@pytest.fixture(scope="module")
def table():
    """Rows by (place, engine); written down if all are there, with cgroup v1: what they say does not depend on that."""
    found = {}
    yield found
    if len(found) == len(ENGINES) * len(rights.PLACES) and not engine.V2_ALONE:
        written.write("rights.md", "rights", written.table(
            ("place", "engine", "`fini --check`; what it misses", "main exits", "SIGKILL of PID 1"), *rows(found)))


@pytest.fixture(scope="module")
def devices():
    """What docker gives its containers: a /dev/fuse that every user may open, and a fusectl."""
    directory = engine.directory()
    made = {"fuse": f"{directory}/fuse", "fusectl": f"{directory}/fusectl"}
    os.mknod(made["fuse"], 0o20666, os.stat("/dev/fuse").st_rdev)
    os.chmod(made["fuse"], 0o666)
    os.mkdir(made["fusectl"])
    subprocess.run(["mount", "-t", "fusectl", "fini-test", made["fusectl"]], check=True)
    yield made
    subprocess.run(["umount", made["fusectl"]], check=True)
    engine.check(engine.command("rm", "-r", directory))


@pytest.fixture
def trial(request, watch):
    """Makes trials in an engine; whatever happens they are gone after the test."""
    numbers = itertools.count()

    def make(engine_name, place):
        cli = request.getfixturevalue(ENGINES[engine_name])
        given = cli.devices if engine_name != "docker" else request.getfixturevalue("devices")
        image = dockerd.IMAGE if engine_name == "docker" else tests_podman.IMAGE
        made = rights.Trial(cli, watch, image, rights.PLACES[place], given, f"trial{next(numbers)}")
        stack.callback(made.close)
        return made
    with contextlib.ExitStack() as stack:
        yield make


def flags(line):
    """What a line of --check names at its end: the flag that would do, the first of several."""
    return re.split(r", | \(", re.search(r": [^:()]+ \((.+)\)$", line).group(1))[0]


def row(place, outcomes):
    """One row for the engines in which it comes to the same: {engine: (verdict, missing, ends)}."""
    (verdict, missing, _), *_ = outcomes.values()
    unhad = ", ".join(f"`{flag}`" for flag in dict.fromkeys(map(flags, missing)))
    ends = []
    for how in zip(*(ends for _, _, ends in outcomes.values())):
        seconds = [seen.seconds for seen in how]
        ends.append("**hangs**" if None in seconds else f"{how[0].step}, {max(seconds):.1f} s")
    return place, ", ".join(outcomes), f"{verdict}; {unhad}" if unhad else verdict, *ends


def rows(found):
    for place in rights.PLACES:
        alike = {}
        for engine_name in ENGINES:
            verdict, missing, ends = found[place, engine_name]
            alike.setdefault((verdict, *missing, *(seen.step for seen in ends)), {})[engine_name] = found[
                place, engine_name]
        for outcomes in alike.values():
            yield row(place, outcomes)


@pytest.mark.parametrize("place", rights.PLACES)
@pytest.mark.parametrize("engine_name", ENGINES)
def test_place(trial, table, engine_name, place):
    """It ends, by the step that was to be expected; or fini says which right would help, and --check says the same."""
    flag = UNCOVERED.get(place) or UNCOVERED.get((place, engine_name))
    verdict, missing = trial(engine_name, place).check()
    stopping, killed = trial(engine_name, place).start(), trial(engine_name, place).start()
    if flag == "SYS_PTRACE":
        killed.wait_unseen()
    else:
        killed.watched.await_guardian()
    stopping.stop()
    killed.kill()
    ends = [one.wait_end(ENDED if flag is None else HANGS) for one in (stopping, killed)]
    table[place, engine_name] = verdict, missing, ends
    for seen in ends:
        if flag is None:
            assert seen.seconds is not None, seen
            assert seen.step == step(engine_name, place), seen
            continue
        assert seen.seconds is None, f"it ends; no longer uncovered? {seen}"
        assert any(f"CAP_{flag}" in line for line in seen.said), seen.said
        assert any(f"--cap-add {flag}" in line for line in missing), missing
