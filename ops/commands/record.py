"""`poly record`: write down what the venue says, without an engine, an account or a ledger.

It trades nothing. Without credentials there are no price frames, because the price socket asks for
them, and that is said.
"""

import asyncio
import os
import signal
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ops import place
from ops.report import as_json, emit, note, say

if TYPE_CHECKING:
    from bot.adapters.polymarket.feed.feed import LiveFeed
    from bot.adapters.polymarket.feed.place import Ground, Notice
    from bot.adapters.replay.recorder import Recorder

EPILOG = """\b
Example:
  poly record --series btc-15m,btc-5m --out recordings --for 3600

\b
Exit codes:
  0  stopped in order (SIGINT, SIGTERM, --for)
  2  a bad argument or variable
  4  the folder cannot be written to, or another process records there
  5  the venue cannot be reached, or refuses the credentials"""


@click.command(epilog=EPILOG)
@click.option("--series", default="", help="Comma-separated, as btc-15m; all of them if left out.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder; else recording in the data.")
@click.option("--for", "for_s", default=0.0, type=click.FloatRange(0), help="Seconds; 0: no end.")
@place.data_dir
@as_json
def command(
    series: str, out: Path | None, for_s: float, data_dir: str | None, *, as_json: bool
) -> None:
    """Record market data until stopped (format: docs/recording.md).

    Credentials are optional: POLYMARKET_ADDRESS, POLYMARKET_API_KEY, POLYMARKET_API_SECRET and
    POLYMARKET_PASSPHRASE add the prices that windows settle on.
    """
    from bot.adapters.replay.recorder import Recorder

    ground = _ground(series)
    folder = out or place.directory(data_dir) / "recording"
    tape = Recorder(folder, lambda event, detail: note(f"{event}: {detail}"))
    first = tape.frames
    try:
        events = asyncio.run(_record(ground, tape, for_s))
    finally:
        tape.close()
    document: dict[str, object] = {
        "ok": True,
        "folder": str(folder),
        "first_frame": first + 1,
        "frames": tape.frames - first,
        "events": events,
        "lost": tape.lost,
        "prices": ground.login is not None,
    }
    if as_json:
        emit(document)
        return
    say(f"{folder}: {tape.frames - first:,} frames from number {first + 1} on, {tape.lost} lost")
    if ground.login is None:
        say("price frames are missing: the price socket needs POLYMARKET_API_KEY and the rest")


def _ground(series: str) -> "Ground":
    from bot.adapters.polymarket.feed.place import (
        SERIES,
        Ground,
        read_clock,
        read_login,
        read_places,
    )
    from bot.adapters.polymarket.variable import read_proxy

    places = replace(read_places(os.environ), proxy=read_proxy(os.environ))
    wanted = tuple(one.strip() for one in series.split(",") if one.strip())
    return Ground(
        places,
        read_clock(os.environ, places, lambda: time.time_ns() // 1_000),
        _tell,
        wanted or SERIES,
        read_login(os.environ),
    )


def _tell(notice: "Notice") -> None:
    fields = " ".join(f"{name}={value}" for name, value in notice.fields.items())
    note(f"{notice.severity}: {notice.event} {fields}".rstrip())


async def _record(ground: "Ground", tape: "Recorder", for_s: float) -> int:
    """Listen until a signal or the end of the time; return how many events there were."""
    from bot.adapters.polymarket.feed.feed import LiveFeed
    from bot.domain.refusal import ExitCode, Refused
    from bot.ports import Temporary

    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if for_s:
        loop.call_later(for_s, stop.set)
    feed = LiveFeed(ground, tape)
    try:
        await feed.open()
    except Temporary as error:
        line = f"the venue cannot be reached: {error}; try again"
        raise Refused(line, ExitCode.OUTSIDE) from error
    counting = asyncio.create_task(_count(feed))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({counting, stopping}, return_when=asyncio.FIRST_COMPLETED)
    await feed.close()
    stopping.cancel()
    return await counting


async def _count(feed: "LiveFeed") -> int:
    events = 0
    async for batch in feed.batches(1):
        events += sum(1 for _ in batch)
        await asyncio.sleep(0)
    return events
