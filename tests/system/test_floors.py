"""tools/floors: who may include whom, no circle of modules, and a picture that is as the code is."""
import os
import shutil
import subprocess

import pytest

from container import TOP

# A house in small: every floor includes what it may.
HOUSE = {
    "src/base/log.h": "",
    "src/base/log.c": '#include "src/base/log.h"\n#include <errno.h>\n',
    "src/proc/people.h": '#include "src/base/log.h"\n',
    "src/fuse/view.h": '#include "src/base/log.h"\n#include "src/proc/people.h"\n',
    "init/cli/help.c": '#include "build/license.h"\n#include "made_by_make.h"\n',
    "init/init.h": '#include "src/fuse/view.h"\n',
    "init/main.c": '#include "init.h"\n#include "init/teardown/teardown.h"\n',
    "init/teardown/teardown.h": '#include "src/fuse/view.h"\n#include "../init.h"\n',
    "doctor/main.c": '#include "src/fuse/view.h"\n',
}


def floors(root, act="check", path=os.environ["PATH"]):
    """(exit status, lines)"""
    command = [os.path.join(TOP, "tools/floors"), act, root]
    done = subprocess.run(command, env={"PATH": path}, capture_output=True, text=True)
    assert not done.stdout
    return done.returncode, done.stderr.splitlines()


@pytest.fixture
def house(tmp_path):
    (tmp_path / "docs").mkdir()
    for name, text in HOUSE.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.fixture
def copy(tmp_path):
    """Our own sources."""
    for top in ("doctor", "init", "src"):
        if os.path.exists(os.path.join(TOP, top)):
            shutil.copytree(os.path.join(TOP, top), tmp_path / top)
    return tmp_path


def include(file, what):
    """Adds an #include; returns the number of its line."""
    lines = file.read_text().splitlines() + [f'#include "{what}"']
    file.write_text("\n".join(lines) + "\n")
    return len(lines)


def test_this_tree_as_it_is():
    assert floors(TOP) == (0, [])


def test_the_picture_of_this_tree():
    assert floors(TOP, "drawn") == (0, [])


def test_a_house_in_order(house):
    assert floors(house) == (0, [])


def test_an_include_upwards_in_a_copy_of_this_tree(copy):
    header = sorted(copy.glob("init/*.h"))[0].relative_to(copy)
    source = sorted(copy.glob("src/base/*.c"))[0]
    line = include(source, header)
    status, lines = floors(copy)
    assert status == 1
    assert f'{source.relative_to(copy)}:{line}: includes "{header}": src/base may not include init' in lines


def test_a_circle_in_a_copy_of_this_tree(copy):
    header = sorted(copy.glob("src/base/*.h"))[0]
    (copy / "src/base/zzz.h").write_text(f'#include "{header.relative_to(copy)}"\n')
    include(header, "src/base/zzz.h")
    module = header.relative_to(copy).with_suffix("")
    assert floors(copy) == (1, [f"cycle: {module} -> src/base/zzz -> {module}"])


@pytest.mark.parametrize("file, what, floor, other", [
    ("src/base/log.c", "src/proc/people.h", "src/base", "src/proc"),
    ("src/base/log.h", "src/fuse/view.h", "src/base", "src/fuse"),
    ("src/base/log.c", "../proc/people.h", "src/base", "src/proc"),
    ("src/proc/people.h", "src/fuse/view.h", "src/proc", "src/fuse"),
    ("src/fuse/view.h", "init/init.h", "src/fuse", "init"),
    ("src/fuse/view.h", "init/cli/help.h", "src/fuse", "init"),
    ("init/main.c", "doctor/main.h", "init", "doctor"),
    ("init/teardown/teardown.h", "doctor/main.h", "init", "doctor"),
    ("doctor/main.c", "init/teardown/teardown.h", "doctor", "init"),
    ("doctor/main.c", "tests/unit/fake.h", "doctor", "tests/unit"),
])
def test_an_include_the_wrong_way(house, file, what, floor, other):
    line = include(house / file, what)
    status, lines = floors(house)
    assert status == 1
    assert f'{file}:{line}: includes "{what}": {floor} may not include {other}' in lines


def test_an_include_in_angle_brackets_is_one(house):
    (house / "src/base/log.c").write_text("#  include <src/proc/people.h>\n")
    assert floors(house)[1][0] == 'src/base/log.c:1: includes "src/proc/people.h": src/base may not include src/proc'


@pytest.mark.parametrize("file", ["src/log.c", "src/other/log.h"])
def test_a_file_on_no_floor(house, file):
    (house / file).parent.mkdir(exist_ok=True)
    (house / file).write_text("")
    status, lines = floors(house)
    assert status == 1
    assert len(lines) == 1 and lines[0].startswith(f"{file}: lies on no floor")


def test_a_circle_is_named_way_and_all(house):
    """Of .c and .h together: no compiler minds this one."""
    (house / "src/base/text.h").write_text("")
    (house / "src/base/text.c").write_text('#include "src/base/clock.h"\n')
    (house / "src/base/clock.h").write_text('#include "src/base/log.h"\n')
    include(house / "src/base/log.c", "src/base/text.h")
    assert floors(house) == (1, ["cycle: src/base/clock -> src/base/log -> src/base/text -> src/base/clock"])


def test_two_circles_that_hang_together_are_one_line(house):
    for name, other in (("a", "b"), ("b", "a"), ("b", "c"), ("c", "b")):
        with open(house / f"src/base/{name}.c", "a") as file:
            file.write(f'#include "src/base/{other}.h"\n')
        (house / f"src/base/{name}.h").touch()
    assert floors(house) == (1, ["cycle: src/base/a -> src/base/b -> src/base/a (tied to it: src/base/c)"])


def test_a_tree_without_sources(tmp_path):
    assert floors(tmp_path) == (1, [f"{tmp_path}: no sources"])


@pytest.fixture
def drawn(house):
    """A house whose picture is drawn, by what stands in for graphviz."""
    dot = house / "bin/dot"
    dot.parent.mkdir()
    dot.write_text("#!/bin/sh\ncat >/dev/null\nprintf '<svg>\\n<!-- Generated by a\\n version -->\\n</svg>\\n'\n")
    dot.chmod(0o755)
    assert floors(house, "drawn")[0] == 1
    assert floors(house, "draw", f"{dot.parent}:{os.environ['PATH']}") == (0, [])
    return house


def test_a_picture_is_looked_at_without_graphviz(drawn):
    assert floors(drawn, "drawn", "/nowhere") == (0, [])


def test_a_picture_does_not_name_a_version(drawn):
    assert "version" not in (drawn / "docs/architecture.svg").read_text()


def test_a_picture_of_other_code(drawn):
    (drawn / "src/base/text.h").write_text("")
    picture = drawn / "docs/architecture.svg"
    assert floors(drawn, "drawn") == (1, [f"{picture} does not show the code as it is: make architecture"])


@pytest.mark.parametrize("name", ["architecture.dot", "architecture.svg"])
def test_a_picture_of_which_half_is_new(drawn, name):
    old = (drawn / "docs" / name).read_text()
    (drawn / "docs" / name).write_text(old.replace("<!-- of", "<!--").replace("digraph", ""))
    assert floors(drawn, "drawn")[0] == 1
