"""Places in which a container that serves FUSE may have to live, and what fini makes of each."""
import collections
import os
import re
import shlex
import signal
import time

import engine
import scenes
import waiting

HURRY = ["--client-grace=300ms", "--client-kill=300ms", "--drain=300ms", "--server-grace=300ms", "--patience=0"]
NOBODY = 65534

# options: of docker run and podman run. prepare: a shell command that makes the place before fini is started in it.
# server, user: whose the server is, and PID 1. sigterm: what the server does at SIGTERM, see ndrive. changes: it becomes
# another user's by itself.
Place = collections.namedtuple("Place", "options prepare server user sigterm changes",
                               defaults=("", 0, 0, "ignore", False))

FUSECTL = ["-v", "{fusectl}:/sys/fs/fuse/connections"]
SYS_ADMIN = ["--cap-add", "SYS_ADMIN"]
# In the bounding set only, so that fusermount3 can mount. podman would give it to PID 1, docker does not.
USER = ["--user", str(NOBODY), *SYS_ADMIN]
NOTHING = 'set -- setpriv --ambient-caps=-sys_admin "$@"'
HIDEPID = "mount -o remount,hidepid=2 /proc"

PLACES = {
    "SYS_ADMIN": Place(SYS_ADMIN),
    "SYS_ADMIN; another user serves": Place(SYS_ADMIN, server=NOBODY),
    "SYS_ADMIN; a server changes its user by itself": Place(SYS_ADMIN, changes=True),
    "SYS_ADMIN, SYS_PTRACE; a server changes its user by itself": Place([*SYS_ADMIN, "--cap-add", "SYS_PTRACE"],
                                                                       changes=True),
    "SYS_ADMIN, fusectl bound in": Place([*SYS_ADMIN, *FUSECTL]),
    "`--user`, no capability": Place(USER, NOTHING, NOBODY, NOBODY),
    "`--user`, no capability; the server dies by SIGTERM": Place(USER, NOTHING, NOBODY, NOBODY, "die"),
    "`--user`, no capability, fusectl bound in": Place([*USER, *FUSECTL], NOTHING, NOBODY, NOBODY),
    "SYS_ADMIN, `--read-only`, no-new-privileges": Place(
        [*SYS_ADMIN, "--read-only", "--security-opt", "no-new-privileges"]),
    "SYS_ADMIN, hidepid=2": Place(SYS_ADMIN, HIDEPID),
    "SYS_ADMIN, hidepid=2; another user serves": Place(SYS_ADMIN, HIDEPID, server=NOBODY),
    "SYS_ADMIN, no /sys": Place(SYS_ADMIN, "umount -l /sys"),
}

# seconds: None if it did not end. step: of the abort ladder, None if none was needed. said: by fini, without "fini: ".
Seen = collections.namedtuple("Seen", "seconds step said")


class Trial:
    """A server that holds a file of its own mount open and does not stop when told, in one place."""

    def __init__(self, cli, watch, image, place, devices, name):
        """devices: what the host gives, by name: fuse, a device that everybody may open, and fusectl."""
        self.cli, self.name, self._place = cli, name, place
        self._image, self._watch, self._told = image, watch, None
        self._options = ["--name", name, "--network", "none", *engine.UNCONFINED, "--device", f"{devices['fuse']}:/dev/fuse",
                         *(option.format(**devices) for option in place.options),
                         *(cli.options() if hasattr(cli, "options") else [])]
        self.scratch = scenes.Scratch(self._scene())
        user = NOBODY if place.changes else place.server
        owner = cli.owner(user) if hasattr(cli, "owner") else user
        engine.check(engine.command("chown", "-R", f"{owner}:{owner}", self.scratch.path))

    def _scene(self):
        changes = f"--uid {NOBODY} -o allow_other" if self._place.changes else ""
        serve = f"nd a {changes} --sigterm {self._place.sigterm} --hold-threads 3 --hold f"
        if self._place.server == self._place.user:
            return serve + "; finish"
        return f"su -s /bin/sh nobody -c {shlex.quote(scenes.PROLOGUE + serve)}; finish"

    def _fini(self, *argv):
        prepare = f"{self._place.prepare}; " if self._place.prepare else ""
        return ["sh", "-c", f'{prepare}exec "$@"', "sh", "/fini", *argv]

    def check(self):
        """What fini --check says there: its verdict, and lines on what is missing, with the flag that buys it."""
        ran = self.cli("run", "--rm", *self._options, self._image, *self._fini("--check"))
        assert ran.status in (0, 2), ran
        lines = ran.out.splitlines()
        return lines[-1], [line[5:] for line in lines if line.startswith("no   ")]

    def start(self):
        engine.check(self.cli("run", "-d", *self._options, "-v", f"{self.scratch.path}:{scenes.INSIDE}", self._image,
                              *self._fini(*HURRY, "--", *scenes.Scratch.main)))
        self.scratch.wait_ready()
        self.watched = self._watch(self.cli.pid(self.name))
        assert self.watched.connections
        return self

    def _said(self):
        ran = self.cli("logs", self.name)
        return [line[6:] for line in (ran.out + ran.err).splitlines() if line.startswith("fini: ")]

    def wait_unseen(self):
        """Where another user serves fini says so while main runs; waits for it."""
        waiting.until(lambda: any("is not seen" in line for line in self._said()), 5, "said")

    def stop(self):
        """Main exits."""
        self._told = time.monotonic()
        self.scratch.finish()

    def kill(self):
        """SIGKILL of PID 1, as every engine's kill sends it."""
        self._told = time.monotonic()
        os.kill(self.watched.pid, signal.SIGKILL)

    def wait_end(self, seconds):
        """What has become of it so many seconds after it was told to end."""
        ended = None
        try:
            waiting.until(lambda: not self.watched.processes(), self._told + seconds - time.monotonic(), "ended")
            ended = time.monotonic() - self._told
        except waiting.Late:
            assert self.watched.stuck()
        said = self._said()
        assert (ended is None) == bool(self.watched.release())
        steps = re.findall(r"aborted connection \d+ .* by (.*?): ", "\n".join(said))
        return Seen(ended, steps[0] if steps else None, said)

    def close(self):
        self.cli.remove(self.name)
        self.scratch.close()
