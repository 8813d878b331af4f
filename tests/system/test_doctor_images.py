"""A container that hangs in a filesystem whose image lies on FUSE: its threads wait for a disk, and the kernel for FUSE."""
import os

import pytest

from doctors import STUCK, assert_released, doctor, found
from inits import HANG
from test_images import HEALTHY

pytestmark = pytest.mark.skipif(not os.path.exists("/dev/loop-control"), reason="this kernel has no loop devices")

TRIES = 10  # most of them hang: where the server is the last one in its mount namespace


def hangs(containers):
    for _ in range(TRIES):
        container = containers()
        container.start("tini", HEALTHY).wait_ready()
        if container.finish().wait_end(HANG) is None:
            return container
    raise AssertionError(f"{TRIES} ended: this scene shows nothing")


def test_is_released(containers):
    container = hangs(containers)
    finding = found(container)
    assert finding["cause"] == "behind-fuse", finding
    # Other tests beside this one hang: several connections may be left over, and then the right one is named.
    ours = {connection.id for connection in container.connections}
    [number] = ours & {connection["id"] for connection in finding["connections"]}
    behind = {thread["behind"] for thread in finding["threads"] if thread["cause"] == "behind-fuse"}
    if 0 not in behind:  # 0: another loop device beside it is stuck as well
        assert "behind kworker" in doctor(*STUCK).stdout
    assert_released(container, f"--shared={number}")
