"""Everything that passed, in order: requests and answers, frames sent, states, faults that struck.

The newest entries are in memory; with `--state DIR` all are in files, rotated and bounded. Request
headers are not kept: they hold credentials.
"""

from collections import deque
from pathlib import Path
from typing import BinaryIO

import msgspec

ENTRIES_MOST = 50_000
FILE_BYTES_MOST = 64 * 2**20
FILES_MOST = 4


class Journal:
    """A bounded log with sequence numbers."""

    def __init__(self, directory: Path | None) -> None:
        self._entries: deque[dict[str, object]] = deque(maxlen=ENTRIES_MOST)
        self._path = directory / "journal.jsonl" if directory else None
        self._file: BinaryIO | None = None
        self.sequence = 0

    def write(self, kind: str, *, wall_us: int, market_us: int, fields: dict[str, object]) -> None:
        """Append an entry."""
        self.sequence += 1
        entry: dict[str, object] = {
            "seq": self.sequence,
            "kind": kind,
            "wall_us": wall_us,
            "market_us": market_us,
            **fields,
        }
        self._entries.append(entry)
        if self._path is not None:
            self._append(self._path, msgspec.json.encode(entry) + b"\n")

    def since(self, sequence: int, limit: int) -> list[dict[str, object]]:
        """Return up to `limit` entries after a sequence number, oldest first."""
        found = []
        for entry in self._entries:
            if int(str(entry["seq"])) > sequence:
                found.append(entry)
                if len(found) == limit:
                    break
        return found

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _append(self, path: Path, line: bytes) -> None:
        if self._file is None:
            self._file = path.open("ab")
        self._file.write(line)
        self._file.flush()
        if self._file.tell() > FILE_BYTES_MOST:
            self.close()
            for number in range(FILES_MOST - 1, 0, -1):
                older = path.with_suffix(f".{number}.jsonl")
                if older.exists():
                    older.replace(path.with_suffix(f".{number + 1}.jsonl"))
            path.replace(path.with_suffix(".1.jsonl"))
            path.with_suffix(f".{FILES_MOST}.jsonl").unlink(missing_ok=True)
