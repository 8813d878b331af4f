"""A containerd of the tests' own, and a client of its CRI: what a kubelet does, for one pod at a time."""
import json
import os
import shutil

import grpc

import cri_image
import cri_proto
import engine
import scenes
import waiting

REPOSITORY = "docker.io/library/fini-test"
IMAGES = {f"{REPOSITORY}:{name}": [f"/{name}", "--"] for name in ("fini", "tini")}
PAUSE = f"{REPOSITORY}:pause"

# No CNI: pods are in the host's network. The pause process may not have a lower OOM score than we have.
CONFIG = """
version = 2
root = "{directory}/root"
state = "{directory}/state"
[grpc]
  address = "{directory}/socket"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{pause}"
  restrict_oom_score_adj = true
  stream_server_address = "127.0.0.1"
  stream_server_port = "0"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "{directory}/cni"
    conf_dir = "{directory}/cni"
[plugins."io.containerd.internal.v1.opt"]
  path = "{directory}/opt"
"""


class Late(Exception):
    """The call did not return in time."""


class Cri:
    """One containerd."""

    def __init__(self):
        self.directory = engine.directory()
        self.group = engine.Group()
        self.cgroups = os.path.basename(self.directory)
        self._messages = cri_proto.module()
        with open(f"{self.directory}/config", "w") as file:
            file.write(CONFIG.format(directory=self.directory, pause=PAUSE))
        self._daemon = self.group.start(["containerd", "--config", f"{self.directory}/config"],
                                        f"{self.directory}/log")
        self._channel = grpc.insecure_channel(f"unix:{self.directory}/socket")
        waiting.until(self._answers, 30, f"up: {self.directory}/log")
        cri_image.archive(f"{self.directory}/images", {**IMAGES, PAUSE: ["/tini", "--", "/bin/sleep", "infinity"]})
        engine.check(engine.command("ctr", "-a", f"{self.directory}/socket", "-n", "k8s.io", "images", "import",
                                    f"{self.directory}/images"))
        for image in (*IMAGES, PAUSE):
            waiting.until(lambda: self._known(image), 10, f"known: {image}")

    def _answers(self):
        assert self._daemon.poll() is None, self.log()
        try:
            return self.call("Version", seconds=5)
        except grpc.RpcError:
            return False

    def _known(self, image):
        return self.call("ImageStatus", image={"image": image}).HasField("image")

    def log(self):
        with open(f"{self.directory}/log") as file:
            return file.read()

    def call(self, method, seconds=engine.ENDS, **fields):
        """Calls a method of the CRI. Late if it does not return in time."""
        request = getattr(self._messages, f"{method}Request")
        response = getattr(self._messages, f"{method}Response")
        service = "ImageService" if "Image" in method else "RuntimeService"
        call = self._channel.unary_unary(f"/runtime.v1.{service}/{method}",
                                         request_serializer=request.SerializeToString,
                                         response_deserializer=response.FromString)
        try:
            return call(request(**fields), timeout=seconds)
        except grpc.RpcError as failure:
            if failure.code() == grpc.StatusCode.DEADLINE_EXCEEDED:
                raise Late(f"{method} did not return within {seconds} s") from failure
            raise

    def end_pod(self, pod):
        """Again if need be: containerd may take a container that we have just released for a running one."""
        waiting.until(lambda: self._removed(pod), engine.ENDS, "removed")

    def _removed(self, pod):
        try:
            self.call("StopPodSandbox", pod_sandbox_id=pod)
            self.call("RemovePodSandbox", pod_sandbox_id=pod)
        except grpc.RpcError as failure:
            if failure.code() != grpc.StatusCode.UNKNOWN:
                raise
            return False
        return True

    def close(self):
        """Ends it. Returns what it left behind, in words."""
        left = []
        for pod in self.call("ListPodSandbox").items:
            left.append(f"pod {pod.metadata.name}")
            self.end_pod(pod.id)
        self._channel.close()
        engine.stop(self._daemon)
        left += self.group.close()
        left += engine.remove_cgroups(self.cgroups)
        engine.remove_directory(self.directory)
        return left


class Pod:
    """A pod, in the host's network. pid: CONTAINER, or POD for one PID namespace that all of it shares."""

    _made = 0

    def __init__(self, cri, watch, pid="CONTAINER"):
        Pod._made += 1
        self.cri, self._watch = cri, watch
        self.namespaces = {"network": "NODE", "pid": pid}
        self.directory = engine.directory()
        self._containers = []
        self.config = {
            "metadata": {"name": f"pod{Pod._made}", "uid": f"pod{Pod._made}", "namespace": "fini"},
            "log_directory": self.directory,
            "linux": {"cgroup_parent": f"/{cri.cgroups}",
                      "security_context": {"namespace_options": self.namespaces}}}
        self.id = cri.call("RunPodSandbox", config=self.config).pod_sandbox_id

    def container(self, init, scene):
        """Starts a container that runs the scene under that init, and waits until it is in place."""
        made = Container(self, self._watch, init, scene)
        self._containers.append(made)
        return made.start()

    def pid(self):
        """Of the pause process, on the host."""
        return self.info()["pid"]

    def info(self):
        return json.loads(self.cri.call("PodSandboxStatus", pod_sandbox_id=self.id, verbose=True).info["info"])

    def stop(self, seconds=engine.ENDS):
        self.cri.call("StopPodSandbox", seconds, pod_sandbox_id=self.id)

    def close(self):
        for container in self._containers:
            container.release()
        self.cri.end_pod(self.id)
        for container in self._containers:
            container.scratch.close()
        shutil.rmtree(self.directory)


class Container:
    """A container of a pod."""

    def __init__(self, pod, watch, init, scene):
        self._pod, self._cri, self._watch = pod, pod.cri, watch
        self.scratch = scenes.Scratch(scene)
        self.watched = None
        self._log = f"{len(os.listdir(pod.directory))}.log"
        security = {"capabilities": {"add_capabilities": ["SYS_ADMIN"]}, "namespace_options": pod.namespaces}
        if engine.apparmor():
            security["apparmor"] = {"profile_type": "Unconfined"}
        self.id = self._cri.call("CreateContainer", pod_sandbox_id=pod.id, sandbox_config=pod.config, config={
            "metadata": {"name": self._log},
            "image": {"image": f"{REPOSITORY}:{init}"},
            "args": self.scratch.main,
            "log_path": self._log,
            "mounts": [{"container_path": scenes.INSIDE, "host_path": self.scratch.path}],
            "devices": [{"container_path": "/dev/fuse", "host_path": "/dev/fuse", "permissions": "rwm"}],
            "linux": {"security_context": security}}).container_id

    def start(self):
        self._cri.call("StartContainer", container_id=self.id)
        self.scratch.wait_ready()
        self.watched = self._watch(self.pid())
        return self

    def _status(self):
        return self._cri.call("ContainerStatus", container_id=self.id, verbose=True)

    def pid(self):
        """Of its main process, on the host."""
        return json.loads(self._status().info["info"])["pid"]

    def status(self):
        """Its exit status; None while it runs."""
        status = self._status().status
        return status.exit_code if status.finished_at else None

    def log(self):
        with open(f"{self._pod.directory}/{self._log}") as file:
            return [line.split(" ", 3)[3] for line in file.read().splitlines()]

    def exec(self, *argv, seconds=engine.ENDS):
        """What a command in it says on standard output."""
        done = self._cri.call("ExecSync", seconds, container_id=self.id, cmd=argv, timeout=int(seconds))
        assert done.exit_code == 0, done
        return done.stdout.decode().strip()

    def stop(self, grace, seconds=engine.ENDS):
        """SIGTERM, and SIGKILL after so many seconds; at once if it is 0."""
        self._cri.call("StopContainer", seconds, container_id=self.id, timeout=grace)

    def release(self):
        if self.watched:
            self.watched.release()
