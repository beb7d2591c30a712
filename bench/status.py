"""How long `poly status` takes as a process, against the interpreter alone; limit 0.2 s."""

import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from bot.adapters.ledger.ledger import SqliteLedger

RUNS = 15
LIMIT_S = 0.2


def seconds(command: Sequence[str]) -> float:
    """Return the median of some runs, after one to warm the caches."""
    took = []
    for _ in range(RUNS + 1):
        began = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        took.append(time.perf_counter() - began)
    return statistics.median(took[1:])


async def make(folder: Path) -> None:
    """Make an empty ledger."""
    await SqliteLedger.open(folder, threaded=False).close()


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(make(Path(folder)))
        bare = seconds([sys.executable, "-c", "pass"])
        status = seconds([sys.executable, "-m", "ops", "status", "--data-dir", folder])
    print(f"poly status: {status:.3f} s (limit {LIMIT_S}), {status / bare:.1f} x python itself")


if __name__ == "__main__":
    main()
