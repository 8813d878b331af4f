"""A machine for a test: a place of its own (see the script `place`) on this one."""
import os
import shutil
import subprocess
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
BUILD = os.path.join(TOP, "build")
FINI = os.path.join(BUILD, "fini")

JOIN = 'while read -r file; do echo 0 >"$file"; done <"$0"; exec "$@"'


def run(*command, seconds=120, status=0, **options):
    """Runs a command to its end, which must be that status (None: any). Returns its result, output as text."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, timeout=seconds, **options)
    assert status is None or done.returncode == status, \
        f"{' '.join(command)}: status {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


class Machine:
    def __init__(self):
        self.scratch = tempfile.mkdtemp(prefix="fini-packages.")
        os.mkdir(self.path("sbin"))
        shutil.copy(FINI, self.path("sbin/fini"))
        # In a session of its own: Ctrl-C is for us, and the end of its standard input for it.
        self._place = subprocess.Popen([f"{HERE}/place", self.scratch], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                       text=True, start_new_session=True)
        assert self._place.stdout.readline() == "ready\n", "no place to run engines in"
        unshare = self._child(self._place.pid)
        self._pid = self._child(unshare)

    @staticmethod
    def _child(pid):
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            return int(file.read())

    def path(self, name):
        return os.path.join(self.scratch, name)

    def argv(self, *command):
        """What runs that command in there."""
        return ["nsenter", f"--target={self._pid}", "--mount", "--pid", "--cgroup", "--",
                "env", f"HOME={self.scratch}", f"TMPDIR={self.scratch}",
                "/bin/sh", "-c", JOIN, self.path("join"), *command]

    def run(self, *command, **options):
        return run(*self.argv(*command), **options)

    def close(self):
        """Kills what still runs in there, and removes what it left. An error if there is something that remains."""
        self._place.stdin.close()
        self._place.stdout.close()
        assert self._place.wait(60) == 0, "the place did not end as it should"
        assert not os.path.exists(self.scratch)
