"""The root filesystem as an archive of images for `ctr images import`."""
import hashlib
import io
import json
import platform
import tarfile

import rootfs

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def archive(path, entrypoints):
    """Writes an archive with one image for each of the names, which has that entrypoint."""
    rootfs.make()
    with open(rootfs.TAR, "rb") as file:
        layer = hashlib.file_digest(file, "sha256").hexdigest()
    with tarfile.open(path, "w") as tar:
        tar.add(rootfs.TAR, f"{layer}.tar")
        manifest = []
        for name, entrypoint in entrypoints.items():
            config = json.dumps({
                "architecture": ARCHITECTURES[platform.machine()], "os": "linux",
                "config": {"Entrypoint": entrypoint},
                "rootfs": {"type": "layers", "diff_ids": [f"sha256:{layer}"]}}).encode()
            config_name = hashlib.sha256(config).hexdigest() + ".json"
            _add(tar, config_name, config)
            manifest.append({"Config": config_name, "RepoTags": [name], "Layers": [f"{layer}.tar"]})
        _add(tar, "manifest.json", json.dumps(manifest).encode())


def _add(tar, name, data):
    entry = tarfile.TarInfo(name)
    entry.size = len(data)
    tar.addfile(entry, io.BytesIO(data))
