"""How fast a day is replayed: price changes without orders, and the demo's day with its memory.

The first figure is compared with reading and splitting the same file and nothing else.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from bot.adapters.replay.importer import imported_resolvedkit  # noqa: E402 - as below
from tests.simulation.day import SECOND, START_S, Window  # noqa: E402 - needs the path above

FRAMES = 300_000
DAY_S = 240
STRATEGY = ROOT / "strategies" / "late_favourite.toml"


def changes(file: Path) -> None:
    """Write one window and `FRAMES` price_change frames of two changes each."""
    window = Window(0, random.Random(1))
    dice = random.Random(2)
    rows = [line(START_S, "gamma", window.gamma())]
    for outcome in ("down", "up"):
        book = {
            "event_type": "book", "asset_id": window.token(outcome), "market": window.market_id,
            "bids": [level(cents, 10_000) for cents in range(20, 48)],
            "asks": [level(cents, 10_000) for cents in range(80, 52, -1)],
            "timestamp": "1", "hash": "",
        }  # fmt: skip
        rows.append(line(START_S, "market", [book]))
    up, down = window.token("up"), window.token("down")
    for number in range(FRAMES):
        cents, size = dice.randint(30, 47), dice.randint(100, 99_999)
        change = {
            "event_type": "price_change", "market": window.market_id,
            "price_changes": [
                {"asset_id": up, **level(cents, size), "side": "BUY", "hash": "5662" * 10,
                 "best_bid": "0.47", "best_ask": "0.53"},
                {"asset_id": down, **level(100 - cents, size), "side": "SELL", "hash": "5662" * 10,
                 "best_bid": "0.47", "best_ask": "0.53"},
            ],
            "timestamp": str(START_S * 1_000),
        }  # fmt: skip
        rows.append(line(START_S + number * DAY_S / FRAMES, "market", change))
    file.write_text("\n".join(rows) + "\n", encoding="utf-8")


def line(at_s: float, stream: str, frame: object) -> str:
    whole = {"at_us": int(at_s * SECOND), "stream": stream, "frame": frame}
    return json.dumps(whole, separators=(",", ":"))


def level(cents: int, size: int) -> dict[str, str]:
    return {"price": f"0.{cents:02d}", "size": f"{size / 100:.2f}"}


def engine(recording: str, strategy: Path, directory: Path) -> dict[str, object]:
    """Run the engine on a recording and return its last line."""
    environment = {
        "PATH": os.environ["PATH"],
        "POLY_RECORDING": recording,
        "POLY_STRATEGY": str(strategy),
        "POLY_DATA_DIR": str(directory),
    }
    done = subprocess.run(
        [sys.executable, "-m", "bot"], env=environment, cwd=ROOT, capture_output=True, check=True
    )
    last: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return last


def main() -> None:
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        recording = folder / "changes.jsonl"
        changes(recording)
        began = time.perf_counter()
        lines = sum(1 for _ in recording.read_bytes().split(b"\n"))
        plain_s = time.perf_counter() - began
        five = folder / "five.toml"
        five.write_text(STRATEGY.read_text(encoding="utf-8").replace("btc-15m", "btc-5m"))
        speed = float(str(engine(str(recording), five, folder / "a")["frames_per_s"]))
        print(f"price_change frames a second, no orders: {speed:,.0f} (at least 50,000)")
        print(f"  of reading and splitting the same lines: 1/{lines / plain_s / speed:.0f}")
        imported_resolvedkit(folder)
        [day] = folder.glob("resolvedkit*")
        demo = engine(str(day), STRATEGY, folder / "b")
        print(f"frames a second of the demo's day (whole books): {demo['frames_per_s']:,}")
        print(f"memory of the engine during it: {demo['memory_mb']} MB (at most 160)")


if __name__ == "__main__":
    main()
