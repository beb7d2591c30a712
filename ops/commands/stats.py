"""`poly stats`: whether trading goes as the strategy stated, with how sure that is; read-only."""

from typing import TYPE_CHECKING

import click

from ops import place, report

if TYPE_CHECKING:
    from bot.domain.expectation.measure import Finding, Stated

EXAMPLE = """\b
Examples:
  poly stats
  poly stats --last 200 --json

\b
Slippage a share, filled part of what was asked for, share of late answers, fee above the expected
one, windows won against what was believed. "surely" is the one-sided 95 % bound of the value
(hit rate 99 %): WORSE is said only where that, too, is beyond what is stated; with fewer than 20
samples nothing is. What is stated stands in [expect] of the strategy file.

\b
Exit codes:
  0  shown, and nothing is worse
  1  something is worse than stated by more than chance
  3  the ledger cannot be trusted
  4  no ledger there
"""


@click.command(epilog=EXAMPLE)
@click.option(
    "--last", type=click.IntRange(20, 1000), help="Newest orders and windows; else as stated."
)
@place.data_dir
@report.as_json
def command(data_dir: str | None, last: int | None, *, as_json: bool) -> None:
    """Hold the last trades to what the strategy expects of them."""
    from bot.adapters.ledger.look.samples import samples
    from bot.adapters.ledger.reader import LedgerReader
    from bot.domain.expectation.measure import compare
    from bot.domain.refusal import ExitCode

    with LedgerReader.open(place.directory(data_dir)) as ledger:
        expected, count = _stated(ledger.rows(CONFIG))
        findings = compare(samples(ledger, last or count), expected)
    if as_json:
        report.emit(
            {
                "ok": not any(one.worse for one in findings),
                "last": last or count,
                "measures": [_row(one) for one in findings],
            }
        )
    else:
        headings = ("measure", "samples", "now", "surely", "stated", "", "")
        report.say(report.table(headings, [_cells(one) for one in findings]))
        for one in findings:
            if one.worse:
                report.say(f"{one.measure}: {one.diagnosis}")
    if any(one.worse for one in findings):
        raise SystemExit(ExitCode.NEGATIVE)


CONFIG = "SELECT config FROM strategy_instances WHERE active = 1 ORDER BY seq DESC LIMIT 1"


def _stated(rows: object) -> tuple["Stated", int]:
    """Return what the strategy of the ledger states; older ones stated nothing: the defaults."""
    import json
    from collections.abc import Iterator

    from bot.domain.expectation.measure import Stated

    assert isinstance(rows, Iterator)  # noqa: S101 - as the reader says
    found = next(rows, None)
    given = json.loads(str(found["config"])).get("expect", {}) if found else {}
    expect = {**DEFAULTS, **given}
    return Stated(
        slippage_max=float(expect["slippage_max_usd"]),
        fill_ratio_min=float(expect["fill_ratio_min"]),
        latency_ms_max=int(expect["latency_ms_max"]),
        late_share_max=float(expect["late_share_max"]),
        fee_excess_max=float(expect["fee_excess_max"]),
    ), int(expect["orders"])


DEFAULTS = {
    "orders": "50", "slippage_max_usd": "0.01", "fill_ratio_min": "0.5", "latency_ms_max": "500",
    "late_share_max": "0.05", "fee_excess_max": "0.002",
}  # fmt: skip


def _row(one: "Finding") -> dict[str, object]:
    return {
        "measure": one.measure,
        "samples": one.count,
        "value": one.value,
        "surely": one.sure,
        "stated": one.stated,
        "unit": one.unit,
        "worse": one.worse,
        "diagnosis": one.diagnosis,
    }


def _cells(one: "Finding") -> tuple[str, ...]:
    def shown(value: float | None) -> str:
        return "-" if value is None else f"{value:.4f}"

    return (
        one.measure, str(one.count), shown(one.value), shown(one.sure), shown(one.stated),
        one.unit, "WORSE" if one.worse else "",
    )  # fmt: skip
