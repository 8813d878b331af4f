"""make dist, and make deb: the same bytes from everywhere."""
import hashlib
import os
import re
import tarfile

import pytest

from machine import TOP, run

# Where it is made: folder, umask, and what the user's session may have.
HERE = ("a", 0o022, {"LC_ALL": "C.UTF-8", "TZ": "UTC", "HOME": "/root"})
# In a Turkish locale sorting and the case of i are others.
THERE = ("b/deeper", 0o077, {"LC_ALL": "tr_TR.UTF-8", "TZ": "Pacific/Chatham", "HOME": "/nonexistent"})


@pytest.fixture(scope="module")
def locales(tmp_path_factory):
    directory = tmp_path_factory.mktemp("locales")
    run("localedef", "-i", "tr_TR", "-f", "UTF-8", str(directory / "tr_TR.UTF-8"))
    assert run("locale", "-k", "yesstr", env={**os.environ, "LOCPATH": str(directory), "LC_ALL": "tr_TR.UTF-8"}
               ).stdout == 'yesstr="evet"\n'
    return directory


@pytest.fixture(scope="module")
def made(tmp_path_factory, locales):
    """What is made of two clones in two folders, one after the other: [{file name: its path}]."""
    if not os.path.exists(os.path.join(TOP, ".git")):
        pytest.skip("no git repository")
    top = tmp_path_factory.mktemp("dist")
    results = []
    for folder, umask, session in (HERE, THERE):
        clone = top / folder
        clone.parent.mkdir(parents=True, exist_ok=True)
        run("git", "clone", "-q", TOP, str(clone), umask=umask)
        env = {"PATH": os.environ["PATH"], "LOCPATH": str(locales), **session}
        run("make", "-C", str(clone), "dist", umask=umask, env=env)
        run("make", "-C", str(clone), "deb", umask=umask, env=env)
        paths = [*(clone / "build/dist").iterdir(), *(clone / "build").glob("*.deb")]
        results.append({path.name: path for path in paths})
    return results


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_has_sources_program_sums_and_package(made):
    kinds = {re.sub(r"^fini[-_][\d.]+\d", "", name) for name in made[0]}
    architecture = run("dpkg", "--print-architecture").stdout.strip()
    assert kinds == {"-" + os.uname().machine, ".tar.gz", "SHA256SUMS", f"_{architecture}.deb"}


def test_is_bit_for_bit_the_same_from_two_folders(made):
    here, there = ({name: digest(path) for name, path in files.items()} for files in made)
    assert here == there


def test_sums_are_right(made):
    for files in made:
        run("sha256sum", "--strict", "-c", "SHA256SUMS", cwd=files["SHA256SUMS"].parent)


def test_program_is_what_make_makes_of_the_repository(made):
    """Not only what it makes of the tar.gz."""
    files = made[1]
    clone = files["SHA256SUMS"].parent.parent.parent
    run("make", "-C", str(clone))
    program = next(path for name, path in files.items() if name.endswith(os.uname().machine))
    assert digest(clone / "build/fini") == digest(program)


def test_another_commit_is_another_program(made):
    """The control: these bytes can differ."""
    files = made[0]
    clone = files["SHA256SUMS"].parent.parent.parent
    run("make", "-C", str(clone), "COMMIT=0123456789")
    program = next(path for name, path in files.items() if name.endswith(os.uname().machine))
    assert digest(clone / "build/fini") != digest(program)


def test_tar_has_what_is_committed_and_nothing_of_who_made_it(made):
    archive = next(path for name, path in made[1].items() if name.endswith(".tar.gz"))
    tracked = set(run("git", "-C", TOP, "ls-tree", "-r", "--name-only", "HEAD").stdout.splitlines())
    with tarfile.open(archive) as tar:
        members = tar.getmembers()
    names = {member.name.partition("/")[2] for member in members if member.isfile()}
    assert names == tracked | {".commit"}
    assert {(member.uid, member.gid, member.uname, member.gname) for member in members} == {(0, 0, "root", "root")}
    assert {member.mode for member in members} <= {0o644, 0o755}
    assert len({member.mtime for member in members}) == 1
