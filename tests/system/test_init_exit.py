"""Main's end is ours: exit statuses, and what cannot be executed."""
import os
import struct

import pytest

from probe import FINI, PROBE, box, boxes, one_line, plainly, start  # noqa: F401


@pytest.mark.parametrize("status", [0, 1, 7, 126, 127, 128, 255])
def test_exit_status(box, start, status):
    start("--", "/bin/sh", "-c", f"exit {status}")
    box.ends(status)
    assert box.stderr() == ""


@pytest.mark.parametrize("number", [1, 2, 6, 9, 11, 13, 15, 34, 64])
def test_killed_by_a_signal(box, start, number):
    start("--", "/bin/sh", "-c", f"ulimit -c 0; kill -{number} $$")
    box.ends(128 + number)


def test_nothing_is_said_on_a_good_day(box, start):
    start("true")
    box.ends(0)
    assert box.read("stdout") == b"" and box.stderr() == ""


@pytest.mark.parametrize("options,exits,status", [
    (["-e", "143"], 143, 0),
    (["-e143"], 143, 0),
    (["-e", "143"], 142, 142),
    (["-e1,2", "--remap-exit=3"], 3, 0),
    (["-e1,2", "--remap-exit=3"], 1, 0),
    (["-e", "255"], 255, 0),
    (["-e", "0"], 0, 0),
])
def test_remapped_status(options, exits, status):
    assert plainly(*options, "--", "sh", "-c", f"exit {exits}").returncode == status


def test_remapped_death_by_signal(box):
    box.as_pid_1("-e", "143", "--", "/bin/sh", "-c", "kill -TERM $$")
    box.ends(0)


def test_options_of_main_are_mains():
    assert plainly("sh", "-c", "exit 7").returncode == 7
    assert plainly("echo", "-g", "--", "--help").stdout == "-g -- --help\n"


# What cannot be executed

@pytest.fixture
def file(tmp_path):
    def make(content, mode=0o755, name="program"):
        path = tmp_path / name
        path.write_bytes(content)
        path.chmod(mode)
        return str(path)

    return make


def foreign_elf():
    """A whole header of a 64-bit executable for a machine that nobody has built."""
    ident = b"\x7fELF\x02\x01\x01" + bytes(9)
    return ident + struct.pack("<HHIQQQIHHHHHH", 2, 0x1234, 1, 0x400000, 64, 0, 0, 64, 56, 1, 64, 0, 0) + bytes(56)


def refused(*argv, **more):
    """The status, and the line that names the program and the error."""
    run = plainly("--", *argv, **more)
    assert run.stdout == ""
    line = one_line(run.stderr)
    assert line.startswith(f"exec {argv[0]}: "), line
    return run.returncode, line.rpartition(": ")[2]


@pytest.mark.parametrize("name,error", [
    ("no-such-program-anywhere", "No such file or directory"),
    ("/no/such/path", "No such file or directory"),
    ("./nothing-here", "No such file or directory"),
    ("", "No such file or directory"),
])
def test_not_found(name, error):
    assert refused(name) == (127, error)


def test_not_executable(file):
    assert refused(file(b"#!/bin/sh\n", mode=0o644)) == (126, "Permission denied")


def test_a_directory():
    status, error = refused("/tmp")
    assert status == 126 and error in ("Permission denied", "Is a directory")


def test_not_executable_but_further_along_the_path_is_one(tmp_path, file):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    file(b"#!/bin/sh\nexit 1\n", mode=0o644, name="a/program")
    file(b"#!/bin/sh\nexit 9\n", name="b/program")
    assert plainly("program", env={"PATH": f"{tmp_path}/a:{tmp_path}/b"}).returncode == 9
    assert refused("program", env={"PATH": f"{tmp_path}/a:{tmp_path}/none:{tmp_path}/a/program"}) == \
        (126, "Permission denied")


def test_another_architecture(file):
    assert refused(file(foreign_elf())) == (126, "Exec format error")


def test_binary_garbage(file):
    assert refused(file(b"\x7f\x00\x01\x02" + os.urandom(500))) == (126, "Exec format error")


def test_interpreter_that_is_not_there(file):
    assert refused(file(b"#!/no/such/interpreter\n")) == (127, "No such file or directory")


@pytest.mark.parametrize("program,path", [("/etc/passwd/x", "/bin"), ("program", "/none:/etc/passwd")])
def test_below_a_file(program, path):
    """As tini: only ENOENT is "not found"."""
    assert refused(program, env={"PATH": path}) == (1, "Not a directory")


def test_a_loop_of_links(tmp_path):
    (tmp_path / "loop").symlink_to("loop")
    status, error = refused(str(tmp_path / "loop"))
    assert status == 1 and "symbolic links" in error.lower() or error == "Symbolic link loop"


def test_a_name_that_is_too_long():
    status, error = refused("/" + "x" * 600)
    assert status == 1 and "too long" in error.lower()


def test_a_name_that_is_no_line():
    run = plainly("--", "no\nfini: all is well\033[2J")
    assert run.returncode == 127
    one_line(run.stderr)


def test_not_found_as_pid_1(box):
    box.as_pid_1("--", "no-such-program-anywhere")
    box.ends(127)
    assert one_line(box.stderr()) == "exec no-such-program-anywhere: No such file or directory"


# Scripts without #!, as glibc's execvp runs them

ARGUMENTS = ["a b", "", "*", "$HOME", "c\nd", "-x", "--", "'\""]
SCRIPT = b"""printf '<%s>' "$0" "$@"\nexit 9\n"""


def test_a_script_without_interpreter_line(file):
    path = file(SCRIPT)
    run = plainly("--", path, *ARGUMENTS)
    assert run.returncode == 9 and run.stderr == ""
    assert run.stdout == "".join(f"<{argument}>" for argument in [path, *ARGUMENTS])


def test_a_script_without_interpreter_line_from_the_path(tmp_path, file):
    path = file(SCRIPT)
    run = plainly("program", *ARGUMENTS, env={"PATH": f"/none:{tmp_path}"})
    assert run.returncode == 9 and run.stderr == ""
    assert run.stdout == "".join(f"<{argument}>" for argument in [path, *ARGUMENTS])


def test_a_script_without_interpreter_line_or_arguments(box, file):
    """As PID 1, as the only argument there is."""
    path = file(SCRIPT)
    box.as_pid_1(path)
    box.ends(9)
    assert box.read("stdout").decode() == f"<{path}>"


def test_an_empty_script(file):
    assert plainly("--", file(b"")).returncode == 0


def test_arguments_are_intact():
    run = plainly("--", "printf", "<%s>", *ARGUMENTS)
    assert run.stdout == "".join(f"<{argument}>" for argument in ARGUMENTS)


# Environments

def test_an_empty_environment():
    run = plainly("env", env={})
    assert run.returncode == 0 and run.stdout == "" and run.stderr == ""


def test_an_empty_environment_as_pid_1(box):
    box.run(["/usr/bin/env", "-i", FINI, "sh", "-c", "exit 7"])
    box.ends(7)


def test_the_environment_is_mains_too():
    environment = {"A": "1", "FINI_WAIT": "0", "TINI_SUBREAPER": "", "EMPTY": "", "SPACE": "a b\nc"}
    run = plainly("env", "-0", env=environment)
    assert dict(item.split("=", 1) for item in run.stdout.split("\0") if item) == environment


def test_fini_under_fini(box, start):
    start("-g", "--", FINI, "--", FINI, "-vvv", "--", "/bin/sh", "-c", "exit 7")
    box.ends(7)


def test_a_signal_through_fini_under_fini(box):
    box.as_pid_1("--", FINI, "--", PROBE, "signals")
    box.line("ready")
    box.kill(34)
    box.line("34 0")
    box.kill(9)
    box.ends(-9)
