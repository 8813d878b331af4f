"""make install."""
import os
import re
import stat

import pytest

from machine import FINI, TOP, run

FILES = {"sbin/fini": ("build/fini", 0o755), "share/man/man8/fini.8": ("man/fini.8", 0o644),
         "sbin/fini-doctor": ("build/fini-doctor", 0o755),
         "share/man/man8/fini-doctor.8": ("man/fini-doctor.8", 0o644)}


def read(path):
    with open(path, "rb") as file:
        return file.read()


def installed(directory):
    """{path below the directory: mode} of every file."""
    return {os.path.relpath(os.path.join(where, name), directory):
            stat.S_IMODE(os.stat(os.path.join(where, name)).st_mode)
            for where, _, names in os.walk(directory) for name in names}


@pytest.mark.parametrize("prefix, options", [("usr/local", []), ("usr", ["PREFIX=/usr"])], ids=["default", "usr"])
def test_files_and_modes_whatever_the_umask(tmp_path, prefix, options):
    run("make", "-C", TOP, "install", f"DESTDIR={tmp_path}", *options, umask=0o077)
    assert installed(tmp_path) == {f"{prefix}/{name}": mode for name, (_, mode) in FILES.items()}
    for name, (source, _) in FILES.items():
        assert read(tmp_path / prefix / name) == read(os.path.join(TOP, source))


def test_man_finds_it(tmp_path):
    run("make", "-C", TOP, "install", f"DESTDIR={tmp_path}")
    found = run("man", "-M", f"{tmp_path}/usr/local/share/man", "-w", "8", "fini").stdout
    assert found == f"{tmp_path}/usr/local/share/man/man8/fini.8\n"


COMMITS = {"as COMMIT says": (["COMMIT=0123abc"], None, "0123abc"), "as make dist packs it": ([], "4567def", "4567def"),
           "unknown": ([], None, "unknown")}


@pytest.mark.parametrize("options, packed, commit", COMMITS.values(), ids=COMMITS.keys())
def test_commit_where_there_is_no_git(tmp_path, options, packed, commit):
    for name in ("Makefile", "tools", "init", "src"):
        os.symlink(os.path.join(TOP, name), tmp_path / name)
    if packed:
        (tmp_path / ".commit").write_text(packed + "\n")
    run("make", "-C", str(tmp_path), "build/commit", *options)
    assert (tmp_path / "build/commit").read_text() == commit + "\n"


def test_version_is_the_same_everywhere():
    with open(os.path.join(TOP, "Makefile")) as file:
        version = re.search(r"^VERSION = (\S+)$", file.read(), re.MULTILINE).group(1)
    with open(os.path.join(TOP, "debian/changelog")) as file:
        assert re.match(r"fini \((\S+)\)", file.read()).group(1) == version
    assert run(FINI, "--version").stdout.startswith(f"fini version {version} - git.")
