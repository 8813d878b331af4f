"""Debian's kernels: which there are, and the files that boot them. Downloaded and unpacked, never installed."""
import collections
import functools
import lzma
import os
import re
import shutil
import subprocess
import threading

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(TOP, "build", "kernels")
DEBS = os.path.join(TOP, "tools", "debs")
SUITES = ("bullseye", "bullseye-security", "bookworm", "bookworm-security", "bookworm-backports",
          "trixie", "trixie-security", "trixie-backports")
# "cloud" images are the smallest. From 6.19 the kernel is not in linux-image-* any more.
PACKAGE = re.compile(r"linux-(image|binary)-(\d+\.\d+)\.\S*-cloud-(amd64|arm64)$")
NEWEST = "newest"

Kernel = collections.namedtuple("Kernel", "series arch package version")
Image = collections.namedtuple("Image", "vmlinuz fuse")  # paths; fuse is None if the kernel has it built in

_one_at_a_time = threading.Lock()  # apt's lists and caches


class Missing(Exception):
    """A kernel that cannot be had here: why."""


def _debs(arch, *arguments):
    return subprocess.run([DEBS, os.path.join(BUILD, "lists", arch), arch, *arguments], check=True,
                          capture_output=True, text=True).stdout


def _older(a, b):
    """Compares two (version, is linux-binary) pairs as dpkg does."""
    if a[0] == b[0]:
        return a[1] - b[1]
    older = subprocess.run(["dpkg", "--compare-versions", a[0], "lt", b[0]]).returncode == 0
    return -1 if older else 1


def offered(arch):
    """The newest kernel of each series that the archive has for an architecture: {"6.1": Kernel...}."""
    _debs(arch, "update", *SUITES)
    found = collections.defaultdict(list)
    for line in _debs(arch, "list").splitlines():
        package, version = line.split()
        match = PACKAGE.match(package)
        if match:
            found[match[2]].append(((version, match[1] == "binary"), package))
    best = {series: max(kernels, key=lambda kernel: functools.cmp_to_key(_older)(kernel[0]))
            for series, kernels in found.items()}
    return {series: Kernel(series, arch, package, version) for series, ((version, _), package) in best.items()}


def _number(series):
    return [int(part) for part in series.split(".")]


def choose(wanted):
    """The kernels asked for by words such as "6.1", "newest" or "6.12/arm64": {word: Kernel or why it is missing}."""
    offers = {}
    chosen = {}
    for word in wanted:
        series, _, arch = word.partition("/")
        arch = arch or "amd64"
        if arch not in offers:
            offers[arch] = offered(arch)
        if series == NEWEST and offers[arch]:
            series = max(offers[arch], key=_number)
        chosen[word] = offers[arch].get(series) or f"the archive has no kernel {series} for {arch}"
    return chosen


def _copy_module(source, target):
    """Kernels can have compressed modules, which not every kernel can load."""
    with (lzma.open if source.endswith(".xz") else open)(source, "rb") as module, open(target, "wb") as out:
        shutil.copyfileobj(module, out)


def fetch(kernel):
    """Downloads a kernel unless that was done before. Returns its Image."""
    directory = os.path.join(BUILD, "images", f"{kernel.package}_{kernel.version}")
    if not os.path.isdir(directory):
        root, new = f"{directory}.root", f"{directory}.new"
        try:
            with _one_at_a_time:
                _debs(kernel.arch, "unpack", root, f"{kernel.package}={kernel.version}")
        except subprocess.CalledProcessError as error:
            raise Missing(error.stderr.strip()) from error
        shutil.rmtree(new, ignore_errors=True)
        os.makedirs(new)
        for path, _, names in os.walk(root):
            for name in names:
                if name.startswith("vmlinuz"):
                    shutil.copy(os.path.join(path, name), os.path.join(new, "vmlinuz"))
                elif re.match(r"fuse\.ko(\.xz)?$", name):
                    _copy_module(os.path.join(path, name), os.path.join(new, "fuse.ko"))
        shutil.rmtree(root)
        os.rename(new, directory)
    vmlinuz, fuse = os.path.join(directory, "vmlinuz"), os.path.join(directory, "fuse.ko")
    if not os.path.exists(vmlinuz):
        raise Missing(f"no kernel in {kernel.package}")
    return Image(vmlinuz, fuse if os.path.exists(fuse) else None)
