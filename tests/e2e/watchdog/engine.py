"""A tiny engine for the watchdog to run: it beats like the real one and misbehaves on demand.

It takes one order at a time from a file beside its data: hang, hold, eat, die CODE, trip CAUSE,
mute. Started with `lingers PHASE` it stays in that phase of its start until a file `go` is there.
"""

import itertools
import os
import resource
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
    if word == "hold":
        sum(itertools.repeat(0))  # one endless call in C: no byte code runs, no signal is handled
    if word == "eat":
        eat()
    if word == "trip":
        heart.trip(rest, "as ordered")
    return int(rest) if word == "die" else None


def eat() -> None:
    """Run out of memory, as a container without any would."""
    resource.setrlimit(resource.RLIMIT_AS, (256 << 20, 256 << 20))
    eaten = [bytes(1 << 20)]
    while True:
        eaten.append(bytes(1 << 20))


def linger(heart: Heart, place: Path) -> None:
    """Beat in one phase of the start until told to go on."""
    while not (place / "go").exists():
        heart.beat(Phase(sys.argv[sys.argv.index("lingers") + 1]))
        time.sleep(0.02)


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
    if "lingers" in sys.argv:
        linger(heart, place)
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
