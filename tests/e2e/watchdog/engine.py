"""A tiny engine for the watchdog to run: it beats like the real one and misbehaves on demand.

It takes one order at a time from a file beside its data: hang, die CODE, trip CAUSE, mute.
"""

import os
import signal
import sys
import time
from pathlib import Path

from bot.watchdog.beat import Heart, Phase


def carry_out(order: str, heart: Heart) -> int | None:
    """Do what was ordered; return the code to end with, if so."""
    word, _, rest = order.partition(" ")
    if word == "hang":
        while True:
            pass
    if word == "trip":
        heart.trip(rest, "as ordered")
    return int(rest) if word == "die" else None


def main() -> int:
    place = Path(os.environ["POLY_DATA_DIR"])
    heart = Heart.inherited(os.environ.get("POLY_HEARTBEAT", ""))
    halted = bool(os.environ.get("POLY_HALT")) or (place / "halt.latch").exists()
    with (place / "boots").open("a") as boots:
        boots.write(f"{os.getpid()} {'halted' if halted else 'active'}\n")
    stopped: list[int] = []
    deaf = "deaf" in sys.argv
    signal.signal(signal.SIGTERM, lambda number, _: None if deaf else stopped.append(number))
    heart.beat(Phase.BOOT)
    if "dies" in sys.argv:
        return 9
    phase, frame, mute = Phase.HALTED if halted else Phase.TRADING, 0, False
    orders = place / "orders"
    while not stopped:
        frame += 1
        if not mute:
            heart.beat(phase, frame=frame, seq=frame)
        if orders.exists():
            order = orders.read_text()
            orders.unlink()
            code = carry_out(order, heart)
            if code is not None:
                return code
            mute = mute or order == "mute"
        time.sleep(0.02)
    heart.beat(Phase.STOPPING)
    return 0


if __name__ == "__main__":
    sys.exit(main())
