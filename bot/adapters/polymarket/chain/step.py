"""What is kept of an action on the chain: each step before the next, so that none is done twice.

A journal is anything that makes a step durable before it returns. The one here is a file of its
own, synced line by line; the ledger can take its place.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

import msgspec

from bot.domain.refusal import ExitCode, Refused

FILE_NAME: Final = "chain.jsonl"
BYTES_MAX: Final = 16 * 2**20


class Phase(StrEnum):
    """How far an action is; the last two are final."""

    PLANNED = "planned"
    """On disk, not sent: after a crash it may or may not have been."""
    UNANSWERED = "unanswered"
    """Sent, without an answer that says what became of it."""
    SUBMITTED = "submitted"
    """Taken, under a reference; not proved yet."""
    DONE = "done"
    """Balances or approvals on the chain prove it."""
    FAILED = "failed"
    """It did not happen, and will not under this nonce."""

    @property
    def final(self) -> bool:
        """Say whether nothing more is to be found out."""
        return self in {Phase.DONE, Phase.FAILED}


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One step of one action. `nonce` is the wallet's before it was sent."""

    action: str
    kind: str
    phase: Phase
    subjects: tuple[str, ...]
    """What it is about: token ids to redeem, or spenders to approve."""
    nonce: int
    reference: str = ""
    """The relayer's transaction id, or a transaction hash."""
    detail: str = ""


Journal = Callable[[Step], Awaitable[None]]
"""Makes a step durable; raises what it must, and then nothing more is done."""


@dataclass(frozen=True, slots=True)
class FileJournal:
    """Steps as JSON lines beside the ledger."""

    directory: Path

    @property
    def path(self) -> Path:
        """Return the file."""
        return self.directory / FILE_NAME

    async def __call__(self, step: Step) -> None:
        """Append a step and sync it to the disk."""
        await asyncio.to_thread(self._append, msgspec.json.encode(step) + b"\n")

    def _append(self, line: bytes) -> None:
        handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(handle, line)
            os.fsync(handle)
        finally:
            os.close(handle)

    def unfinished(self) -> tuple[Step, ...]:
        """Return the last step of every action that is not final, the oldest first.

        Raises:
            Refused: the file cannot be read; a torn last line is a step that was never taken.

        """
        try:
            raw = self.path.read_bytes() if self.path.exists() else b""
        except OSError as error:
            raise Refused(f"{self.path}: {error.strerror}", ExitCode.UNAVAILABLE) from error
        if len(raw) > BYTES_MAX:
            raise Refused(f"{self.path}: larger than {BYTES_MAX} bytes; move it away")
        last: dict[str, Step] = {}
        lines = raw.split(b"\n")
        for number, line in enumerate(lines[:-1], 1):
            try:
                step = msgspec.json.decode(line, type=Step)
            except msgspec.DecodeError as error:
                raise Refused(f"{self.path}: line {number}: {error}; restore the file") from error
            last[step.action] = step
        return tuple(step for step in last.values() if not step.phase.final)
