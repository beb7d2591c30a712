"""Where the steps of actions on the chain go, and what an older program has left of them.

A journal is anything that makes a step durable before it returns: the ledger. Older programs kept a
file of their own, `chain.jsonl`; what is unfinished there is taken over once.
"""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import msgspec

from bot.domain.fill import ChainStep
from bot.domain.refusal import ExitCode, Refused

FILE_NAME: Final = "chain.jsonl"
MOVED: Final = "chain.jsonl.moved"
BYTES_MAX: Final = 16 * 2**20

Journal = Callable[[ChainStep], Awaitable[object]]
"""Makes a step durable; raises what it must, and then nothing more is done."""


def left_over(directory: Path) -> tuple[ChainStep, ...]:
    """Return the last step of every unfinished action in an older program's file, oldest first.

    Raises:
        Refused: the file cannot be read; a torn last line is a step that was never taken.

    """
    file = directory / FILE_NAME
    try:
        raw = file.read_bytes() if file.exists() else b""
    except OSError as error:
        raise Refused(f"{file}: {error.strerror}", ExitCode.UNAVAILABLE) from error
    if len(raw) > BYTES_MAX:
        raise Refused(f"{file}: larger than {BYTES_MAX} bytes; move it away")
    last: dict[str, ChainStep] = {}
    for number, line in enumerate(raw.split(b"\n")[:-1], 1):
        try:
            step = msgspec.json.decode(line, type=ChainStep)
        except (msgspec.MsgspecError, TypeError) as error:
            raise Refused(f"{file}: line {number}: {error}; restore the file") from error
        last[step.action] = step
    return tuple(step for step in last.values() if not step.phase.final)


async def take_over(directory: Path, journal: Journal) -> None:
    """Put what an older program left unfinished into the journal, and its file aside; once.

    Raises:
        Refused: as `left_over`.

    """
    file = directory / FILE_NAME
    for step in left_over(directory):
        await journal(step)
    if file.exists():
        file.replace(directory / MOVED)
