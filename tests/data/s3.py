"""The back end S3: the npm package s3rver on loopback, if need be behind a slow link."""
import contextlib
import json
import os
import subprocess
import urllib.error
import urllib.request

import backends
import files
import waiting
from container import TOP, Container, scratch

VERSION = "3.7.1"
BUILD = os.path.join(TOP, "build", "data")
INSTALLED = os.path.join(BUILD, "s3rver")
PACKAGE = os.path.join(INSTALLED, "node_modules", "s3rver")
BUCKET = "bucket"
LISTEN, TIME_WAIT = "0A", "06"  # in /proc/net/tcp


class S3:
    """A bucket of an S3 server."""

    rate = None  # bytes per second to it

    def __init__(self, container, keeper):
        self._keeper = keeper

    @contextlib.contextmanager
    def serving(self):
        server = Container(scratch(), self._keeper, drives=())
        try:
            self._ports = [backends.free_port()]
            server.start("tini", self._slow_link() + f"""
                exec node {PACKAGE}/bin/s3rver.js --address 127.0.0.1 \\
                    --port {self._ports[0]} --no-vhost-buckets --directory "$S/objects" --configure-bucket {BUCKET}""")
            waiting.line_in_file(server.path("stdout"), "S3rver listening", backends.DEADLINE)
            if self.rate:
                waiting.line_in_file(server.path("relay"), "listening", backends.DEADLINE)
            with open(server.path("password"), "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
                file.write("S3RVER:S3RVER\n")
            self.environment = {"URL": f"http://127.0.0.1:{self._ports[-1]}", "BUCKET": BUCKET,
                                "PASSWORD": server.path("password")}
            yield self
        finally:
            server.close()

    def _slow_link(self):
        if not self.rate:
            return ""
        self._ports.append(backends.free_port())
        return f"{backends.PYTHON} {backends.HERE}/relay.py {self._ports[1]} {self._ports[0]} {self.rate} >relay &"

    def _connected(self):
        with open("/proc/net/tcp") as file:
            next(file)
            return any(int(local.rpartition(":")[2], 16) in self._ports and state not in (LISTEN, TIME_WAIT)
                       for _, local, _, state, *_ in map(str.split, file))

    def _get(self, name):
        try:
            url = f"http://127.0.0.1:{self._ports[0]}/{BUCKET}/{name}"
            with urllib.request.urlopen(url, timeout=backends.DEADLINE) as answer:
                return answer.read()
        except urllib.error.HTTPError:
            return b""

    def arrived(self, unit):
        """Nothing tells when the server has stored what it had received: until all is there, for a second at most."""
        waiting.until(lambda: not self._connected(), backends.QUIET, "the end of the requests")
        found = {}

        def complete():
            found["last"] = files.arrived(self._get, unit)
            return found["last"] == files.sizes(unit)

        with contextlib.suppress(waiting.Late):
            waiting.until(complete, 1, "complete")
        return found["last"]


class SlowS3(S3):
    """The same behind a link of 10 MB/s."""

    rate = 10 * files.MIB


def version():
    """That of s3rver as it is installed, or None."""
    try:
        with open(os.path.join(PACKAGE, "package.json")) as file:
            return json.load(file)["version"]
    except FileNotFoundError:
        return None


def install():
    """Installs s3rver into build/, if it is not there. Returns why it could not be, or None."""
    if version() == VERSION:
        return None
    try:
        done = subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--no-save", "--prefix", INSTALLED,
                               f"s3rver@{VERSION}"], capture_output=True, text=True, timeout=180)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"s3rver is not there: {error}"
    return None if done.returncode == 0 else f"s3rver is not there: npm install ended with {done.returncode}"
