"""The back end S3: the npm package s3rver on loopback, if need be behind a slow link."""
import contextlib
import os
import urllib.error
import urllib.request

import backends
import files
import npm
import waiting
from container import Container, scratch

PACKAGE = os.path.join(npm.modules("s3rver"), "s3rver")
BUCKET = "bucket"


class S3:
    """A bucket of an S3 server."""

    rate = None  # bytes per second to it

    def __init__(self, container, keeper):
        self._keeper = keeper

    @contextlib.contextmanager
    def serving(self):
        with self.running() as server:
            self._write_password(server)
            self.environment = {"URL": f"http://127.0.0.1:{self._ports[-1]}", "BUCKET": BUCKET,
                                "PASSWORD": server.path("password")}
            yield self

    @contextlib.contextmanager
    def running(self, objects=None):
        """In a container of its own; it stores there, or to another directory."""
        server = Container(scratch(), self._keeper, drives=())
        try:
            self._ports = [backends.free_port()]
            server.start("tini", self._slow_link() + "exec " + self.command(self._ports[0], objects or "$S/objects"))
            waiting.line_in_file(server.path("stdout"), "S3rver listening", backends.DEADLINE)
            if self.rate:
                waiting.line_in_file(server.path("relay"), "listening", backends.DEADLINE)
            yield server
        finally:
            server.close()

    @staticmethod
    def command(port, objects):
        return (f"node {PACKAGE}/bin/s3rver.js --address 127.0.0.1 --port {port} --no-vhost-buckets "
                f'--directory "{objects}" --configure-bucket {BUCKET}')

    @staticmethod
    def _write_password(container):
        with open(container.path("password"), "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            file.write("S3RVER:S3RVER\n")

    def _slow_link(self):
        if not self.rate:
            return ""
        self._ports.append(backends.free_port())
        return f"{backends.PYTHON} {backends.HERE}/relay.py {self._ports[1]} {self._ports[0]} {self.rate} >relay & "

    def _get(self, name):
        try:
            url = f"http://127.0.0.1:{self._ports[0]}/{BUCKET}/{name}"
            with urllib.request.urlopen(url, timeout=backends.DEADLINE) as answer:
                return answer.read()
        except urllib.error.HTTPError:
            return b""

    def arrived(self, unit):
        """Nothing tells when the server has stored what it had received: until all is there, for a second at most."""
        waiting.until(lambda: not backends.connected(self._ports), backends.QUIET, "the end of the requests")
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
