"""Packages of npm, for the back end S3 and for a server in JavaScript. They live in build/."""
import json
import os
import subprocess

from container import TOP

BUILD = os.path.join(TOP, "build", "data")
VERSIONS = {"fuse-native": "2.2.6", "s3rver": "3.7.1"}


def modules(name):
    """The directory that it and what it needs are in."""
    return os.path.join(BUILD, name, "node_modules")


def version(name):
    """That of the package as it is installed, or None."""
    try:
        with open(os.path.join(modules(name), name, "package.json")) as file:
            return json.load(file)["version"]
    except FileNotFoundError:
        return None


def _install(name):
    """Why it could not be installed, or None."""
    try:  # what would have to be compiled is in the packages
        done = subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--no-save", "--ignore-scripts", "--prefix",
                               os.path.dirname(modules(name)), f"{name}@{VERSIONS[name]}"],
                              capture_output=True, text=True, timeout=180)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{name} is not there: {error}"
    return None if done.returncode == 0 else f"{name} is not there: npm install ended with {done.returncode}"


def install():
    """Installs those that are not there. Returns why one could not be, or None."""
    for name, wanted in VERSIONS.items():
        reason = _install(name) if version(name) != wanted else None
        if reason:
            return reason
    return None
