"""A process that writes a ledger until it is killed, and says on its standard output what it did.

`python writing.py` reads lines `DIRECTORY SEED` from standard input; for each it forks a child
that appends a story for ever. The child's process id is the first line out, then one line
`acked SEQ HASH` for each append that returned. Forking keeps a cycle at some milliseconds.
"""

import asyncio
import os
import sys
from pathlib import Path

from bot.adapters.ledger.ledger import SqliteLedger
from bot.domain.entry import SessionStarted
from tests.contract.ledger.story import Story, started


def say(line: str) -> None:
    """Write a whole line at once, so that a kill cannot cut it."""
    os.write(1, f"{line}\n".encode())


async def write(directory: Path, seed: int) -> None:
    """Append windows of trading for ever, four appends in flight."""
    ledger = SqliteLedger.open(directory)
    head = ledger.head
    say(f"opened {head.seq} {head.hash}")
    teller = Story(seed, frame=head.stamp.frame, decisions=head.stamp.decisions)
    boots = sum(isinstance(r.entry, SessionStarted) for r in ledger.entries())
    await ledger.append([started(boots + 1)], teller.stamp())
    teller.cash = ledger.cash()
    number = seed * 100_000
    while True:
        batch = list(teller.window(number))
        number += 1
        for said in range(0, len(batch), 4):
            for done in asyncio.as_completed(
                [asyncio.ensure_future(ledger.append(*each)) for each in batch[said : said + 4]]
            ):
                head = await done
                say(f"acked {head.seq} {head.hash}")


def main() -> None:
    """Fork a writer for each line; wait for it to be killed."""
    for line in sys.stdin:
        directory, seed = line.split()
        child = os.fork()
        if child == 0:
            asyncio.run(write(Path(directory), int(seed)))
        say(f"child {child}")
        os.waitpid(child, 0)
        say("gone")


if __name__ == "__main__":
    main()
