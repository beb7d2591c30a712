"""A watchdog as a process, with the tiny engine, in a folder of its own; bounded waits."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from bot.watchdog.desk import NoAnswer, ask

ROOT = Path(__file__).resolve().parents[3]
ENGINE = Path(__file__).with_name("engine.py")
WAIT_S = 60.0
POLL_S = 0.01
Row = dict[str, Any]


class Ground:
    """One watchdog and what it says."""

    def __init__(self, place: Path, environment: Mapping[str, str] = {}, *words: str) -> None:
        self.place = place
        self.said_file = place / "said.jsonl"
        self.environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "POLY_DATA_DIR": str(place),
            "POLY_MODE": "replay",
            "POLY_SILENCE_S": "1",
            **environment,
        }
        self.words = words
        self.wrapped: tuple[str, ...] = ()
        """What starts the watchdog, where something has to be made around it first."""
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, **more: str) -> Self:
        """Start a watchdog; what it says is added to the file."""
        command = [*self.wrapped, sys.executable, "-m", "bot.watchdog",
                   "--engine", sys.executable, str(ENGINE)]  # fmt: skip
        with self.said_file.open("ab") as said:
            self.process = subprocess.Popen(
                [*command, *self.words],
                env={**self.environment, **more},
                cwd=ROOT,
                stdout=said,
                stderr=said,
            )
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def order(self, text: str) -> None:
        """Have the engine do something."""
        new = self.place / "orders.new"
        new.write_text(text)
        new.rename(self.place / "orders")

    def said(self, event: str) -> list[Row]:
        lines = self.said_file.read_text().splitlines()
        rows = [json.loads(line) for line in lines if line.startswith("{")]
        return [row for row in rows if row["event"] == event]

    def boots(self) -> list[tuple[int, str]]:
        """Return (pid, halted or active) of every engine so far."""
        file = self.place / "boots"
        lines = file.read_text().splitlines() if file.exists() else []
        return [(int(line.split()[0]), line.split()[1]) for line in lines]

    def until(self, probe: Any, what: str) -> Any:
        deadline = time.monotonic() + WAIT_S
        while not (found := probe()):
            said = self.said_file.read_text() if self.said_file.exists() else ""
            assert time.monotonic() < deadline, f"{what} did not happen; said:\n{said[-3000:]}"
            time.sleep(POLL_S)
        return found

    def status(self) -> Row:
        try:
            (row,) = ask(self.place, {"ask": "status"}, first_s=5, whole_s=5)
        except NoAnswer:
            return {}
        return dict(row)

    def phase(self) -> str:
        engine = self.status().get("engine") or {}
        return str(engine.get("phase", ""))

    def trading(self) -> int:
        """Wait until the engine trades; return its pid."""
        self.until(lambda: self.phase() == "trading", "trading")
        return int(self.status()["engine"]["pid"])

    def halted(self) -> int:
        """Wait until an engine runs halted; return its pid."""
        self.until(lambda: self.phase() == "halted", "halted")
        return int(self.status()["engine"]["pid"])

    def final(self, count: int = 1) -> Row:
        """Wait for the end of the last of `count` trips; return its line."""
        rows: list[Row] = self.until(
            lambda: (r := self.said("kill.final")) and len(r) >= count and r, "the end of the trip"
        )
        return rows[-1]

    def latch(self) -> Row:
        found: Row = json.loads((self.place / "halt.latch").read_text())
        return found

    def snapshot(self) -> Row:
        found: Row = json.loads((self.place / "last-known-state.json").read_text())
        return found

    def ended(self) -> int:
        assert self.process is not None
        return self.process.wait(WAIT_S)


def alive(pid: int) -> bool:
    """Say whether a process runs; a zombie does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"
