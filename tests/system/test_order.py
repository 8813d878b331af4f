"""Clients first, servers last: what each server sees of the end, and in which order."""
import pytest

from inits import HURRY, assert_ends, assert_killed, both_finis


def before(log, first, then):
    """Whether both were logged, and the last line with first before the first line with then."""
    firsts = [n for n, line in enumerate(log) if first in line]
    thens = [n for n, line in enumerate(log) if then in line]
    return bool(firsts and thens) and max(firsts) < min(thens)


@both_finis
def test_server_goes_after_its_clients(container, init):
    container.start(init, """
        nd a
        client hold mnt/a/f; client -i hold mnt/a/g; exec 5>mnt/a/main
        finish""", options=["--client-grace=100ms"]).wait_ready()
    assert_ends(container)
    log = container.log()
    assert before(log, "RELEASE", "DESTROY"), log
    assert len([line for line in log if "RELEASE" in line]) == 3
    assert log.count("a SIGTERM") <= 1 and "a SIGHUP" not in log


@both_finis
def test_server_goes_after_its_clients_when_init_is_killed(container, init):
    container.start(init, """
        nd b; nd a --hold $S/mnt/b/own
        client hold mnt/a/f; client -i hold mnt/b/g; exec 5>mnt/a/main
        finish""").wait_ready().guardian()
    assert_killed(container.kill())
    log = container.log()
    assert before(log, "a RELEASE", "a DESTROY") and before(log, "a DESTROY", "b DESTROY"), log
    assert log.count("a SIGTERM") <= 1 and log.count("b SIGTERM") <= 1


@both_finis
def test_busy_server_gets_sigterm_once(container, init):
    container.start(init, "nd a --hold own; client hold mnt/a/f\nfinish").wait_ready()
    assert_ends(container)
    log = container.log()
    assert log.count("a SIGTERM") == 1 and "a SIGHUP" not in log
    assert before(log, "RELEASE /f", "a SIGTERM"), log


@both_finis
def test_server_that_ignores_sigterm_gets_it_once(container, init):
    container.start(init, "nd a --sigterm ignore --hold own\nfinish", options=HURRY).wait_ready()
    assert_ends(container)
    assert container.log().count("a SIGTERM") == 1


@both_finis
@pytest.mark.parametrize("scene", [
    "nd b; nd a --hold $S/mnt/b/f",  # a has a file of b open
    "nd b; mkdir mnt/b/inner; ON=$S/mnt/b/inner nd a",  # a is mounted inside b
    "nd b; ndrive --log drives.log --name a mnt/b mnt/a",  # a's files are b's
    "nd a --await-mount $S/mnt/b --hold $S/mnt/b/f & nd b; wait $!",  # the older one has a file of the newer one open
], ids=["holds", "mounted inside", "backed by", "holds the newer one's"])
def test_dependent_server_goes_first(container, scene, init):
    container.start(init, scene + "\nfinish").wait_ready()
    assert_ends(container)
    assert before(container.log(), "a DESTROY", "b DESTROY"), container.log()
    assert before(container.log(), "a DESTROY", "b SIGTERM") or "b SIGTERM" not in container.log(), container.log()
    assert container.stderr() == ""


@both_finis
def test_stop_signal_to_a_server_waits_for_its_clients(container, init):
    """Main is itself the server: docker stop must not take the mount from under its clients."""
    container.start(init, """
        mkfifo up
        { read -r up <up; client write mnt/a/f 100000; ready; } &
        BY=exec nd a --writeback-cache -f >up""").wait_ready()
    end = container.kill(15).wait_end(4)
    assert end is not None and end.status == 0
    container.assert_nothing_left()
    container.assert_written("back/a/f", size=100000)
    assert before(container.log(), "RELEASE /f", "a DESTROY"), container.log()
    assert before(container.log(), "RELEASE /f", "a SIGTERM") or "a SIGTERM" not in container.log(), container.log()
