"""A real process that writes a ledger and is really ended; what it said until then."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

WRITING = Path(__file__).with_name("writing.py")


@dataclass
class Cycle:
    """What one writer said before it was ended."""

    opened: tuple[int, str]
    acked: dict[int, str] = field(default_factory=dict)


@dataclass
class Victim:
    """Starts writers, one at a time, and ends each after some acknowledged appends."""

    process: "subprocess.Popen[str]"

    def run(
        self, directory: Path, seed: int, acks: int, end: Callable[[int], None] | None = None
    ) -> Cycle:
        """Let a writer acknowledge some appends, end it (by SIGKILL if not said) and return."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{directory} {seed}\n")
        self.process.stdin.flush()
        child, cycle = 0, Cycle((-1, ""))
        while True:
            words = self.line()
            match words:
                case ["child", pid]:
                    child = int(pid)
                case ["opened", seq, link]:
                    cycle.opened = (int(seq), link)
                case ["acked", seq, link]:
                    cycle.acked[int(seq)] = link
                case ["gone"]:
                    return cycle
                case _:
                    raise AssertionError(f"the writer said {words}")
            if child and len(cycle.acked) >= acks:
                (end or kill)(child)
                acks = sys.maxsize

    def line(self) -> list[str]:
        """Return the words of the next line."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the writer ended by itself"
        return line.split()


def kill(child: int) -> None:
    """End a process at once."""
    os.kill(child, signal.SIGKILL)


@contextmanager
def a_victim() -> Iterator[Victim]:
    """Start the process that forks writers, and end it."""
    with subprocess.Popen(
        [sys.executable, str(WRITING)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield Victim(process)
        assert process.stdin is not None
        process.stdin.close()
