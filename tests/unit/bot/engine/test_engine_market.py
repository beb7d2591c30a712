"""Books and markets as the engine keeps them: what cannot be believed is counted, not traded."""

import pytest

from bot.domain.book import Side
from bot.domain.entry import (
    AnomalyCounted,
    IntentDenied,
    MarketListed,
)
from bot.domain.event import (
    BookChanged,
    BookReplaced,
    FeedEnded,
    FrameRefused,
    MarketResolved,
    MarketSeen,
    PriceTicked,
    TickChanged,
    TimerFired,
    Together,
    TradePrinted,
)
from bot.domain.market import MarketId, Outcome, TokenId
from bot.domain.money import Price, Shares
from tests.unit.bot.given import (
    END,
    SECOND,
    book,
    engine,
    entries,
    intents,
    levels,
    market,
)

NOW = END - 100 * SECOND


def test_a_changed_market_is_recorded_and_its_books_stay() -> None:
    made = engine()
    made.handle(book("up1", "0.69", "0.70"))
    assert made.handle(MarketSeen(2, NOW, market())) == []
    closed = market(accepting_orders=False)
    assert entries(made.handle(MarketSeen(3, NOW, closed))) == [MarketListed(closed)]
    later = BookReplaced(
        4, NOW + 20 * SECOND, TokenId("up1"), levels(("0.69", "9")), levels(("0.7", "9"))
    )
    [denied] = entries(made.handle(later))
    assert isinstance(denied, IntentDenied)
    assert denied.limit == "market_open"


def test_level_changes_move_the_book_and_may_decide() -> None:
    made = engine()
    made.handle(book("up1", "0.40", "0.42"))
    change = BookChanged(
        2,
        NOW,
        (
            (TokenId("elsewhere"), Side.BUY, 500_000, 1),
            (TokenId("up1"), Side.SELL, 420_000, 0),
            (TokenId("up1"), Side.SELL, 700_000, 9_000_000),
            (TokenId("up1"), Side.BUY, 690_000, 9_000_000),
            (TokenId("down1"), Side.BUY, 300_000, 9_000_000),
        ),
    )
    [intent] = intents(made.handle(change))
    assert intent.terms.price == Price.parse("0.70")
    assert made.handle(BookChanged(3, NOW, ((TokenId("elsewhere"), Side.BUY, 1, 1),))) == []


@pytest.mark.parametrize(
    "bad",
    [
        BookChanged(2, NOW, ((TokenId("up1"), Side.SELL, 705_000, 1),)),
        BookReplaced(2, NOW, TokenId("up1"), levels(("0.695", "1")), ()),
        FrameRefused(2, NOW, "off_grid", "size: -1", (TokenId("up1"), TokenId("elsewhere"))),
    ],
)
def test_a_book_that_cannot_be_is_counted_and_not_traded_until_it_is_whole(bad: object) -> None:
    made = engine()
    made.handle(book("up1", "0.40", "0.42"))
    [entry] = entries(made.handle(bad))  # type: ignore[arg-type]
    assert isinstance(entry, AnomalyCounted)
    good = BookChanged(3, NOW, ((TokenId("up1"), Side.SELL, 700_000, 9_000_000),))
    assert made.handle(good) == []
    assert intents(made.handle(book("up1", "0.69", "0.70", frame=4)))


def test_a_market_is_not_traded_while_either_book_is_in_doubt() -> None:
    """What was missed of Down may be what moved Up."""
    made = engine()
    made.handle(book("down1", "0.29", "0.31"))
    made.handle(FrameRefused(2, NOW, "bad_frame", "down", (TokenId("down1"),)))
    [denied] = entries(made.handle(book("up1", "0.69", "0.70", frame=3)))
    assert isinstance(denied, IntentDenied)
    assert (denied.limit, denied.value) == ("book_whole", "incomplete")
    assert intents(made.handle(book("down1", "0.29", "0.31", frame=4)))


@pytest.mark.parametrize("first", [1, 1_000])
def test_anomalies_are_recorded_once_a_block_and_counted_to_its_end(first: int) -> None:
    """Read again from the start of a later block, that block counts the same."""
    made = engine()
    counted = [
        (frame, entry.count)
        for frame in range(first, 1_120)
        for entry in entries(made.handle(FrameRefused(frame, NOW, "not_json", "line")))
        if isinstance(entry, AnomalyCounted)
    ]
    early = [] if first == 1_000 else [(1, 1), (1_000, 998)]
    assert counted == [*early, (1_000, 1)]
    assert entries(made.handle(FrameRefused(1_119, NOW, "once", "line")))
    end = entries(made.handle(FeedEnded(1_119, NOW)))
    assert [entry.count for entry in end if isinstance(entry, AnomalyCounted)] == [119]
    assert made.handle(TimerFired(2_000, NOW)) == []


def test_refusals_that_are_still_counted_are_recorded_at_the_end_of_the_feed() -> None:
    made = engine(cash="5")
    for frame in (1, 2, 3):
        made.handle(book("up1", "0.69", "0.70", frame=frame))
    [denied] = entries(made.handle(FeedEnded(3, NOW)))
    assert isinstance(denied, IntentDenied)
    assert denied.count == 2


def test_books_of_unknown_tokens_and_other_feeds_change_nothing() -> None:
    made = engine()
    elsewhere = TokenId("elsewhere")
    for event in (
        BookReplaced(1, NOW, elsewhere, (), ()),
        TickChanged(1, NOW, elsewhere, Price.parse("0.001")),
        TradePrinted(1, NOW, elsewhere, Side.BUY, Price.parse("0.5"), Shares(1)),
        PriceTicked(1, NOW, "btcusd", 90_000_000_000, 60),
        TimerFired(1, NOW),
        MarketResolved(1, NOW, MarketId("elsewhere"), Outcome.UP),
    ):
        assert made.handle(event) == []


def test_a_new_tick_is_kept_and_prices_follow_it() -> None:
    made = engine()
    made.handle(TickChanged(1, NOW, TokenId("up1"), Price.parse("0.001")))
    [intent] = intents(made.handle(book("up1", "0.694", "0.695")))
    assert intent.terms.price == Price.parse("0.695")


def test_a_frame_that_says_several_things_is_handled_as_one() -> None:
    parts = (
        book("down1", "0.29", "0.31"),
        book("up1", "0.40", "0.42"),
        BookChanged(1, NOW, ((TokenId("up1"), Side.SELL, 410_000, 1_000_000),)),
    )
    made = engine()
    effects = made.handle(Together(1, NOW, (*parts, book("up1", "0.69", "0.70"))))
    assert [intent.terms.outcome for intent in intents(effects)] == [Outcome.UP]
