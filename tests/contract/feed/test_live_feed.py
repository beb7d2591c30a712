"""A live feed over the stand-in: what the shell may rely on, and each way a socket fails."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.adapters.polymarket.clock import MarketClock
from bot.adapters.polymarket.feed.feed import LiveFeed, Untaped
from bot.adapters.polymarket.feed.place import Ground, Login, Places, Severity
from bot.adapters.replay.feed import ReplayFeed
from bot.adapters.replay.recorder import Recorder, parts
from bot.domain.book import Side
from bot.domain.event import (
    BookChanged,
    BookReplaced,
    Event,
    FrameRefused,
    MarketResolved,
    MarketSeen,
    PriceTicked,
    TickChanged,
    TimerFired,
    Together,
)
from bot.domain.refusal import Refused
from bot.domain.secret import Secret
from tests.contract.feed.ear import Ear, hearing
from tests.contract.feed.standin import SERIES, StandIn, wall_us

SPEED = 10
MARKETS = 2 * len(SERIES)
"""One open window of each series, and the next."""


def whole(feed: LiveFeed) -> bool:
    """Say whether every book is there and believed."""
    mirror = feed.mirror
    return len(mirror.tokens) >= 2 * MARKETS and not mirror.broken()


def after(ear: Ear, event: Event) -> list[Event]:
    return ear.events[ear.events.index(event) + 1 :]


async def settled(stand_in: StandIn, feed: LiveFeed, ear: Ear) -> None:
    """Hold the venue's time still and see our books equal its own, to the last level."""
    stand_in.post("clock", speed=0)

    def same() -> bool:
        truth = stand_in.http.post(
            f"{stand_in.line['clob_url']}/books",
            json=[{"token_id": token} for token in feed.mirror.tokens],
        ).json()
        for told in truth:
            seen = feed.mirror.seen(told["asset_id"])
            if seen is None or not seen.book.whole:
                return False
            for side, levels in ((Side.BUY, told["bids"]), (Side.SELL, told["asks"])):
                theirs = {round(float(one["price"]) * 1e6): one["size"] for one in levels}
                ours = dict(seen.book.levels(side))
                if ours != {at: round(float(size) * 1e6) for at, size in theirs.items()}:
                    return False
        return bool(truth)

    await ear.until(same, "our books equal the venue's")


async def test_order_of_frames_and_time(tmp_path: Path) -> None:
    """What a recording of it says is, line by line, what was handed out."""
    tape = Recorder(tmp_path, lambda event, detail: pytest.fail(f"{event} {detail}"))
    with StandIn(SPEED) as stand_in:
        async with hearing(stand_in, tape=tape) as (feed, ear):
            await ear.until(lambda: whole(feed) and len(ear.of(BookChanged)) > 20, "a running feed")
    tape.close()
    frames, times = [one.frame for one in ear.events], [one.at_us for one in ear.events]
    assert frames == sorted(frames)
    assert times == sorted(times)
    kinds = [type(one) for one in ear.events]
    assert kinds[0] is TimerFired
    assert kinds.index(MarketSeen) < kinds.index(BookReplaced) < kinds.index(BookChanged)
    day = tmp_path / "day.jsonl.zst"
    day.write_bytes(b"".join(part.read_bytes() for part in parts(tmp_path)))
    again = [event async for event in _replayed(day)]
    timed = (TimerFired,)
    assert again == [one for one in ear.events if not isinstance(one, timed)]


async def _replayed(path: Path) -> AsyncIterator[Event]:
    async for batch in ReplayFeed.open(path, ours=True).batches(1):
        for event in batch:
            for part in event.parts if isinstance(event, Together) else (event,):
                yield part


async def test_the_next_window_is_known_before_it_opens() -> None:
    with StandIn(SPEED) as stand_in:
        async with hearing(stand_in) as (_, ear):
            await ear.until(lambda: len(ear.of(MarketSeen)) >= MARKETS, "open and next windows")
            for series in SERIES:
                starts = {
                    one.market.window.start_us > one.at_us
                    for one in ear.of(MarketSeen)
                    if one.market.slug.startswith(series.replace("-", "-updown-") + "-")
                }
                assert starts == {True, False}, series
            versions = {one.market.version.value for one in ear.of(MarketSeen)}
            assert versions == {"v1", "v2"}


@pytest.mark.parametrize("fault", ["socket-frozen", "socket-dead"])
async def test_a_silent_socket_is_doubted_read_by_rest_and_dialled_again(fault: str) -> None:
    with StandIn(SPEED) as stand_in:
        async with hearing(stand_in) as (feed, ear):
            await ear.until(lambda: whole(feed), "whole books")
            stand_in.strike(fault)
            await ear.until(lambda: ear.refused("feed_silent"), "doubt")
            [doubt] = ear.refused("feed_silent")[:1]
            assert set(doubt.tokens) == set(feed.mirror.tokens)
            await ear.until(lambda: ear.told("feed.market_frozen"), "it is known to be frozen")
            await ear.until(lambda: ear.told("feed.market_connected"), "another connection")
            await ear.until(lambda: whole(feed), "whole books again")
            assert {one.token for one in after(ear, doubt) if isinstance(one, BookReplaced)}
            await settled(stand_in, feed, ear)


async def test_a_cut_connection_is_marked_and_its_books_are_sent_anew() -> None:
    with StandIn(SPEED) as stand_in:
        async with hearing(stand_in) as (feed, ear):
            await ear.until(lambda: whole(feed), "whole books")
            stand_in.strike("socket-cut")
            await ear.until(lambda: ear.refused("connection_lost"), "the loss")
            [loss] = ear.refused("connection_lost")
            assert len(loss.tokens) >= 2 * MARKETS
            await ear.until(lambda: ear.told("feed.market_connected"), "another connection")
            await ear.until(lambda: whole(feed), "whole books again")
            await settled(stand_in, feed, ear)


async def test_a_refused_handshake_is_tried_again() -> None:
    with StandIn(SPEED) as stand_in:
        stand_in.strike("socket-refused", times=3)
        async with hearing(stand_in) as (feed, ear):
            await ear.until(lambda: whole(feed), "whole books")
            assert ear.told("feed.market_lost") or ear.told("feed.price_lost")


@pytest.mark.parametrize(
    "fault",
    ["market-frame-lost", "market-frame-twice", "market-frames-swapped", "market-frame-malformed"],
)
async def test_spoilt_frames_never_leave_a_wrong_book(fault: str) -> None:
    with StandIn(SPEED) as stand_in:
        async with hearing(stand_in) as (feed, ear):
            await ear.until(lambda: whole(feed), "whole books")
            stand_in.strike(fault, times=8)
            changes = len(ear.of(BookChanged))
            await ear.until(lambda: len(ear.of(BookChanged)) > changes + 30, "more changes")
            assert stand_in.struck(fault) == 8
            if fault == "market-frame-malformed":
                assert ear.refused("not_json")
            await settled(stand_in, feed, ear)


@pytest.mark.parametrize("seed", range(5))
async def test_a_mixture_of_faults_leaves_no_wrong_book(seed: int) -> None:
    faults = (
        "market-frame-lost:0.01,market-frame-twice:0.01,market-frames-swapped:0.01,"
        "market-frame-malformed:0.01,socket-cut:0.003,socket-frozen:0.001,price-tick-lost:0.05"
    )
    with StandIn(SPEED, "--seed", str(seed), "--faults", faults) as stand_in:
        async with hearing(stand_in) as (feed, ear):
            await ear.until(lambda: len(ear.of(BookChanged)) > 150, "a rough while")
            stand_in.disarm()
            await ear.until(lambda: whole(feed), "whole books")
            await settled(stand_in, feed, ear)


async def test_a_loss_below_the_best_price_is_found_by_its_hash() -> None:
    """No best price tells of it, so whole books are asked for now and then."""
    with StandIn(1) as stand_in:
        async with hearing(stand_in) as (feed, ear):
            await ear.until(lambda: whole(feed), "whole books")
            stand_in.post("clock", speed=0)
            token = feed.mirror.tokens[0]
            stand_in.strike("market-frame-lost", times=1)
            stand_in.post("levels", token_id=token, side="BUY", price="0.01", size="77")
            await ear.until(lambda: stand_in.struck("market-frame-lost") == 1, "the loss")
            await feed.audit()
            await feed.audit()
            await settled(stand_in, feed, ear)


async def test_a_book_that_stays_unbelievable_is_asked_for_ever_less() -> None:
    with StandIn(1) as stand_in:
        async with hearing(stand_in) as (feed, ear):
            await ear.until(lambda: whole(feed), "whole books")
            token = feed.mirror.tokens[0]
            stand_in.post("levels", token_id=token, side="BUY", price="0.0105", size="77")
            await ear.until(lambda: ear.refused("off_grid"), "a price off the grid")
            ticks = len(ear.of(TimerFired))
            await ear.until(lambda: len(ear.of(TimerFired)) > ticks + 8, "eight seconds")
            assert len(ear.refused("off_grid")) < 100


async def test_a_window_is_settled_by_gamma_although_the_socket_says_nothing() -> None:
    with StandIn(60, "--faults", "market-resolved-absent") as stand_in:
        async with hearing(stand_in, series=("btc-5m",)) as (_, ear):
            await ear.until(lambda: ear.of(MarketResolved), "a settled window")


async def test_a_tick_change_reaches_the_engine_before_finer_prices() -> None:
    with StandIn(SPEED) as stand_in:
        async with hearing(stand_in) as (feed, ear):
            await ear.until(lambda: whole(feed), "whole books")
            stand_in.strike("tick-change", times=MARKETS)
            await ear.until(lambda: len(ear.of(TickChanged)) >= MARKETS, "finer ticks")
            changes = len(ear.of(BookChanged))
            await ear.until(lambda: len(ear.of(BookChanged)) > changes + 20, "more changes")
            assert not ear.refused("off_grid")


async def test_a_late_book_is_there_when_there_is_one() -> None:
    with StandIn(60, "--faults", "late-book") as stand_in:
        async with hearing(stand_in) as (feed, ear):
            await ear.until(lambda: ear.of(MarketSeen), "a listed market without a book")
            await ear.until(lambda: whole(feed), "books two minutes later")


async def test_an_unknown_version_is_told_and_leaves_the_recording_readable(
    tmp_path: Path,
) -> None:
    tape = Recorder(tmp_path, lambda event, detail: pytest.fail(f"{event} {detail}"))
    with StandIn(SPEED, "--faults", "market-unknown-version") as stand_in:
        async with hearing(stand_in, tape=tape) as (_, ear):
            await ear.until(
                lambda: len(ear.refused("unknown_version")) >= MARKETS and ear.of(PriceTicked),
                "refusals",
            )
            assert not ear.of(MarketSeen)
    tape.close()
    [part] = parts(tmp_path)
    kinds = [one.kind async for one in _replayed(part) if isinstance(one, FrameRefused)]
    assert kinds == ["unknown_version"] * MARKETS


async def test_a_frozen_price_is_told_and_dialled_again() -> None:
    with StandIn(SPEED) as stand_in:
        async with hearing(stand_in) as (_, ear):
            await ear.until(lambda: ear.of(PriceTicked), "prices")
            stand_in.strike("price-frozen", times=1)
            await ear.until(lambda: ear.refused("price_silent"), "silence")
            [notice] = ear.told("feed.price_silent")[:1]
            assert notice.severity is Severity.ERROR
            await ear.until(lambda: ear.told("feed.price_back"), "prices again")


@pytest.mark.parametrize(
    ("fault", "kind"), [("price-closed-4001", "price_lost"), ("price-tick-lost", "price_gap")]
)
async def test_a_gap_of_prices_is_marked(fault: str, kind: str) -> None:
    with StandIn(SPEED) as stand_in:
        async with hearing(stand_in) as (_, ear):
            await ear.until(lambda: ear.of(PriceTicked), "prices")
            stand_in.strike(fault, times=3)
            await ear.until(lambda: ear.refused(kind), kind)
            ticks = len(ear.of(PriceTicked))
            await ear.until(lambda: len(ear.of(PriceTicked)) > ticks + 4, "prices again")


async def test_without_credentials_there_are_no_prices_and_it_is_said() -> None:
    with StandIn(SPEED) as stand_in:
        async with hearing(stand_in, login=None) as (feed, ear):
            await ear.until(lambda: whole(feed), "whole books")
            assert ear.told("feed.prices_missing")
            assert not ear.of(PriceTicked)


@pytest.mark.parametrize("wrong", ["key", "secret", "passphrase", "not base64"])
async def test_wrong_credentials_are_refused_before_any_socket(wrong: str) -> None:
    with StandIn(SPEED) as stand_in:
        login = stand_in.login()
        changes = {
            "key": (Secret("00000000-0000-0000-0000-000000000000"), login.secret, login.passphrase),
            "secret": (login.key, Secret("AAAA" * 11), login.passphrase),
            "passphrase": (login.key, login.secret, Secret("no")),
            "not base64": (login.key, Secret("%"), login.passphrase),
        }[wrong]
        changed = Login(login.address, *changes)
        with pytest.raises(Refused, match="POLYMARKET_API"):
            async with hearing(stand_in, login=changed):
                pytest.fail("opened")


async def test_closing_is_quick_whatever_the_peers_do() -> None:
    """Servers that take a connection and never say a word, in every handshake."""

    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(mute, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    http, ws = f"http://127.0.0.1:{port}", f"ws://127.0.0.1:{port}"
    places = Places(http, http, ws, ws, ws)
    ear = Ear()
    ground = Ground(places, MarketClock.real(wall_us), ear.tell, SERIES)
    feed = LiveFeed(ground, Untaped())
    await feed.open()
    listening = asyncio.create_task(ear.listen(feed))
    await ear.until(lambda: ear.of(TimerFired), "a beginning")
    begun = time.monotonic()
    await feed.close()
    await listening
    assert time.monotonic() - begun < 5
    server.close()
