"""A kill from outside, with Railway's delays as documented: the book, the container, the proof.

python bench/outside.py [TIMES]     20 by default, about 15 s each
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.contract.railway_stand_in.railway import running  # noqa: E402 - the path first
from tests.e2e.watchdog.exchange import Exchange  # noqa: E402

TIMES = 20
LIMITS = {"first proof of 0 open orders": 3_000, "container EXITED": 10_000, "proved": 16_000}


def kill(environment: Mapping[str, str]) -> tuple[float, float, float]:
    """Kill once; return the three times in milliseconds."""
    done = subprocess.run(
        [sys.executable, "-m", "ops", "kill", "--from", "outside", "--json"],
        env=environment, cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    said = json.loads(done.stdout)
    container = said["container"]
    return said["venue"]["first_proof_ms"], container["exited_ms"], container["proved_ms"]


def main(given: list[str]) -> int:
    """Measure; a kill that is not proved ends it."""
    times, took = int(given[0]) if given else TIMES, []
    with Exchange() as exchange:
        for _ in range(times):
            # One after another in one account would be refused as made too quickly.
            with running("--delay-scale", "1", "--budget", "1000000") as railway:
                bot = railway.bot(volume=False, drainingSeconds=1)
                bot.up()
                exchange.place(1)
                given_to_it = {
                    "PATH": os.environ["PATH"],
                    **exchange.variables(),
                    "RAILWAY_API_URL": railway.hello["url"],
                    "RAILWAY_API_TOKEN": railway.hello["workspace_token"],
                    "RAILWAY_SERVICE_ID": bot.service,
                }
                took.append(kill(given_to_it))
                assert exchange.live() == []
    for (name, limit), column in zip(LIMITS.items(), zip(*took, strict=True), strict=True):
        seen = sorted(column)
        print(
            f"kill from outside, {name}: {times} times, p50 {seen[len(seen) // 2]:.0f} ms, "
            f"worst {seen[-1]:.0f} ms (limit {limit})"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
