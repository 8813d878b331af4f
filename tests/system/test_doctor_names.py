"""What fini-doctor release is told to release: names and numbers, and what it says of those that mean nothing."""
import pytest

import waiting
from doctors import SOON, STUCK, Host, doctor, found, hang, inside
from hangs import HOLDER


def refused(*words):
    """Its sentence."""
    done = doctor("release", *words)
    assert done.returncode == 1 and done.stderr.startswith("fini-doctor: not released: "), done
    return done.stderr


def test_every_number_of_the_report_names_it(container):
    hang(container, HOLDER)
    threads = found(container)["threads"]
    numbers = {str(thread[which]) for thread in threads for which in ("pid", "tid")}
    assert len(numbers) >= 2, threads
    for number in numbers:
        done = doctor("release", *STUCK, "--dry-run", number)
        assert done.returncode == 0 and done.stderr.count("would abort connection=") == 1, (number, done)
        assert f"pid={container.pid} " in done.stderr, done
    done = doctor("release", *STUCK, "--dry-run", f"/{container.pid}")
    assert done.returncode == 0 and "would abort connection=" in done.stderr, done


@pytest.mark.parametrize("name", ["", "/"])
def test_an_empty_name_is_none(name):
    done = doctor("release", "--stuck=1h", name)
    assert done.returncode == 2 and "an empty name" in done.stderr, done


def test_what_has_not_hung_for_long_enough(container):
    hang(container, HOLDER)
    text = refused("--stuck=2m", str(container.pid))
    assert f"'{container.pid}' does not end, but not for as long as --stuck says, 2 min 0 s: " in text, text


def test_a_process_that_does_not_hang(container):
    container.start("tini", "nd a; client hold mnt/a/f\nfinish").wait_ready()
    assert f"process {container.pid} does not hang" in refused(*STUCK, str(container.pid))


def test_what_to_choose_from(container):
    """It is a host of its own: nothing else hangs."""
    host = Host(container, "a", "b")
    host.hang("a")
    for names in "seed", "4194304":
        done = host.doctor("release", *STUCK, names)
        assert done.returncode == 1 and f"nothing that hangs is called '{names}'" in done.stderr, done
        [finding] = host.look()
        inner = finding["namespace"]
        assert f"what hangs: pid:[{inner['id']}], pid {inner['init']}\n" in done.stderr, done
        assert done.stderr.count("what hangs") == 1, done


def test_what_hangs_and_is_not_meant(container):
    """A task hangs in a container that lives. Who names nothing, or a wrong connection, is not told that all is well."""
    container.start("tini", HOLDER + "; kill -KILL $(cat a.pid)\nfinish").wait_ready()
    [connection] = container.connections
    waiting.until(lambda: inside(container, *STUCK).returncode == 1, 5, "stuck for long enough")
    for words in [], ["--dry-run"], ["--shared=999999"]:
        done = inside(container, "release", *STUCK, *words)
        assert done.returncode == 1 and "not released: " in done.stderr, done
        assert done.stderr.count("what hangs: ") == 1 and "nothing is stuck" not in done.stderr, done
    assert connection.waiting() > 0, "it was released"
    assert inside(container, "release", *STUCK, f"--shared={connection.id}").returncode == 0
    waiting.until(lambda: not container.stuck(), SOON, "released")
    done = inside(container, "release", *STUCK)
    assert done.returncode == 0 and "nothing is stuck" in done.stderr, done
