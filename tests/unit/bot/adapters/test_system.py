"""What the operating system says is read, never guessed."""

from pathlib import Path

from bot.adapters.system import Mount, SystemClock, memory_mb_max, mount_at

MOUNTS = """\
22 1 254:0 / / rw,relatime - ext4 /dev/vda rw
41 22 254:0 /var/volumes/a /app/data rw,relatime - ext4 /dev/vda rw
42 22 0:30 / /a\\040b rw - tmpfs none rw
"""


def test_only_a_mount_at_the_directory_itself_counts(tmp_path: Path) -> None:
    """A bind mount shares its device with the root: a path inside another mount proves nothing."""
    mounts = tmp_path / "mountinfo"
    mounts.write_text(MOUNTS, encoding="utf-8")
    assert mount_at(Path("/app/data"), mounts) == Mount("/app/data", "254:0")
    assert mount_at(Path("/a b"), mounts) == Mount("/a b", "0:30")
    assert mount_at(Path("/app/data/inside"), mounts) is None
    assert mount_at(Path("/app"), mounts) is None


def test_where_the_system_says_nothing_nothing_is_claimed(tmp_path: Path) -> None:
    assert mount_at(tmp_path, tmp_path / "none") is None
    assert memory_mb_max(tmp_path / "none") == 0


def test_time_and_memory_are_real() -> None:
    assert SystemClock().now_us() > 1_700_000_000_000_000
    assert 5 < memory_mb_max() < 100_000
