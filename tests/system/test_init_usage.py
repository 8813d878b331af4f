"""Wrong usage is one line and status 1, and nothing is started; what is asked for goes to standard output."""
import os
import platform
import re
import subprocess
import sys

import pytest

from container import TOP
from probe import FINI, SOON, TINI, one_line, plainly

WRONG = {
    "no program": [],
    "no program, options": ["-vg"],
    "no program after --": ["-v", "--"],
    "unknown letter": ["-x"],
    "unknown letter in a cluster": ["-vx"],
    "unknown name": ["--no-such-option"],
    "part of a name": ["--kill"],
    "signal": ["-pNOSUCH"],
    "signal 0": ["-p", "0"],
    "signal 65": ["--pdeathsig=65"],
    "status": ["-e256"],
    "negative status": ["-e", "-1"],
    "no status": ["-e", ""],
    "duration": ["--kill-grace=soon"],
    "negative duration": ["--kill-grace", "-1s"],
    "no duration": ["--kill-grace="],
    "too long a duration": ["--client-grace=25h"],
    "number": ["--verbosity=x"],
    "too great a number": ["--verbosity=5"],
    "format": ["--report-format=xml"],
    "flag": ["--wait=perhaps"],
}


# What tini takes, with the status that main exits with
TAKEN = {
    "end of options behind main": ["sh", "--", "-c", "exit 7"],
    "after an option": ["-g", "sh", "--", "-c", "exit 7"],
    "after an operand": ["env", "A=1", "--", "sh", "-c", "exit 7"],
    "before main": ["--", "sh", "-c", "exit 7"],
    "the second is main's": ["sh", "--", "-c", "exit $#", "--", "1", "2", "3", "4", "5", "6", "7"],
}
INITS = pytest.mark.parametrize("init", [TINI, FINI], ids=["tini", "fini"])


@INITS
@pytest.mark.parametrize("arguments", TAKEN.values(), ids=TAKEN.keys())
def test_what_tini_takes(init, arguments):
    assert subprocess.run([init, "-s", *arguments], timeout=SOON).returncode == 7


@INITS
@pytest.mark.parametrize("level", ["5", "10", "-1", " 2", "3x", "foo", ""])
def test_any_verbosity(init, level):
    run = subprocess.run([init, "-s", "--", "sh", "-c", "exit 7"], env={**os.environ, "TINI_VERBOSITY": level}, timeout=SOON)
    assert run.returncode == 7


@INITS
@pytest.mark.parametrize("name", ["TINI_SUBREAPER", "TINI_KILL_PROCESS_GROUP"])
@pytest.mark.parametrize("value", ["", "0", "no", "5"])
def test_what_is_set_is_on(init, name, value):
    run = subprocess.run([init, "-s", "--", "sh", "-c", "exit 7"], env={**os.environ, name: value}, timeout=SOON)
    assert run.returncode == 7


@pytest.fixture
def never(tmp_path):
    """A program that must not be run."""
    yield ["touch", str(tmp_path / "started")]
    assert not (tmp_path / "started").exists()


@pytest.mark.parametrize("options", WRONG.values(), ids=WRONG.keys())
def test_wrong_options(options, never):
    run = plainly(*options, *([] if not options or options[-1] in ("-vg", "--") else never))
    assert run.returncode == 1
    assert run.stdout == ""
    assert len(one_line(run.stderr)) < 200


@pytest.mark.parametrize("variable", [
    "FINI_CLIENT_GRACE=soon", "FINI_KILL_GRACE=-1", "FINI_VERBOSITY=loud", "FINI_WAIT=2",
    "FINI_PDEATHSIG=65", "FINI_REMAP_EXIT=x", "FINI_REPORT_FORMAT=yaml"])
def test_wrong_variables(variable, never):
    name, _, value = variable.partition("=")
    run = plainly(*never, env={**os.environ, name: value})
    assert run.returncode == 1
    assert f"{name}: '{value}' is wrong" in one_line(run.stderr)


def test_an_empty_variable_takes_back_what_an_image_sets():
    run = plainly("sh", "-c", "exit 7", env={**os.environ, "FINI_CLIENT_GRACE": "", "FINI_SERVER_1": "", "FINI_KEEP": ""})
    assert run.returncode == 7 and run.stderr == ""


def test_a_variable_that_is_misspelt_is_said():
    run = plainly("sh", "-c", "exit 7", env={**os.environ, "FINI_CLIENTGRACE": "5s"})
    assert run.returncode == 7
    assert "unknown variable FINI_CLIENTGRACE" in one_line(run.stderr)


def test_a_server_after_a_gap_is_not_missed(never):
    run = plainly(*never, env={**os.environ, "FINI_SERVER_1": "false", "FINI_SERVER_3": "false"})
    assert run.returncode == 1
    assert "missing: FINI_SERVER_2" in one_line(run.stderr)


def test_the_message_names_what_is_wrong(never):
    assert "--no-such-option" in one_line(plainly("--no-such-option", *never).stderr)
    assert "soon" in one_line(plainly("--kill-grace=soon", *never).stderr)
    assert "--kill-grace" in one_line(plainly("--kill-grace", "soon", *never).stderr)


def test_variables_of_kubernetes():
    """A service called fini sets these in every container beside it."""
    environment = {**os.environ, "FINI_PORT": "tcp://10.0.0.1:80", "FINI_SERVICE_HOST": "10.0.0.1",
                   "FINI_SERVICE_PORT": "80", "FINI_PORT_80_TCP": "tcp://10.0.0.1:80"}
    run = plainly("sh", "-c", "exit 7", env=environment)
    assert run.returncode == 7 and run.stderr == ""


@pytest.mark.parametrize("option", ["-h", "--help", "-l", "--license", "--version", "-vh"])
def test_information(option):
    run = plainly(option)
    assert run.returncode == 0
    assert run.stderr == ""
    assert run.stdout.endswith("\n")


def test_version_as_dockerd_parses_it():
    assert re.fullmatch(r"fini version \d+\.\d+\.\d+ - git\.\S+\n", plainly("--version").stdout)


@pytest.mark.parametrize("option", ["--help", "--version", "-l"])
@pytest.mark.parametrize("output", [">&-", ">/dev/full"])
def test_information_nobody_can_read(option, output):
    assert subprocess.run(["/bin/sh", "-c", f"exec {FINI} {option} {output}"], timeout=SOON).returncode in (0, 1)


@pytest.mark.parametrize("closed", ["2>&-", "2>/dev/full"])
def test_wrong_usage_nobody_can_read_of(closed):
    assert subprocess.run(["/bin/sh", "-c", f"exec {FINI} -x {closed}"], timeout=SOON).returncode == 1


def test_no_arguments_at_all():
    """Not even a name: execve(2) with an empty argv, which the kernel makes one empty string."""
    execute = f"import ctypes; ctypes.CDLL(None).execve({FINI.encode()!r}, (ctypes.c_char_p * 1)(None), None)"
    run = subprocess.run([sys.executable, "-c", execute], capture_output=True, text=True, timeout=SOON)
    assert run.returncode == 1
    assert "no program" in one_line(run.stderr)


# The file itself

def test_a_static_pie():
    headers = subprocess.run(["readelf", "-W", "-h", "-l", "-d", FINI], capture_output=True, text=True, check=True)
    assert re.search(r"Type:\s+DYN", headers.stdout), "position-independent"
    assert "INTERP" not in headers.stdout and "interpreter" not in headers.stdout
    assert "NEEDED" not in headers.stdout
    assert re.search(r"GNU_STACK\s.*\sRW\s", headers.stdout), "no executable stack"
    assert "TEXTREL" not in headers.stdout


def test_size():
    with open(os.path.join(TOP, "Makefile")) as file:
        limits = dict(re.findall(r"^LIMIT_(\w+) *= (\d+)$", file.read(), re.MULTILINE))
    assert os.stat(FINI).st_size <= int(limits[platform.machine()])


def test_nothing_of_this_machine_is_in_it():
    with open(FINI, "rb") as file:
        assert TOP.encode() not in file.read()
