"""make deb."""
import os
import re
import shutil
import tarfile

import pytest

import base
from machine import BUILD, FINI, TOP, run


@pytest.fixture(scope="module")
def deb():
    run("make", "-C", TOP, "deb", seconds=300)
    found = [name for name in os.listdir(BUILD) if re.fullmatch(r"fini_[\d.]+_\w+\.deb", name)]
    assert len(found) == 1
    return os.path.join(BUILD, found[0])


def lintian(path, scratch):
    return run("lintian", "--fail-on", "error,warning", path, status=None, env={**os.environ, "TMPDIR": str(scratch)})


def test_lintian_says_nothing(deb, tmp_path):
    """Of the sources, the package and the upload."""
    changes = [name for name in os.listdir(f"{BUILD}/deb") if name.endswith(".changes")]
    done = lintian(f"{BUILD}/deb/{changes[0]}", tmp_path)
    assert (done.returncode, done.stdout) == (0, "")


def test_lintian_looks(deb, tmp_path):
    """The control: without our override it does say something."""
    run("dpkg-deb", "-R", deb, str(tmp_path / "tree"))
    os.remove(tmp_path / "tree/usr/share/lintian/overrides/fini")
    run("dpkg-deb", "--root-owner-group", "-b", str(tmp_path / "tree"), str(tmp_path / "fini.deb"))
    done = lintian(str(tmp_path / "fini.deb"), tmp_path)
    assert done.returncode != 0 and "shared-library-lacks-prerequisites" in done.stdout


def test_fields(deb):
    names = ("Package", "Section", "Architecture", "Depends", "Built-Using")
    fields = {name: run("dpkg-deb", "-f", deb, name).stdout.strip() for name in names}
    architecture = run("dpkg", "--print-architecture").stdout.strip()
    built_using = fields.pop("Built-Using")
    assert fields == {"Package": "fini", "Section": "admin", "Architecture": architecture, "Depends": ""}
    assert re.fullmatch(r"libcap2 \(= \S+\), musl \(= \S+\)", built_using)


def test_program_is_the_one_that_make_makes(deb, tmp_path):
    run("dpkg-deb", "-x", deb, str(tmp_path))
    with open(FINI, "rb") as ours, open(tmp_path / "usr/sbin/fini", "rb") as theirs:
        assert theirs.read() == ours.read()


def test_installs_alone_and_goes_again(deb, tmp_path):
    """Into the smallest Debian there is, without a network."""
    with tarfile.open(base.tarball()) as tar:
        tar.extractall(tmp_path)
    shutil.copy(deb, tmp_path / "fini.deb")
    dpkg = ["unshare", "--net", "chroot", str(tmp_path), "dpkg"]
    run(*dpkg, "-i", "/fini.deb")
    assert run(*dpkg, "--verify", "fini").stdout == ""
    assert run("chroot", str(tmp_path), "fini", "--version").stdout == run(FINI, "--version").stdout
    run("chroot", str(tmp_path), "fini", "sh", "-c", "exit 7", status=7)
    run(*dpkg, "--purge", "fini")
    assert not os.path.exists(tmp_path / "usr/sbin/fini")


def test_needs_what_make_needs():
    """Build-Depends has all of NEED_build that is not build-essential, which every build has."""
    with open(os.path.join(TOP, "Makefile")) as file:
        need = re.search(r"^NEED_build = ((?:.*\\\n)*.*)", file.read(), re.MULTILINE).group(1)
    with open(os.path.join(TOP, "debian/control")) as file:
        depends = re.search(r"^Build-Depends: ((?:.*,\n)*.*)", file.read(), re.MULTILINE).group(1)
    needed = set(need.replace("\\", "").split())
    declared = set(re.findall(r"[a-z][a-z0-9.+-]+", depends.replace("(= 13)", "")))
    assert declared == needed - {"dpkg-dev", "gcc", "libc6-dev"} | {"debhelper-compat"}
