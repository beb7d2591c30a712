"""How much of each loss limit is used: the last mark, held to the limits of what trades now.

The same figures the engine halts by, as it wrote them; nothing is counted anew here.
"""

import json
from dataclasses import dataclass

from bot.adapters.ledger.reader import LedgerReader
from bot.domain.money import parse_micros

LAST = "SELECT * FROM equity_marks ORDER BY seq DESC LIMIT 1"
ACTIVE = "SELECT config FROM strategy_instances WHERE active = 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class LossRow:
    """One limit; `used` and `most` in micro USD or windows, `reached` while it stands."""

    limit: str
    subject: str
    used: int
    most: int
    unit: str
    reached: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Losses:
    """All limits, and what they are measured by."""

    at_us: int
    equity_micros: int
    peak_micros: int
    day: str
    day_start_micros: int
    rows: tuple[LossRow, ...]

    @property
    def reached(self) -> tuple[LossRow, ...]:
        """Return the limits that stand."""
        return tuple(row for row in self.rows if row.reached)


def losses(ledger: LedgerReader) -> Losses | None:
    """Return the use of each limit, None where nothing was ever marked."""
    last = next(iter(ledger.rows(LAST)), None)
    if last is None:
        return None
    risks = [json.loads(str(row["config"]))["risk"] for row in ledger.rows(ACTIVE)]
    broken = {(one["limit"], one["subject"]) for one in json.loads(last["broken"])}
    return Losses(
        at_us=last["at_us"],
        equity_micros=last["equity_micros"],
        peak_micros=last["peak_micros"],
        day=last["day"],
        day_start_micros=last["day_start_micros"],
        rows=tuple(
            LossRow(
                limit=limit, subject=subject, used=used, most=most, unit=unit,
                reached=(limit, subject) in broken,
            )
            for limit, subject, used, most, unit in _used(last, risks)
        ),
    )  # fmt: skip


def _used(
    last: dict[str, int], risks: list[dict[str, str]]
) -> list[tuple[str, str, int, int, str]]:
    def least(name: str) -> int:
        return min((parse_micros(risk[name]) for risk in risks if name in risk), default=0)

    equity, series = last["equity_micros"], "series_loss_max_usd"
    floor = max((parse_micros(one.get("equity_min_usd", "0")) for one in risks), default=0)
    in_a_row = [int(risk["losses_in_a_row_max"]) for risk in risks if "losses_in_a_row_max" in risk]
    results = {name: amount["micros"] for name, amount in json.loads(str(last["results"]))}
    return [
        ("drawdown_max_usd", "", last["peak_micros"] - equity, least("drawdown_max_usd"), "usd"),
        (
            "day_loss_max_usd",
            "",
            last["day_start_micros"] - equity,
            least("day_loss_max_usd"),
            "usd",
        ),
        *((series, name, -result, least(series), "usd") for name, result in results.items()),
        ("losses_in_a_row_max", "", last["losses_in_a_row"], min(in_a_row, default=0), "windows"),
        ("equity_min_usd", "", equity, floor, "usd"),
    ]
