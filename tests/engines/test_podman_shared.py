"""Pods whose containers share a PID namespace: fini is not PID 1 there. It ends what it started, and nobody else."""
import pytest

import engine
import podman as tests_podman
import procfs
import scenes
import waiting

pytest_plugins = ["podman_fixtures"]

KUBE = """
apiVersion: v1
kind: Pod
metadata:
  name: kube
spec:
  shareProcessNamespace: true
  restartPolicy: Never
  containers:
{containers}
  volumes:
  - name: fuse
    hostPath: {{path: /dev/fuse, type: CharDevice}}
{volumes}
"""
CONTAINER = """
  - name: {name}
    image: localhost/{image}
    command: {command}
    securityContext: {{capabilities: {{add: [SYS_ADMIN]}}}}
    volumeMounts:
    - {{name: {name}, mountPath: /scratch}}
    - {{name: fuse, mountPath: /dev/fuse}}
"""
VOLUME = """
  - name: {name}
    hostPath: {{path: {path}}}
"""


class Neighbours:
    """A witness and fini, or another init, in one PID namespace whose PID 1 is the pod's own."""

    def __init__(self, podman, witness, guest, scratch, watched):
        self._podman, self.guest, self._witness, self._scratch = podman, guest, witness, scratch
        self.watched = watched
        self.init = podman.pid(guest)
        [first] = [pid for pid in watched.processes() if procfs.inner_pid(pid) == 1]
        assert procfs.comm(first) == "catatonit"  # podman's own, in every pod
        self._others = {first, podman.pid(witness), *procfs.children(podman.pid(witness))}
        assert self.init not in self._others and len(self._others) == 3

    def left(self):
        """What is alive but for PID 1 and the witness."""
        return set(self.watched.processes()) - self._others

    def assert_ended(self, status, connections):
        """fini's container has ended with that status and left nothing; the others have noticed nothing."""
        if status is not None:
            assert self._podman.wait(self.guest) == status
        waiting.until(lambda: not self.left(), 2, "gone")
        waiting.until(lambda: not any(connection.exists() for connection in connections), 2, "gone")
        assert set(self.watched.processes()) == self._others
        assert self._scratch.signals() == []
        assert engine.check(self._podman.exec(self._witness, "/bin/echo", "works")) == "works"


@pytest.fixture
def pod(podman):
    engine.check(podman("pod", "create", "--name", "pod", "--share", "pid", *podman.options()))
    yield "pod"
    podman("pod", "rm", "-f", "-t", "0", "pod")


@pytest.fixture
def neighbours(podman, pod, boxes):
    def start(init, scene, *options):
        witness = boxes(podman, tests_podman.IMAGE, scenes.WITNESS, "--pod", pod)
        guest = boxes(podman, f"{tests_podman.IMAGE}:{init}", scene, "--pod", pod, *options)
        made = Neighbours(podman, witness.name, guest.name, witness.scratch, guest.watched)
        made.finish = guest.scratch.finish
        made.assert_written = guest.scratch.assert_written
        return made
    return start


def finish(podman, pair, **how):
    pair.finish(7)
    return 7


def stop(podman, pair, **how):
    podman.stop(pair.guest, **how)
    return 143


def kill(podman, pair, **how):
    podman.kill(pair.guest, **how)
    return 137


def remove(podman, pair, **how):
    podman.remove(pair.guest, **how)


each_end = pytest.mark.parametrize("end", [finish, stop, kill, remove],
                                   ids=["main exits", "podman stop", "podman kill", "podman rm -f"])


@each_end
def test_pod(podman, neighbours, end):
    pair = neighbours("fini", scenes.SEED)
    [server] = [pid for pid in pair.left() if procfs.comm(pid) == "ndrive"]
    assert server in procfs.children(pair.init), "a daemon of its own must come to fini, the subreaper"
    pair.watched.await_guardian()
    pair.assert_ended(end(podman, pair), pair.watched.connections)


def test_dirty_data_arrives(podman, neighbours):
    pair = neighbours("fini", scenes.DIRTY)
    pair.watched.await_guardian()
    pair.assert_ended(kill(podman, pair), pair.watched.connections)
    pair.assert_written()


@each_end
@pytest.mark.parametrize("podman", ["rootful"], indirect=True)  # without cgroups nobody kills what is left: it lives on
def test_control_hangs(podman, neighbours, end):
    """The other init exits, and crun kills what is left in the container's cgroup: the server sticks in its exit."""
    pair = neighbours("tini", scenes.SEED, "-e", "TINI_SUBREAPER=1")
    end(podman, pair, seconds=engine.HANG)
    with pytest.raises(waiting.Late):
        waiting.until(lambda: not pair.left(), engine.HANG, "gone")
    assert pair.watched.stuck()
    assert pair.watched.release(), "it ended without an abort: this was no hang"


@pytest.fixture
def kube(rootless, watch):
    """podman kube play. Rootless: of root it would keep /dev/fuse from its containers, by the devices cgroup."""
    made = {"witness": scenes.Scratch(scenes.WITNESS), "guest": scenes.Scratch(scenes.SEED)}
    commands = {"witness": scenes.Scratch.main, "guest": ["/fini", "--", *scenes.Scratch.main]}
    for scratch in made.values():
        engine.check(engine.command("chown", "-R", f"{rootless.uid}:{rootless.uid}", scratch.path))
    path = f"{rootless.directory}/kube.yaml"
    with open(path, "w") as file:
        file.write(KUBE.format(
            containers="".join(CONTAINER.format(name=name, image=tests_podman.IMAGE, command=commands[name])
                               for name in made),
            volumes="".join(VOLUME.format(name=name, path=scratch.path) for name, scratch in made.items())))
    try:
        engine.check(rootless("kube", "play", "--network", "none", path))
        for scratch in made.values():
            scratch.wait_ready()
        pair = Neighbours(rootless, "kube-witness", "kube-guest", made["witness"], watch(rootless.pid("kube-guest")))
        pair.finish = made["guest"].finish
        yield pair
        pair.watched.release()
    finally:
        rootless("pod", "rm", "-f", "-t", "0", "kube")
        for scratch in made.values():
            scratch.close()


@each_end
def test_kube_play(rootless, kube, end):
    """shareProcessNamespace: true."""
    kube.watched.await_guardian()
    kube.assert_ended(end(rootless, kube), kube.watched.connections)
