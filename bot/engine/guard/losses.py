"""The loss limits: from the peak, of a UTC day, of a series, in a row, and the absolute floor.

Pure counting, no books and no clock. What was counted goes to disk whole after every change
(`EquityMarked`) and comes back from there, so that no restart, no midnight and no restored backup
forgets a loss or counts it twice. A limit that was reached stands until a person accepts it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from bot.domain.entry import Breach, EquityMarked, Mark
from bot.domain.money import Usd
from bot.engine.strategy.limit import Limits

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
DAY_US: Final = 86_400 * 1_000_000
NEVER: Final = -(1 << 62)
"""Below any equity there can be."""
SERIES: Final = "series_loss_max_usd"
"""The one limit that closes a series and no more; every other one halts."""


def utc_day(at_us: int) -> str:
    """Return the UTC day of an instant, as 2026-11-23."""
    return (EPOCH + timedelta(microseconds=at_us)).date().isoformat()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """The strictest of the limits of all strategies, in micro USD; `floor` 0 is none."""

    drawdown: int
    day: int
    series: int
    floor: int
    in_a_row: int

    @classmethod
    def of(cls, limits: Iterable[Limits]) -> "Bounds":
        """Return the bounds that no strategy's limits exceed."""
        every = tuple(limits)
        return cls(
            drawdown=min(one.drawdown_max_usd.micros for one in every),
            day=min(one.day_loss_max_usd.micros for one in every),
            series=min(one.series_loss_max_usd.micros for one in every),
            floor=max(one.equity_min_usd.micros for one in every),
            in_a_row=min(one.losses_in_a_row_max for one in every),
        )


@dataclass(slots=True)
class Losses:
    """What was lost so far, by every measure; all amounts in micro USD."""

    bounds: Bounds
    known: bool = False
    """Whether equity was ever marked: before that there is no peak to fall from."""
    peak: int = 0
    day: str = ""
    day_end_us: int = 0
    day_start: int = 0
    in_a_row: int = 0
    results: dict[str, int] = field(default_factory=dict)
    broken: list[Breach] = field(default_factory=list)
    acceptance: str = ""
    """The last one that was counted, so that none is counted twice."""
    alarm: int = NEVER
    """At this equity or below, a limit that does not stand yet is reached."""

    def restore(self, last: EquityMarked) -> None:
        """Go on from what was marked last."""
        self.known = True
        self.peak, self.day_start = last.peak.micros, last.day_start.micros
        self.day, self.in_a_row = last.day, last.losses_in_a_row
        begun = datetime.fromisoformat(last.day).replace(tzinfo=UTC) - EPOCH
        self.day_end_us = (begun // timedelta(microseconds=1)) + DAY_US
        self.results = {series: amount.micros for series, amount in last.results}
        self.broken, self.acceptance = list(last.broken), last.acceptance
        self._set_alarm()

    def deposited(self, amount: int) -> None:
        """Count money from outside neither as a win nor, when it is taken out, as a loss."""
        if self.known:
            self.peak += amount
            self.day_start += amount
            self._set_alarm()

    def realised(self, series: str, amount: int) -> None:
        """Count what a sale or a payout brought, or what its failure took back."""
        if amount:
            self.results[series] = self.results.get(series, 0) + amount

    def window_over(self, result: int) -> None:
        """Count a window that was traded and is settled; one that came out even changes nothing."""
        if result:
            self.in_a_row = self.in_a_row + 1 if result < 0 else 0

    def accept(self, acceptance: str) -> None:
        """Count anew from the next mark on: a person has accepted what was lost."""
        self.acceptance = acceptance
        self.known = False
        self.in_a_row = 0
        self.results.clear()
        self.broken.clear()
        self.alarm = NEVER

    def mark(self, equity: int, at_us: int) -> list[Breach]:
        """Take equity as marked at a time, and return the limits that are reached by it, new ones.

        A new day begins with this equity; what stands goes on standing.
        """
        if not self.known:
            self.known, self.peak, self.day = True, equity, ""
        if at_us >= self.day_end_us or not self.day:
            self.day, self.day_start = utc_day(at_us), equity
            self.day_end_us = (at_us // DAY_US + 1) * DAY_US
            self.results.clear()
        self.peak = max(self.peak, equity)
        standing = {(one.limit, one.subject) for one in self.broken}
        found = [
            Breach(limit, subject, value, bound, at_us)
            for limit, subject, value, bound in self._reached(equity)
            if (limit, subject) not in standing
        ]
        self.broken += found
        self._set_alarm()
        return found

    def written(self, cause: str, equity: int, marks: tuple[Mark, ...]) -> EquityMarked:
        """Return all of it as it goes to disk."""
        return EquityMarked(
            cause=cause,
            equity=Usd(equity),
            peak=Usd(self.peak),
            day=self.day,
            day_start=Usd(self.day_start),
            losses_in_a_row=self.in_a_row,
            results=tuple((series, Usd(amount)) for series, amount in sorted(self.results.items())),
            broken=tuple(self.broken),
            marks=marks,
            acceptance=self.acceptance,
        )

    @property
    def halting(self) -> Breach | None:
        """Return the first standing breach that halts everything, None if there is none."""
        return next((one for one in self.broken if one.limit != SERIES), None)

    def closed(self, series: str) -> Breach | None:
        """Return the breach for which nothing is opened in a series any more."""
        return next((one for one in self.broken if one.subject == series), None)

    def _reached(self, equity: int) -> Iterator[tuple[str, str, str, str]]:
        bounds = self.bounds
        fall, loss = self.peak - equity, self.day_start - equity
        if fall >= bounds.drawdown:
            yield "drawdown_max_usd", "", f"{Usd(fall)} USD", f"{Usd(bounds.drawdown)} USD"
        if loss >= bounds.day:
            yield "day_loss_max_usd", "", f"{Usd(loss)} USD", f"{Usd(bounds.day)} USD"
        if bounds.floor and equity <= bounds.floor:
            yield "equity_min_usd", "", f"{Usd(equity)} USD", f"{Usd(bounds.floor)} USD"
        if self.in_a_row >= bounds.in_a_row:
            yield (
                "losses_in_a_row_max",
                "",
                f"{self.in_a_row} windows",
                f"{bounds.in_a_row} windows",
            )
        for series, result in sorted(self.results.items()):
            if -result >= bounds.series:
                yield SERIES, series, f"{Usd(-result)} USD", f"{Usd(bounds.series)} USD"

    def _set_alarm(self) -> None:
        bounds, standing = self.bounds, {one.limit for one in self.broken}
        levels = {
            "drawdown_max_usd": self.peak - bounds.drawdown,
            "day_loss_max_usd": self.day_start - bounds.day,
            "equity_min_usd": bounds.floor or NEVER,
        }
        self.alarm = max((at for name, at in levels.items() if name not in standing), default=NEVER)
