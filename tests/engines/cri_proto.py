"""The CRI's messages as a Python module, made of api.proto in the source package of Debian's containerd.

The machine's apt configuration is read, never written: lists, caches and sources are under build/engines.
"""
import fcntl
import glob
import importlib
import os
import re
import shutil
import subprocess
import sys

import rootfs

_MADE = f"{rootfs.MADE}/cri"
_PROTO = "k8s.io/cri-api/pkg/apis/runtime/v1/api.proto"


class Missing(Exception):
    """Why there is no such module here."""


def module():
    """The module, made at the first call."""
    os.makedirs(rootfs.MADE, exist_ok=True)
    with open(f"{rootfs.MADE}/cri.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.exists(f"{_MADE}/cri_pb2.py"):
            _make()
    if _MADE not in sys.path:
        sys.path.append(_MADE)
    return importlib.import_module("cri_pb2")


def _make():
    new, apt = f"{_MADE}.new", f"{rootfs.MADE}/apt"
    for directory in (new, apt, _MADE):
        shutil.rmtree(directory, ignore_errors=True)
    for directory in (new, f"{apt}/sources", f"{apt}/lists/partial", f"{apt}/cache/archives/partial"):
        os.makedirs(directory)
    with open(_source(apt)) as file:
        text = file.read()
    with open(f"{new}/cri.proto", "w") as file:
        file.write(_plain(text))
    _run(new, "protoc", "--python_out=.", "cri.proto")
    os.rename(new, _MADE)
    shutil.rmtree(apt)


def _source(apt):
    """The path of api.proto in the unpacked source package."""
    for path in ["/etc/apt/sources.list", *glob.glob("/etc/apt/sources.list.d/*")]:
        if os.path.exists(path) and path.endswith((".list", ".sources")):
            with open(path) as file:
                text = re.sub(r"^Types:.*", "Types: deb-src", file.read(), flags=re.MULTILINE)
            with open(f"{apt}/sources/{os.path.basename(path)}", "w") as file:
                file.write(re.sub(r"^\s*deb\s", "deb-src ", text, flags=re.MULTILINE))
    open(f"{apt}/status", "w").close()
    get = ["apt-get", "-q", "-o", "APT::Sandbox::User=root", "-o", f"Dir::State::Status={apt}/status",
           "-o", "Dir::Etc::SourceList=/dev/null", "-o", f"Dir::Etc::SourceParts={apt}/sources",
           "-o", f"Dir::State::Lists={apt}/lists", "-o", f"Dir::Cache={apt}/cache"]
    subprocess.run([*get, "update"], capture_output=True)  # an archive without sources is no reason to stop
    _run(apt, *get, "-y", "--download-only", "source", "containerd")
    [description] = glob.glob(f"{apt}/*.dsc")
    _run(apt, "dpkg-source", "--no-check", "-q", "-x", description, "containerd")
    [path] = glob.glob(f"{apt}/containerd/**/{_PROTO}", recursive=True)
    return path


def _plain(text):
    """Without the options of gogo/protobuf, a generator for Go that protoc does not know."""
    text = re.sub(r'^(import "[^"]*gogo[^"]*"|option \((gogoproto)[^;]*);\n', "", text, flags=re.MULTILINE)
    return re.sub(r"\s*\[\(gogoproto[^\]]*\]", "", text)


def _run(directory, *argv):
    ran = subprocess.run(argv, cwd=directory, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if ran.returncode != 0:
        raise Missing(f"{argv[0]}: {ran.stderr.strip()[-500:]}")
