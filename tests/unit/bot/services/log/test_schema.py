"""docs/logs.md is the schema: every line of the trade has its keys and no other."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import structlog

from bot.domain.entry import (
    Breach,
    Entry,
    FillRecorded,
    FlattenBegun,
    IntentRecorded,
    LimitBroken,
    LossesAccepted,
    OrderChanged,
    Stamp,
    TradingState,
)
from bot.domain.market import Outcome
from bot.domain.money import Price
from bot.domain.order import OrderHash
from bot.services.log import Teller
from bot.services.log.line import describe
from bot.services.log.teller import ORDERS_MAX
from tests.contract.ledger.story import day, market

PAGE = (Path(__file__).resolve().parents[5] / "docs" / "logs.md").read_text()
COMMON = {"event", "level", "log_level", "at", "frame", "session"}
KINDS = {
    "_usd": re.compile(r"-?\d+\.\d{2,6}"),
    "_shares": re.compile(r"\d+\.\d{2,6}"),
    "_at": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"),
}


def schema() -> dict[str, tuple[set[str], set[str]]]:
    """Return (must have, may have) by event, from the table of the page."""
    table = PAGE.split("## Events of the trade")[1].split("\n## ")[0]
    found = {}
    for line in table.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        events = re.findall(r"`([a-z_.]+)`", cells[0])
        if line.startswith("| `") and len(cells) == 2:
            words = cells[1].split()
            may = {word.strip("[]") for word in words if word.startswith("[")}
            must = {word for word in words if not word.startswith("[")}
            found.update(dict.fromkeys(events, (must, may)))
    return found


SCHEMA = schema()
EXTRA: list[Entry] = [
    LimitBroken(Breach("day_loss", "", "51 USD", "50 USD", 1), TradingState.HALTED),
    LossesAccepted("latch-1", "somebody", "understood"),
    FlattenBegun(market(0).market_id, ((Outcome.UP, Price.parse("0.5")),), "somebody", "out"),
]


def lines(teller: Teller) -> list[dict[str, object]]:
    """Return what is said of a whole story."""
    with structlog.testing.capture_logs() as said:
        for entries, stamp in day(1, windows=24):
            teller(entries, stamp)
            for entry in entries:
                if isinstance(entry, IntentRecorded):
                    teller.sent(entry.order_hash)
        teller(EXTRA, Stamp(9, 1_767_225_600_000_000, ""))
    return [dict(line) for line in said]


def clock() -> Iterator[int]:
    at_us = 1_767_225_600_000_000 + 10 * 86_400_000_000
    while True:
        at_us += 250
        yield at_us


@pytest.mark.parametrize("timed", [False, True])
def test_every_line_has_the_keys_of_its_event_and_no_other(*, timed: bool) -> None:
    ticking = clock()
    teller = Teller((lambda: next(ticking)) if timed else None)
    seen = set()
    for line in lines(teller):
        event = str(line["event"])
        must, may = SCHEMA[event]
        keys = set(line) - COMMON
        assert must <= keys | ({"durable_us", "sent_us"} if not timed else set()), event
        assert keys <= must | may, (event, keys - must - may)
        seen.add(event)
    rare = {"order.in_flight", "order.unknown", "order.expired", "order.rejected"}
    expected = set(SCHEMA) - rare
    assert seen >= expected - (set() if timed else {"order.sent"})


def test_every_value_is_of_the_kind_its_key_says() -> None:
    ticking = clock()
    for line in lines(Teller(lambda: next(ticking))):
        for key, value in line.items():
            if key.endswith("_us") or key in {"frame", "count"}:
                assert isinstance(value, int), (line["event"], key)
            for suffix, pattern in KINDS.items():
                if key.endswith(suffix) and key != "floors_usd":
                    assert pattern.fullmatch(str(value)), (line["event"], key, value)


def test_every_kind_of_entry_that_is_of_the_trade_is_said() -> None:
    """What is left out is no event of the trade, or said by others."""
    silent = {
        type(entry).__name__ for said, _ in day(1, windows=24) for entry in said
        if describe(entry) is None
    }  # fmt: skip
    assert silent <= {
        "SessionStarted", "StrategyComposed", "FrameReached", "SessionStopped", "EquityMarked",
    }  # fmt: skip


def test_a_fill_says_what_was_expected_beside_what_it_got() -> None:
    fills = [line for line in lines(Teller()) if line["event"] == "order.fill"]
    assert fills
    for line in fills:
        worse = Price.parse(str(line["price_usd"])).micros
        worse -= Price.parse(str(line["expected_price_usd"])).micros
        assert str(line["slippage_usd"]).startswith("-") is (
            (worse if line["side"] == "buy" else -worse) < 0
        )


def test_the_steps_of_an_order_come_one_after_the_other() -> None:
    ticking = clock()
    last = [line for line in lines(Teller(lambda: next(ticking))) if line["event"] == "order.fill"]
    assert all(int(str(one["durable_us"])) < int(str(one["sent_us"])) for one in last)


def test_after_a_restart_a_fill_still_knows_what_was_expected() -> None:
    told = [(entry, stamp) for said, stamp in day(1, windows=24) for entry in said]
    teller = Teller()
    teller.recall(entry for entry, _ in told if not isinstance(entry, FillRecorded | OrderChanged))
    fill, stamp = next((e, s) for e, s in told if isinstance(e, FillRecorded))
    with structlog.testing.capture_logs() as said:
        teller([fill], stamp)
    assert said[0]["expected_price_usd"]
    with structlog.testing.capture_logs() as said:
        Teller()([fill], stamp)
    assert "expected_price_usd" not in said[0]


def test_how_many_orders_are_remembered_is_bounded() -> None:
    teller = Teller()
    intents = [e for said, _ in day(1, windows=24) for e in said if isinstance(e, IntentRecorded)]
    for number in range(ORDERS_MAX // len(intents) + 2):
        teller.recall(
            replace(one, order_hash=OrderHash(f"{one.order_hash}{number}")) for one in intents
        )
    assert len(teller._orders) == ORDERS_MAX  # noqa: SLF001 - a bound is what is kept
