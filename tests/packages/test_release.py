"""make dist and make deb: the same bytes from everywhere, and a package that Debian would take."""
import hashlib
import json
import os
import pathlib
import re
import shutil
import tarfile

import pytest

import base
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


class Clone:
    """A clone of this repository, and what was made of its last commit."""

    def __init__(self, path, umask, env):
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        run("git", "clone", "-q", TOP, str(path), umask=umask)
        for goal in ("dist", "deb"):
            run("make", "-C", str(path), goal, seconds=300, umask=umask, env=env)
        paths = [*(path / "build/dist").iterdir(), *(path / "build").glob("*.deb")]
        self.made = {path.name: path for path in paths}

    def one(self, end):
        """The path of what was made whose name has that end."""
        path, = (path for name, path in self.made.items() if name.endswith(end))
        return path

    def program(self):
        return self.one(f"-{os.uname().machine}")

    def make(self, *options):
        """Makes the program, of the repository itself."""
        run("make", "-C", str(self.path), *options)
        return self.path / "build/fini"


@pytest.fixture(scope="module")
def clones(tmp_path_factory, locales):
    """Two, in two folders, made one after the other."""
    if not os.path.exists(os.path.join(TOP, ".git")):
        pytest.skip("no git repository")
    top = tmp_path_factory.mktemp("release")
    common = {"PATH": os.environ["PATH"], "LOCPATH": str(locales)}
    return [Clone(top / folder, umask, {**common, **session}) for folder, umask, session in (HERE, THERE)]


@pytest.fixture
def clone(clones):
    return clones[0]


def digest(path):
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()


def test_there_are_sources_program_sums_and_package(clone):
    kinds = {re.sub(r"^fini[-_][\d.]+\d", "", name) for name in clone.made}
    architecture = run("dpkg", "--print-architecture").stdout.strip()
    assert kinds == {"-" + os.uname().machine, ".tar.gz", "SHA256SUMS", f"_{architecture}.deb"}


def test_bit_for_bit_the_same_from_two_folders(clones):
    here, there = ({name: digest(path) for name, path in clone.made.items()} for clone in clones)
    assert here == there


def test_sums_are_right(clones):
    for clone in clones:
        run("sha256sum", "--strict", "-c", "SHA256SUMS", cwd=clone.one("SHA256SUMS").parent)


def test_program_is_what_make_makes_of_the_repository(clone):
    """Not only what it makes of the tar.gz. Control: these bytes can differ."""
    assert digest(clone.make()) == digest(clone.program())
    assert digest(clone.make("COMMIT=0123456789")) != digest(clone.program())


def test_tar_has_what_is_committed_and_nothing_of_who_made_it(clones):
    tracked = set(run("git", "-C", TOP, "ls-tree", "-r", "--name-only", "HEAD").stdout.splitlines())
    with tarfile.open(clones[1].one(".tar.gz")) as tar:
        members = tar.getmembers()
    assert {member.name.partition("/")[2] for member in members if member.isfile()} == tracked | {".commit"}
    assert {(member.uid, member.gid, member.uname, member.gname) for member in members} == {(0, 0, "root", "root")}
    assert {member.mode for member in members} <= {0o644, 0o755}
    assert len({member.mtime for member in members}) == 1


def test_lintian_has_nothing_to_say(clone, tmp_path):
    """Of the sources, the package and the upload. That it looks at all, the tag shows that is overridden."""
    changes, = (clone.path / "build/deb").glob("*.changes")
    done = run("lintian", "--show-overrides", str(changes), status=None, env={**os.environ, "TMPDIR": str(tmp_path)})
    said = [line for line in done.stdout.splitlines() if not line.startswith("N:")]
    assert set(said) == {f"O: fini: shared-library-lacks-prerequisites [usr/sbin/{program}]"
                         for program in ("fini", "fini-doctor")}


def test_fields_of_the_package(clone):
    names = ("Package", "Section", "Depends", "Built-Using")
    fields = {name: run("dpkg-deb", "-f", str(clone.one(".deb")), name).stdout.strip() for name in names}
    built_using = fields.pop("Built-Using")
    assert fields == {"Package": "fini", "Section": "admin", "Depends": ""}
    assert re.fullmatch(r"libcap2 \(= \S+\), musl \(= \S+\)", built_using)


def test_package_has_the_same_program(clone, tmp_path):
    run("dpkg-deb", "-x", str(clone.one(".deb")), str(tmp_path))
    assert digest(tmp_path / "usr/sbin/fini") == digest(clone.program())


@pytest.fixture
def documents(clone, tmp_path):
    run("dpkg-deb", "-x", str(clone.one(".deb")), str(tmp_path))
    return tmp_path / "usr/share/doc/fini"


def test_package_has_the_documents_and_their_links_lead_to_files(documents):
    texts = {os.path.relpath(path, documents): path for path in documents.rglob("*.md")}
    assert {"README.md", "docs/kernel.md", "docs/rights.md", "docs/engines.md", "examples/README.md"} <= texts.keys()
    for name, path in texts.items():
        for link in re.findall(r"\]\(([^)#:]+)\)", path.read_text()):
            assert (path.parent / link).exists(), f"{name}: {link}"


def test_examples_of_the_package_name_the_program_of_the_package(documents):
    examples = documents / "examples"
    assert {path.name for path in examples.iterdir()} == set(os.listdir(os.path.join(TOP, "deploy")))
    assert json.loads((examples / "daemon.json").read_text())["init-path"] == "/usr/sbin/fini"
    assert 'init_path = "/usr/sbin/fini"' in (examples / "containers.conf").read_text()
    assert not [path for path in documents.rglob("*") if path.is_file() and b"/usr/local/sbin/fini" in path.read_bytes()]
    assert os.access(examples / "drained", os.X_OK)


def test_package_installs_alone_and_goes_again(clone, tmp_path):
    """Into the smallest Debian there is, without a network."""
    with tarfile.open(base.tarball()) as tar:
        tar.extractall(tmp_path)
    shutil.copy(clone.one(".deb"), tmp_path / "fini.deb")
    inside = ["unshare", "--net", "chroot", str(tmp_path)]
    run(*inside, "dpkg", "-i", "/fini.deb")
    assert run(*inside, "dpkg", "--verify", "fini").stdout == ""
    assert run(*inside, "fini", "--version").stdout == run(str(clone.program()), "--version").stdout
    run(*inside, "fini", "sh", "-c", "exit 7", status=7)
    run(*inside, "dpkg", "--purge", "fini")
    assert not os.path.exists(tmp_path / "usr/sbin/fini")


def test_package_needs_what_make_needs():
    """Build-Depends has all of NEED_build that is not build-essential, which every build has."""
    with open(os.path.join(TOP, "tools", "need.mk")) as file:
        need = re.search(r"^NEED_build = ((?:.*\\\n)*.*)", file.read(), re.MULTILINE).group(1)
    with open(os.path.join(TOP, "debian/control")) as file:
        depends = re.search(r"^Build-Depends: ((?:.*,\n)*.*)", file.read(), re.MULTILINE).group(1)
    needed = set(need.replace("\\", "").split())
    declared = set(re.findall(r"[a-z][a-z0-9.+-]+", depends.replace("(= 13)", "")))
    assert declared == needed - {"dpkg-dev", "gcc", "libc6-dev"} | {"debhelper-compat"}
