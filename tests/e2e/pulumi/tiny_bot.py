"""Stands in for the bot where only its ledger's survival matters: events, a chain, two log lines.

First argument: where the ledger goes, `volume` (as the bot does) or `container` (lost with it).
"""

import hashlib
import json
import os
import signal
import sys
import time
from pathlib import Path
from types import FrameType

TICK_S = 0.05


def hash_up_to(rows: list[str], sequence: int) -> str:
    """Return the hash over the first events."""
    return hashlib.sha256("\n".join(rows[:sequence]).encode()).hexdigest()


def mount_point(folder: str) -> str | None:
    """Return the folder if it is a mount point of its own."""
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    return folder if any(line.split()[4] == folder for line in lines) else None


class TinyBot:
    """A ledger of one text file, and the lines `poly verify persistence` reads."""

    def __init__(self, where: str) -> None:
        self.folder = (
            os.environ["RAILWAY_VOLUME_MOUNT_PATH"] if where == "volume" else str(Path.cwd())
        )
        self.file = Path(self.folder) / "ledger.txt"
        self.rows = self.file.read_text().splitlines() if self.file.exists() else []
        self.deployment = os.environ["RAILWAY_DEPLOYMENT_ID"]
        self.boots = [json.loads(row) for row in self.rows if '"boot"' in row]

    def append(self, **event: object) -> None:
        """Write one event."""
        self.rows.append(json.dumps(event))
        with self.file.open("a") as file:
            file.write(self.rows[-1] + "\n")
            file.flush()
            os.fsync(file.fileno())

    def say(self, event: str, **fields: object) -> None:
        """Print one line of evidence."""
        print(json.dumps({"event": event, "message": event, "format": 1, **fields}), flush=True)  # noqa: T201

    def boot(self) -> None:
        """Write the marker row and say what was found."""
        before, last = len(self.rows), self.boots[-1] if self.boots else None
        number = last["boot"] + 1 if last else 1
        self.append(boot=number, deployment_id=self.deployment, sequence=before + 1)
        known = bool(last)
        self.say(
            "ledger.boot",
            boot=number,
            deployment_id=self.deployment,
            data_dir=self.folder,
            mount_point=mount_point(self.folder),
            device="0:0",
            integrity="ok",
            chain="ok",
            head_sequence=len(self.rows),
            content_hash=hash_up_to(self.rows, len(self.rows)),
            previous_boot=last["boot"] if last else None,
            previous_deployment_id=last["deployment_id"] if last else None,
            previous_sequence=before if known else None,
            previous_content_hash=hash_up_to(self.rows, before) if known else None,
            previous_boot_sequence=last["sequence"] if last else None,
            previous_boot_content_hash=hash_up_to(self.rows, last["sequence"]) if last else None,
        )
        self.number = number

    def stop(self, _signal: int, _frame: FrameType | None) -> None:
        """Say goodbye and end."""
        self.append(stopped=self.number)
        self.say(
            "ledger.stopped",
            boot=self.number,
            deployment_id=self.deployment,
            last_sequence=len(self.rows),
            content_hash=hash_up_to(self.rows, len(self.rows)),
        )
        sys.exit(0)

    def run(self) -> None:
        """Trade nothing, often."""
        signal.signal(signal.SIGTERM, self.stop)
        self.boot()
        for tick in range(100_000):
            self.append(tick=tick)
            time.sleep(TICK_S)


if __name__ == "__main__":
    TinyBot(sys.argv[1]).run()
