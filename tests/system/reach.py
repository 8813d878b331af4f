"""Programs for containers of any user: a build in /root, mode 700, is nobody's but root's."""
import atexit
import os
import shutil
import tempfile

COPY = "TEST_PROGRAMS"  # names the copy, for the workers


def open_to_all(directory):
    """Whether every user may run what lies in it."""
    return directory == "/" or (bool(os.stat(directory).st_mode & 0o001) and open_to_all(os.path.dirname(directory)))


def _copy(build):
    copy = tempfile.mkdtemp(prefix="fini-programs.")
    atexit.register(shutil.rmtree, copy, ignore_errors=True)
    os.chmod(copy, 0o755)
    for name in ("fini", "fini-no-fdinfo"):
        if os.path.exists(os.path.join(build, name)):
            shutil.copy(os.path.join(build, name), copy)
    shutil.copytree(os.path.join(build, "tests"), os.path.join(copy, "tests"))
    return copy


def programs(build):
    """That directory, or a copy of what containers run of it, gone when this process ends."""
    if open_to_all(build) or not os.path.isdir(os.path.join(build, "tests")):
        return build
    if COPY not in os.environ:
        os.environ[COPY] = _copy(build)
    return os.environ[COPY]
