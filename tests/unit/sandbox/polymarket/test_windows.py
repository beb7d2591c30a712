"""A window's life, and who wins it."""

import pytest

from sandbox.polymarket.book.units import ONE
from sandbox.polymarket.venue.market import UnreadableMarketError, read_market
from sandbox.polymarket.venue.note import ResolvedNote, TickNote
from sandbox.polymarket.venue.windows import change_tick, resolve
from tests.unit.sandbox.polymarket.given import START_S, Desk, desk, gamma

END_S = START_S + 900


def ended(first: int, last: int, outcomes: str = '["Up","Down"]') -> Desk:
    made = desk(outcomes=outcomes)
    made.prices = {START_S: first, END_S: last}
    made.advance(END_S - START_S - 60 + 15)
    return made


@pytest.mark.parametrize(
    ("first", "last", "winner"), [(100, 101, "Up"), (100, 99, "Down"), (100, 100, "Up")]
)
def test_up_wins_where_the_average_did_not_fall(first: int, last: int, winner: str) -> None:
    """A tie is Up."""
    made = ended(first, last)
    assert made.market.winner is not None
    assert made.market.outcomes[made.market.winner] == winner


def test_outcomes_are_mapped_by_label_not_by_place() -> None:
    made = ended(100, 101, outcomes='["Down","Up"]')
    assert made.market.winner == 1


def test_trading_stops_at_the_end_and_open_orders_end_with_it() -> None:
    made = desk()
    order = made.order("BUY", 40, 10)
    made.post(order)
    made.advance(END_S - START_S - 60)
    assert not made.market.accepting
    assert not made.market.closed
    assert order.status == "CANCELED_MARKET_RESOLVED"


def test_without_a_price_there_is_no_winner_yet() -> None:
    made = desk()
    made.advance(2_000)
    assert made.market.winner is None
    made.prices = {START_S: 1, END_S: 2}
    made.advance(30)
    assert made.market.winner == 0


def test_a_late_resolution_comes_ten_minutes_later() -> None:
    made = desk()
    made.venue.faults.arm("late-resolution", times=1)
    made.prices = {START_S: 1, END_S: 2}
    made.advance(END_S - START_S - 60 + 500)
    assert made.market.winner is None
    made.advance(150)
    assert made.market.winner == 0


def test_the_frame_can_be_absent_though_the_winner_is_known() -> None:
    made = desk()
    made.venue.faults.arm("market-resolved-absent", times=1)
    resolve(made.venue, made.market, 0)
    assert made.market.closed
    assert not [note for note in made.heard if isinstance(note, ResolvedNote)]


def test_a_winner_stays() -> None:
    made = desk()
    resolve(made.venue, made.market, 0)
    resolve(made.venue, made.market, 1)
    assert made.market.winner == 0


def test_the_tick_can_change_in_the_middle() -> None:
    made = desk()
    made.venue.faults.arm("tick-change", times=1)
    made.advance(500)
    assert made.market.tick == 1_000
    change_tick(made.venue, made.market, 1_000)
    assert len([note for note in made.heard if isinstance(note, TickNote)]) == 1


def test_a_market_is_read_with_its_own_numbers() -> None:
    market = read_market(gamma(orderMinSize=15, orderPriceMinTickSize=0.001, negRisk=True), 0)
    assert (market.min_size, market.tick, market.neg_risk) == (15 * ONE, 1_000, True)
    assert (market.start_us, market.end_us) == (START_S * ONE, END_S * ONE)


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"outcomes": '["Up"]'}, "outcomes"),
        ({"clobTokenIds": '["1","1"]'}, "clobTokenIds"),
        ({"clobTokenIds": "not json"}, "clobTokenIds"),
        ({"conditionId": ""}, "conditionId"),
        ({"orderPriceMinTickSize": 0.03}, "orderPriceMinTickSize"),
        ({"orderMinSize": "x"}, "orderMinSize"),
        ({"feeSchedule": {"rate": 1}}, "feeSchedule"),
        ({"slug": "other", "endDate": "soon"}, "endDate"),
        ({"version": "v2", "positionIds": ["1" * 70, "2" * 70]}, "positionIds"),
    ],
)
def test_an_unreadable_market_names_its_field(changes: dict[str, object], names: str) -> None:
    with pytest.raises(UnreadableMarketError, match=names):
        read_market(gamma(**changes), 0)
