"""make demo, as a user sees it without a terminal: it ends with 0 only if it has seen all that it claims."""
import os
import subprocess

from container import TOP


def test_demo():
    demo = subprocess.run([os.path.join(TOP, "tests", "demo", "demo")], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=120, env={**os.environ, "NO_COLOR": "1"})
    assert demo.returncode == 0, demo.stdout + demo.stderr
    for word in ("tini", "fini", "request_wait_answer", "docker kill"):
        assert word in demo.stdout
