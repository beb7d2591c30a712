"""Cut the power of a small disk under a writing ledger, again and again, and say what was lost.

`python power.py FOLDER CYCLES`, as root, in a mount namespace of its own: another process that
copies a shared namespace would keep the dead file system alive. Prints one JSON object.

The writer is stopped before the cut: raced, ext4 returns success from an fdatasync that is in
flight and lost, which is no fault of the ledger.
"""

import fcntl
import json
import os
import random
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path

from bot.adapters.ledger import driver
from bot.adapters.ledger.ledger import SqliteLedger
from bot.adapters.ledger.proof.verify import verify
from tests.e2e.ledger.victim import a_victim

SHUTDOWN = 0x8004587D
"""EXT4_IOC_SHUTDOWN; its argument 2 is "no log flush". Source: linux fs/ext4/ext4.h."""
NO_LOG_FLUSH = 2
CANNOT = 77
"""Exit code: this machine cannot do it."""


class Disk:
    """A small ext4 of our own that can lose its power."""

    def __init__(self, folder: Path) -> None:
        self.image = folder / "disk.img"
        self.point = folder / "mounted"
        self.point.mkdir()
        with self.image.open("wb") as image:
            image.truncate(96 * 1024 * 1024)
        run("mkfs.ext4", "-q", "-F", str(self.image))
        self.mount()

    def mount(self) -> None:
        run("mount", "-o", "loop", str(self.image), str(self.point))

    def again(self) -> None:
        """Come back after the cut."""
        run("umount", str(self.point))
        self.mount()

    def cut(self, child: int) -> None:
        """Stop the writer, write a file without fsync, cut the power, end the writer."""
        os.kill(child, signal.SIGSTOP)
        while state_of(child) != "T":
            time.sleep(0.001)
        self.control.write_text("gone")
        handle = os.open(self.point, os.O_RDONLY)
        fcntl.ioctl(handle, SHUTDOWN, struct.pack("I", NO_LOG_FLUSH))
        os.close(handle)
        os.kill(child, signal.SIGKILL)

    @property
    def control(self) -> Path:
        """Return the file that must be gone, or no power was cut."""
        return self.point / "unsynced"


def run(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True)


def state_of(child: int) -> str:
    """Return the letter of a process's state."""
    return Path(f"/proc/{child}/stat").read_text().rsplit(")", 1)[1].split()[0]


def present(directory: Path) -> dict[int, str]:
    """Return the hash of every event on the disk, without the checks of a start."""
    file = directory / "poly.db"
    if not file.exists():
        return {}
    connection = driver.connect(driver.uri(file, "mode=rw"))
    try:
        return dict(connection.execute("SELECT seq, hash FROM trade_events"))
    except driver.OperationalError:  # no such table: all of it was lost
        return {}
    finally:
        connection.close()


def main(folder: Path, cycles: int) -> None:
    """Cut, count, and say."""
    try:
        disk = Disk(folder)
    except (subprocess.CalledProcessError, OSError) as error:
        sys.stderr.write(f"no loop device, no mkfs.ext4 or no right to mount: {error}\n")
        sys.exit(CANNOT)
    rng = random.Random(3)
    home = disk.point / "home"
    home.mkdir()
    known: dict[int, str] = {}
    lost: set[int] = set()
    controls_kept = 0
    with a_victim() as victim:
        for cycle in range(cycles):
            known |= victim.run(home, cycle + 1, acks=rng.randint(5, 60), end=disk.cut).acked
            disk.again()
            controls_kept += disk.control.exists()
            found = present(home)
            lost |= {seq for seq, link in known.items() if found.get(seq) != link}
    SqliteLedger.open(home, threaded=False).drop()
    said = {"cycles": cycles, "acked": len(known), "lost": len(lost)}
    said |= {"controls_kept": controls_kept, "whole": verify(home / "poly.db").ok}
    print(json.dumps(said))  # noqa: T201 - what it is for
    run("umount", str(disk.point))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
