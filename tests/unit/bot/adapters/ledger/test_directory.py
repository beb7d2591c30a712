"""One process has the data directory, and an unfit one is refused by one line."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.adapters.ledger.directory import DataDirectory, filesystem, require_local, require_room
from bot.domain.refusal import ExitCode, Refused

HOLD = """
import sys
from pathlib import Path
from bot.adapters.ledger.directory import DataDirectory
with DataDirectory.hold(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def mountinfo(point: Path, kind: str) -> str:
    return (
        "22 1 254:0 / / rw,relatime - ext4 /dev/root rw\n"
        f"99 22 0:50 / {str(point).replace(' ', chr(92) + '040')} rw shared:1 - {kind} host:/x rw\n"
    )


def write_for_ever(file: Path) -> None:
    with file.open("wb", buffering=0) as rest:
        while True:
            rest.write(b"x" * 4096)


def refusal(path: Path) -> str:
    with pytest.raises(Refused) as refused:
        DataDirectory.hold(path)
    assert refused.value.code == ExitCode.UNAVAILABLE
    line = str(refused.value)
    assert line.startswith("data directory ")
    assert "\n" not in line
    return line


def test_it_is_made_held_and_let_go(tmp_path: Path) -> None:
    path = tmp_path / "data"

    with DataDirectory.hold(path) as held:
        assert held.device == path.stat().st_dev
        assert (path / ".lock").read_text() == f"{os.getpid()}\n"
    with DataDirectory.hold(path):
        pass


def test_a_second_holder_is_refused_by_the_process_id(tmp_path: Path) -> None:
    """Also within one process: flock belongs to the open file."""
    with DataDirectory.hold(tmp_path):
        assert f"locked by process {os.getpid()}" in refusal(tmp_path)


def test_another_process_is_waited_for(tmp_path: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "held\n"
    assert f"locked by process {child.pid}" in refusal(tmp_path)
    child.kill()  # the lock goes with the process, however it ends

    with DataDirectory.hold(tmp_path, wait_s=10):
        pass
    child.communicate()


def test_a_missing_parent_is_refused(tmp_path: Path) -> None:
    assert "its parent" in refusal(tmp_path / "no" / "data")


def test_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")

    assert "is a file, not a directory" in refusal(tmp_path / "data")
    assert "is not a directory" in refusal(tmp_path / "data" / "deeper")


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")
def test_a_read_only_and_a_full_file_system_are_refused(tmp_path: Path) -> None:
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(tmp_path)],  # noqa: S607
        check=False,
        capture_output=True,
    )
    if mounted.returncode:
        pytest.skip(f"cannot mount here: {mounted.stderr.decode().strip()}")
    try:
        assert "KB free, needs 16384 KB" in refusal(tmp_path)
        with pytest.raises(OSError, match="No space left"):
            write_for_ever(tmp_path / "filled")
        (tmp_path / ".lock").unlink()
        assert "free" in refusal(tmp_path)
        subprocess.run(["mount", "-o", "remount,ro", str(tmp_path)], check=True)  # noqa: S607
        assert "read-only file system" in refusal(tmp_path)
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)  # noqa: S607


def test_a_nearly_full_disk_is_refused(tmp_path: Path) -> None:
    free = os.statvfs(tmp_path)

    with pytest.raises(Refused, match="grow the volume"):
        require_room(tmp_path, needed=free.f_blocks * free.f_frsize * 2)


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "fuse.sshfs", "ceph"])
def test_a_network_file_system_is_refused(tmp_path: Path, kind: str) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(mountinfo(tmp_path, kind))

    with pytest.raises(Refused, match=f"network file system \\({kind}\\)"):
        require_local(tmp_path, mounts)


def test_a_local_file_system_is_fit(tmp_path: Path) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(mountinfo(tmp_path, "ext4"))

    require_local(tmp_path, mounts)
    require_local(tmp_path, tmp_path / "no such file")


def test_the_longest_mount_point_counts() -> None:
    text = mountinfo(Path("/app/my data"), "nfs")

    assert filesystem(Path("/app/my data/x"), text) == "nfs"
    assert filesystem(Path("/app"), text) == "ext4"
    assert filesystem(Path("/app/my datas"), text) == "ext4"
    assert filesystem(Path("/x"), "not a mount line\n") == ""
