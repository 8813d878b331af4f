"""A terminal that somebody sits at: tmux, with a server of its own, one window, and a shell in it."""
import os
import shlex
import shutil

import engine
import waiting


class Tmux:
    def __init__(self, columns=80, rows=24):
        self._directory = engine.directory()
        self._socket = f"{self._directory}/tmux"
        self._tmux("-f", "/dev/null", "new-session", "-d", "-x", str(columns), "-y", str(rows),
                   "env", "PS1=host$ ", "sh")
        self.wait_for("host$")

    def _tmux(self, *words):
        environment = {**os.environ, "TERM": "xterm", "LC_ALL": "C.UTF-8"}
        environment.pop("TMUX", None)
        return engine.check(engine.command("tmux", "-S", self._socket, *words, env=environment))

    def type(self, line):
        self._tmux("send-keys", "-l", line)
        self.press("Enter")

    def run(self, *argv):
        self.type(shlex.join(argv))

    def press(self, key):
        """A key as tmux names it: C-c, C-z, Enter."""
        self._tmux("send-keys", key)

    def resize(self, columns, rows):
        self._tmux("resize-window", "-x", str(columns), "-y", str(rows))

    def screen(self):
        return self._tmux("capture-pane", "-p", "-J", "-S", "-1000")

    def wait_for(self, wanted, times=1, seconds=10):
        """Waits until so many lines on the screen, which forgets nothing, begin with the text, after a Ctrl-C or not."""
        def seen():
            return sum(line.removeprefix("^C").startswith(wanted) for line in self.screen().splitlines()) >= times
        try:
            waiting.until(seen, seconds, f"seen: {wanted!r}")
        except waiting.Late as late:
            raise waiting.Late(f"{late}\n{self.screen()}") from None

    def close(self):
        server = os.pidfd_open(int(self._tmux("display-message", "-p", "#{pid}")))
        self._tmux("kill-server")
        assert waiting.readable(server, 5), "tmux does not end"
        os.close(server)
        shutil.rmtree(self._directory)
