"""Faults against the whole bot in live mode: each alone, then mixtures by seed.

`python bench/campaign.py [MIXTURES [FIRST SEED]]` plays 500 mixtures by default and prints what was
different at the end of any: nothing, or it is a defect, and the seed repeats it. With `--write` it
plays each fault alone first and writes docs/faults.md: what struck, and what the bot did.
"""

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.simulation.live.campaign import (  # noqa: E402 - the path first
    AT_ONCE,
    Outcome,
    mixture,
    perform,
    together,
)
from tests.simulation.live.life import SPEED  # noqa: E402
from tests.simulation.live.plays import PLAYS, Play, When  # noqa: E402

NUMBERS = [int(one) for one in sys.argv[1:] if one.isdecimal()]
MIXTURES = NUMBERS[0] if NUMBERS else 500
FIRST = NUMBERS[1] if len(NUMBERS) > 1 else 1_000
PAGE = ROOT / "docs" / "faults.md"
DEEDS_MAX = 4
QUIET = (
    "ledger.", "order.open matched", "order.filled", "order.fill_confirmed", "session.ended",
    "orders.cleared", "trading.state active memory", "reconciliation.agreed", "capital.deposited",
    "order.rejected no-match:", "order.rejected mode: Trading is currently disabled", "chain.step",
    "redeem.done", "order.denied", "order.cancelled the remainder", "alert.sent", "front.",
    "reconciliation.asked a socket",
)  # fmt: skip
"""What is said in a day without a fault too."""
OWN = {"trading-disabled": "order.rejected mode: Trading", "refused-with-200": "order.rejected no"}
HEAD = f"""# What each fault came to

Made by `python bench/campaign.py 0 --write`: every fault of the stand-in exchange, alone, against
the whole bot in live mode (`python -m bot`, its own processes, {SPEED} times real time, call
timeout 1 s). After each, the ledger was compared with the venue's truth to the micro: orders,
fills, cash, tokens. "no difference" is that comparison; what the bot did is in its own words, from
its log, numbers taken out. `make test` plays all of this and 50 mixtures, `make bench` 500.

| fault | what the venue does | when | struck | orders, fills, voided | the bot | at the end |
|---|---|---|---:|---|---|---|
"""


def deeds(play: Play, done: Outcome) -> str:
    """Return what the bot said of it, the most telling first."""
    own = OWN.get(play.fault, "\0")
    told = [one for one in done.said if one.startswith(own) or not one.startswith(QUIET)]
    named = [one for one in told if play.names and Outcome.tells(play, one)]
    rest = [one for one in told if one not in named]
    if done.words:
        named.insert(0, done.words.strip().splitlines()[-1][:140])
    lines = [*named, *rest][:DEEDS_MAX]
    return "; ".join(f"`{one.replace('|', '/')[:110]}`" for one in lines) or "nothing to be said"


def row(play: Play, does: str, done: Outcome | BaseException) -> str:
    """Return a row of the table."""
    if not isinstance(done, Outcome):
        return f"| {play.fault} | {does} | {play.when} | | | {done} | not played |\n"
    end = "; ".join(done.differences) or "no difference"
    if play.when is When.REFUSED:
        end = f"refused, exit {done.code}, no order"
    counts = f"{done.orders}, {done.fills}, {done.voided}"
    struck = done.faults.get(play.fault, 0)
    return (
        f"| `{play.fault}` | {does.replace('|', '/')} | {play.when} | {struck} | {counts} "
        f"| {deeds(play, done)} | {end} |\n"
    )


def write(folder: Path) -> int:
    """Play each fault alone and write the page; return how many left a difference."""
    command = [sys.executable, "-m", "sandbox.polymarket", "--list-faults"]
    listed = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    does = {one["name"]: one["does"] for one in listed}
    done = together({p.fault: partial(perform, p, folder / p.fault) for p in PLAYS})
    rows = [row(play, does[play.fault], done[play.fault]) for play in PLAYS]
    PAGE.write_text(HEAD + "".join(rows), encoding="utf-8")
    bad = [p for p in PLAYS if not _clean(done[p.fault])]
    print(f"faults_alone: {len(PLAYS)}, with a difference: {len(bad)} (limit 0)")
    for play in bad:
        print(f"  {play.fault}: {done[play.fault]}")
    return len(bad)


def _clean(done: Outcome | BaseException) -> bool:
    return isinstance(done, Outcome) and not done.differences


def one(seed: int, folder: Path) -> Outcome:
    """Play a mixture and leave nothing behind where nothing was wrong."""
    done = mixture(seed, folder)
    if not done.differences:
        shutil.rmtree(folder, ignore_errors=True)
    return done


def mixtures(folder: Path) -> int:
    """Play the mixtures and print the figures; return how many left a difference."""
    began = time.monotonic()
    seeds = range(FIRST, FIRST + MIXTURES)
    done = together({str(seed): partial(one, seed, folder / str(seed)) for seed in seeds})
    struck: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    bad = {seed: came for seed, came in done.items() if not _clean(came)}
    for came in done.values():
        if isinstance(came, Outcome):
            struck.update(came.faults)
            counts.update(
                orders=came.orders, fills=came.fills, voided=came.voided, boots=came.boots,
                unknown=came.unknown,
            )  # fmt: skip
    print(f"mixtures: {len(done)}, with a difference: {len(bad)} (limit 0)")
    print(f"strikes: {struck.total()} of {len(struck)} kinds")
    print(", ".join(f"{name}: {count}" for name, count in counts.items()))
    took = time.monotonic() - began
    print(f"seconds_per_life: {took / max(len(done), 1):.1f} ({AT_ONCE} at once)")
    for seed, came in bad.items():
        faults = dict(came.faults) if isinstance(came, Outcome) else {}
        what = came.differences if isinstance(came, Outcome) else came
        print(f"  seed {seed}: {what} {faults}")
    return len(bad)


def main() -> int:
    """Play, and print."""
    folder = Path(tempfile.mkdtemp(prefix="campaign-"))
    bad = write(folder) if "--write" in sys.argv else 0
    if MIXTURES:
        bad += mixtures(folder)
    if bad:
        print(f"kept: {folder}")
    else:
        shutil.rmtree(folder, ignore_errors=True)
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
