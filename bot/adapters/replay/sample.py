"""What the package resolvedkit holds, as integers; the only place that knows its layout.

Source: resolvedkit 0.1.0, sample_data/{books,markets}.parquet, read 2026-11-22. The package is
optional (extra `demo`) and so is pyarrow; both are imported only when asked for.
"""

import hashlib
import importlib.util
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

from bot.domain.money import CENT, MICROS
from bot.domain.refusal import ExitCode, Refused

VERSION: Final = "0.1.0"
MILLI_US: Final = 1_000

Levels = dict[int, int]
"""Size by price, both in micros."""


@dataclass(frozen=True, slots=True)
class SampleMarket:
    """A settled window; times in UTC microseconds."""

    market_id: str
    slug: str
    question: str
    start_us: int
    end_us: int
    up_won: bool

    def token(self, outcome: str) -> str:
        """Return a made-up token id, as long as a real one and the same in every import."""
        return _token(f"resolvedkit {VERSION} {self.market_id} {outcome}")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The top 20 levels of one outcome at one time."""

    market_id: str
    at_us: int
    outcome: str
    """"UP" or "DOWN"."""
    bids: Levels
    asks: Levels

    @property
    def crossed(self) -> bool:
        """Say whether the best bid is not below the best ask."""
        return bool(self.bids and self.asks) and max(self.bids) >= min(self.asks)

    @property
    def off_grid(self) -> bool:
        """Say whether a price is off the grid of 0.01."""
        return any(price % CENT for side in (self.bids, self.asks) for price in side)


@dataclass(frozen=True, slots=True)
class Sample:
    """All of it, snapshots by time and Down before Up."""

    markets: dict[str, SampleMarket]
    snapshots: tuple[Snapshot, ...]
    sizes_rounded: int


def load() -> Sample:
    """Read the package's two files.

    Raises:
        Refused: the package, its version or pyarrow is not there.

    """
    folder = _folder()
    reader = _Reader()
    markets = {row["market_id"]: _market(row) for row in _rows(folder / "markets.parquet")}
    snapshots = [reader.snapshot(row) for row in _rows(folder / "books.parquet")]
    order = {market_id: place for place, market_id in enumerate(markets)}
    snapshots.sort(key=lambda each: (each.at_us, order[each.market_id], each.outcome))
    return Sample(markets, tuple(snapshots), reader.rounded)


def _folder() -> Path:
    found = importlib.util.find_spec("resolvedkit")
    try:
        installed = version("resolvedkit")
    except PackageNotFoundError:
        installed = "missing"
    if found is None or found.origin is None or installed != VERSION:
        raise Refused(
            f"package resolvedkit is {installed}, needed is {VERSION}: "
            f'install the extra "demo" (pip install "poly[demo]")',
            ExitCode.USAGE,
        )
    return Path(found.origin).parent / "sample_data"


def _rows(file: Path) -> list[dict[str, Any]]:
    try:
        from pyarrow import parquet  # noqa: PLC0415 - optional, and slow to import
    except ImportError as error:
        raise Refused(
            'package pyarrow is missing: install the extra "demo" (pip install "poly[demo]")',
            ExitCode.USAGE,
        ) from error
    table: Any = parquet
    read = table.read_table(file)
    # Column by column is faster than the own rows of a table.
    columns = [column.to_pylist() for column in read.columns]
    return [dict(zip(read.column_names, row, strict=True)) for row in zip(*columns, strict=True)]


def _market(row: dict[str, Any]) -> SampleMarket:
    payouts = (row["payout_up"], row["payout_down"])
    if sorted(payouts) != [0, 1] or (row["outcome_up"], row["outcome_down"]) != ("Up", "Down"):
        raise AssertionError(f"market {row['slug']} of the sample is not settled: {payouts}")
    return SampleMarket(
        market_id=row["market_id"],
        slug=row["slug"],
        question=row["question"],
        start_us=row["start_ts"] * MILLI_US,
        end_us=row["end_ts"] * MILLI_US,
        up_won=payouts[0] == 1,
    )


@lru_cache
def _token(text: str) -> str:
    return str(int.from_bytes(hashlib.sha256(text.encode()).digest()))


class _Micros(dict[float, int]):
    """Floats by their shortest text in micros, each text read once."""

    def __init__(self) -> None:
        super().__init__()
        self.rounded: set[float] = set()

    def __missing__(self, number: float) -> int:
        exact = Decimal(repr(number)) * MICROS
        micros = self[number] = int(exact.to_integral_value(ROUND_HALF_UP))
        if exact != micros:
            self.rounded.add(number)
        return micros


class _Reader:
    """Reads rows of books and counts what had to be rounded."""

    def __init__(self) -> None:
        self.rounded = 0
        self._micros = _Micros()

    def snapshot(self, row: dict[str, Any]) -> Snapshot:
        return Snapshot(
            market_id=row["market_id"],
            at_us=row["ts"] * MILLI_US,
            outcome=row["side"],
            bids=self._levels(row["bid_px"], row["bid_sz"]),
            asks=self._levels(row["ask_px"], row["ask_sz"]),
        )

    def _levels(self, prices: list[float], sizes: list[float]) -> Levels:
        read = self._micros.__getitem__
        levels = dict(zip(map(read, prices), map(read, sizes), strict=True))
        if not self._micros.rounded.isdisjoint(sizes):
            self.rounded += sum(size in self._micros.rounded for size in sizes)
        return levels
