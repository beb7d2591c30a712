"""The 18 settled windows of the package resolvedkit as a recording, and what had to be made up.

The package has snapshots of 20 levels about once a second. They become what the market socket
would have sent: first whole books, then `price_change` frames with what differs, books again where
much does; both outcomes of one instant in one frame, Down first. Data: Resolved Markets, CC BY 4.0;
none of it is in our files.
"""

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Final

import msgspec

from bot.adapters.replay.recording import open_recording
from bot.adapters.replay.sample import Sample, SampleMarket, Snapshot, load
from bot.adapters.replay.writer import RecordingWriter
from bot.domain.money import MICROS, format_micros
from bot.domain.refusal import ExitCode, Refused

FORMAT: Final = 1
"""Raised with any change of what the import writes, so that a kept file is not taken for it."""
ATTRIBUTION: Final = (
    "Order books and outcomes: Resolved Markets (resolvedmarkets.com), from the Python package "
    "resolvedkit 0.1.0, licensed CC BY 4.0; changed: laid out as a recording of poly."
)
MADE_UP: Final = (
    "token ids: SHA-256 of market id and outcome, as decimal numbers",
    "Gamma market objects, just before a market's first book: version v1, tick 0.01, size from 5",
    "fee 0.07 x shares x p(1-p), takers only",
    "receive times: the snapshot's own time; Down before Up where both have the same",
    "price_change frames: what differs from the snapshot before; a level that left the 20 is gone",
    "whole books instead: where half of the levels differ or more, in and after a crossed snapshot",
    "tick_size_change to 0.001 just before a token's first price off the 0.01 grid",
    "closing Gamma object: the package's payout, at the window's end or the last snapshot after it",
    "not there at all: trades, prices of the settlement feed, hashes of books",
)
COARSE_TICK: Final = "0.01"
FINE_TICK: Final = "0.001"
CHANGES_MAX: Final = 24
"""Of one token at one time, a changed size counted twice; a whole book of 40 levels is about as
long. The vendor as well sends books again now and then, and a reader that lost a frame is whole
again with the next."""

Progress = Callable[[int, int], None]
"""Told (snapshots done, snapshots in all)."""


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import read, wrote and made up."""

    path: Path
    windows: int
    snapshots: int
    frames: int
    books: int
    price_changes: int
    tick_changes: int
    off_grid: int
    """Snapshots with a price off the 0.01 grid."""
    crossed: int
    """Snapshots whose best bid is not below their best ask."""
    sizes_rounded: int
    """Sizes with more than 6 decimals (sums of binary fractions), rounded to 6."""
    first_us: int
    last_us: int
    sha256: str
    made_up: tuple[str, ...] = MADE_UP
    attribution: str = ATTRIBUTION


def import_resolvedkit(out: Path, progress: Progress | None = None) -> ImportReport:
    """Write the package's windows as a recording to `out`, zstd if its name ends so.

    Raises:
        Refused: the package is not installed, or `out` exists or cannot be written.

    """
    if out.exists():
        raise Refused(f"{out} exists: name a new file, a recording is never changed")
    part = out.with_name(f".{os.getpid()}.part.{out.name}")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        part.unlink(missing_ok=True)
        sample = load()
        with RecordingWriter(part) as writer:
            tally = _Import(sample, writer).run(progress or (lambda _, __: None))
        written = open_recording(part)
        part.rename(out)
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise Refused(f"{out} cannot be written ({why})", ExitCode.UNAVAILABLE) from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
    counted = {each.name: getattr(tally, each.name) for each in fields(tally)}
    return ImportReport(
        path=out,
        windows=len(sample.markets),
        snapshots=len(sample.snapshots),
        frames=written.frames,
        sizes_rounded=sample.sizes_rounded,
        first_us=written.first_us,
        last_us=written.last_us,
        sha256=written.sha256,
        **counted,
    )


def imported_resolvedkit(folder: Path, progress: Progress | None = None) -> Path:
    """Return the imported recording in `folder`, importing it first if it is not there.

    Raises:
        Refused: as `import_resolvedkit`.

    """
    kept = folder / f"resolvedkit-0.1.0-{FORMAT}.jsonl.zst"
    if not kept.exists():
        import_resolvedkit(kept, progress)
    return kept


@dataclass(slots=True)
class _Tally:
    """Counts for the report, by its field names."""

    books: int = 0
    price_changes: int = 0
    tick_changes: int = 0
    off_grid: int = 0
    crossed: int = 0


class _Import:
    """One pass over the snapshots, writing what the vendor would have sent."""

    def __init__(self, sample: Sample, writer: RecordingWriter) -> None:
        self._sample = sample
        self._writer = writer
        self._tally = _Tally()
        self._before: dict[str, Snapshot] = {}
        self._fine: set[str] = set()
        last = {each.market_id: each.at_us for each in sample.snapshots}
        self._closings = sorted(
            (max(market.end_us, last.get(market.market_id, 0)), place, market)
            for place, market in enumerate(sample.markets.values())
        )

    def run(self, progress: Progress) -> _Tally:
        listed: set[str] = set()
        done, total = 0, len(self._sample.snapshots)
        together = groupby(self._sample.snapshots, key=lambda each: (each.at_us, each.market_id))
        for (at_us, market_id), group in together:
            self._close(before_us=at_us)
            market = self._sample.markets[market_id]
            if market_id not in listed:
                listed.add(market_id)
                self._write("gamma", at_us, gamma_market(market, closed=False))
            snapshots = tuple(group)
            self._at_one_time(market, snapshots)
            done += len(snapshots)
            progress(done, total)
        self._close(before_us=None)
        return self._tally

    def _close(self, before_us: int | None) -> None:
        while self._closings and (before_us is None or self._closings[0][0] < before_us):
            at_us, _, market = self._closings.pop(0)
            self._write("gamma", at_us, gamma_market(market, closed=True))

    def _at_one_time(self, market: SampleMarket, snapshots: Sequence[Snapshot]) -> None:
        self._tally.off_grid += sum(each.off_grid for each in snapshots)
        self._tally.crossed += sum(each.crossed for each in snapshots)
        for snapshot in snapshots:
            self._regrid(market, snapshot)
        changes: list[dict[str, str]] = []
        whole = False
        for snapshot in snapshots:
            token = market.token(snapshot.outcome)
            before = self._before.get(token)
            self._before[token] = snapshot
            if before is None or before.crossed or snapshot.crossed:
                whole = True
                continue
            if whole := whole or _distance(before, snapshot) > CHANGES_MAX:
                continue
            changes += _changes(token, before, snapshot)
        at_us = snapshots[0].at_us
        if whole:
            self._tally.books += len(snapshots)
            books = [self._book(market, snapshot) for snapshot in snapshots]
            self._write("market", at_us, books if len(books) > 1 else books[0])
        elif changes:
            self._tally.price_changes += 1
            self._write("market", at_us, _price_change(market, changes, at_us))

    def _book(self, market: SampleMarket, snapshot: Snapshot) -> dict[str, object]:
        fine = market.token(snapshot.outcome) in self._fine
        return _book(market, snapshot, FINE_TICK if fine else COARSE_TICK)

    def _regrid(self, market: SampleMarket, snapshot: Snapshot) -> None:
        token = market.token(snapshot.outcome)
        if not snapshot.off_grid or token in self._fine:
            return
        self._fine.add(token)
        self._tally.tick_changes += 1
        frame = {
            "event_type": "tick_size_change",
            "asset_id": token,
            "market": market.market_id,
            "old_tick_size": COARSE_TICK,
            "new_tick_size": FINE_TICK,
            "timestamp": _milliseconds(snapshot.at_us),
        }
        self._write("market", snapshot.at_us, frame)

    def _write(self, stream: str, at_us: int, frame: object) -> None:
        self._writer.write(at_us, stream, msgspec.json.encode(frame))


def gamma_market(market: SampleMarket, *, closed: bool) -> dict[str, object]:
    """Return the market object that Gamma would have shown, before or after the resolution."""
    number = int.from_bytes(hashlib.sha256(market.market_id.encode()).digest()[:3])
    won = ["1", "0"] if market.up_won else ["0", "1"]
    return {
        "id": str(number),
        "slug": market.slug,
        "question": market.question,
        "conditionId": market.market_id,
        "version": "v1",
        "outcomes": _text(["Up", "Down"]),
        "outcomePrices": _text(won if closed else ["0.5", "0.5"]),
        "clobTokenIds": _text([market.token("UP"), market.token("DOWN")]),
        "eventStartTime": _iso(market.start_us),
        "endDate": _iso(market.end_us),
        "active": True,
        "closed": closed,
        "acceptingOrders": not closed,
        "enableOrderBook": True,
        "negRisk": False,
        "orderPriceMinTickSize": 0.01,
        "orderMinSize": 5,
        "feesEnabled": True,
        "feeType": "crypto_fees_v2",
        "feeSchedule": {"exponent": 1, "rate": 0.07, "takerOnly": True, "rebateRate": 0.2},
        "attribution": ATTRIBUTION,
    }


def _book(market: SampleMarket, snapshot: Snapshot, tick: str) -> dict[str, object]:
    """Return a whole book as the socket sends it: the best level last."""
    return {
        "event_type": "book",
        "asset_id": market.token(snapshot.outcome),
        "market": market.market_id,
        "bids": [_level(price, snapshot.bids[price]) for price in sorted(snapshot.bids)],
        "asks": [
            _level(price, snapshot.asks[price]) for price in sorted(snapshot.asks, reverse=True)
        ],
        "tick_size": tick,
        "timestamp": _milliseconds(snapshot.at_us),
    }


def _distance(before: Snapshot, after: Snapshot) -> int:
    """Return about how many levels differ: a changed size counts as two."""
    bids, asks = before.bids.items() ^ after.bids.items(), before.asks.items() ^ after.asks.items()
    return len(bids) + len(asks)


def _changes(token: str, before: Snapshot, after: Snapshot) -> Iterator[dict[str, str]]:
    """Yield the levels that differ, with the best of both sides after all of them."""
    best = {
        "best_bid": _plain(max(after.bids, default=0)),
        "best_ask": _plain(min(after.asks, default=MICROS)),
    }
    for side, old, new in (("BUY", before.bids, after.bids), ("SELL", before.asks, after.asks)):
        for price in sorted({price for price, _ in old.items() ^ new.items()}):
            yield {"asset_id": token, **_level(price, new.get(price, 0)), "side": side, **best}


def _price_change(
    market: SampleMarket, changes: list[dict[str, str]], at_us: int
) -> dict[str, object]:
    return {
        "event_type": "price_change",
        "market": market.market_id,
        "price_changes": changes,
        "timestamp": _milliseconds(at_us),
    }


def _level(price: int, size: int) -> dict[str, str]:
    return {"price": _plain(price), "size": _plain(size)}


@lru_cache(maxsize=1 << 16)
def _plain(micros: int) -> str:
    return format_micros(micros, 0)


def _milliseconds(at_us: int) -> str:
    return str(at_us // 1_000)


def _iso(at_us: int) -> str:
    return datetime.fromtimestamp(at_us // MICROS, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _text(value: list[str]) -> str:
    return msgspec.json.encode(value).decode()
