"""Public reads: what the vendor's client asks of books, prices, markets and events."""

import hashlib
import json
from decimal import Decimal

import httpx
import pytest
from polymarket import AsyncSecureClient, RequestRejectedError, SecureClient
from polymarket.errors import UnexpectedResponseError
from polymarket.models.clob import PriceRequest

from tests.contract.polymarket_sdk.standin import StandIn


async def test_a_book_has_its_best_prices_last_and_mirrors_the_other_outcome(
    stand_in: StandIn, client: AsyncSecureClient
) -> None:
    up, down = stand_in.window()["tokens"]
    first, second = await client.get_order_books(token_ids=[up, down])
    assert list(first.bids) == sorted(first.bids, key=lambda level: level.price)
    assert list(first.asks) == sorted(first.asks, key=lambda level: -level.price)
    mirror = [(1 - level.price, level.size) for level in first.bids]
    assert mirror == [(level.price, level.size) for level in second.asks]


async def test_the_hash_of_a_book_is_that_of_its_compact_json(stand_in: StandIn) -> None:
    token = stand_in.window()["tokens"][0]
    url = f"{stand_in.line['clob_url']}/book"
    book = stand_in.http.get(url, params={"token_id": token}).json()
    told, book["hash"] = book["hash"], ""
    compact = json.dumps(book, separators=(",", ":")).encode()
    assert told == hashlib.sha1(compact).hexdigest()  # noqa: S324 - the venue's own choice


async def test_prices_agree_with_the_book(stand_in: StandIn, client: AsyncSecureClient) -> None:
    token = stand_in.window()["tokens"][0]
    book = await client.get_order_book(token_id=token)
    bid, ask = book.bids[-1].price, book.asks[-1].price
    assert await client.get_price(token_id=token, side="BUY") == bid
    assert await client.get_price(token_id=token, side="SELL") == ask
    assert await client.get_midpoint(token_id=token) == (bid + ask) / 2
    assert await client.get_spread(token_id=token) == ask - bid
    assert (await client.get_midpoints(token_ids=[token]))[token] == (bid + ask) / 2
    assert (await client.get_spreads(token_ids=[token]))[token] == ask - bid
    asked = [PriceRequest(token, "BUY"), PriceRequest(token, "SELL")]
    assert (await client.get_prices(requests=asked))[token] == {"BUY": bid, "SELL": ask}


async def test_a_stranger_s_trade_is_the_last_trade(
    stand_in: StandIn, client: AsyncSecureClient
) -> None:
    token = stand_in.window()["tokens"][0]
    stand_in.post("trades", token_id=token, side="SELL", price="0.4", size="7")
    last = await client.get_last_trade_price(token_id=token)
    assert last is not None
    assert (last.price, last.side) == (Decimal("0.4"), "SELL")


@pytest.mark.parametrize(("token", "status"), [("x", 400), ("12345", 404)])
async def test_a_token_without_a_book_is_refused(
    client: AsyncSecureClient, token: str, status: int
) -> None:
    with pytest.raises(RequestRejectedError) as refused:
        await client.get_order_book(token_id=token)
    assert refused.value.status == status


@pytest.mark.parametrize("version", ["v1", "v2"])
async def test_a_window_is_found_by_slug_with_what_trading_needs(
    stand_in: StandIn, client: AsyncSecureClient, version: str
) -> None:
    window = stand_in.window(version)
    market = await client.get_market(slug=window["slug"])
    assert market.version == version
    assert market.condition_id == window["condition_id"]
    event = await client.get_event(slug=window["slug"])
    assert event.schedule.start_time is not None
    assert int(event.schedule.start_time.timestamp()) == window["start_us"] // 1_000_000


async def test_a_page_without_a_version_holds_v1_only(
    stand_in: StandIn, client: AsyncSecureClient
) -> None:
    stand_in.window()
    plain = [market.version async for market in client.list_markets().iter_items()]
    both = client.list_markets(version=["v1", "v2"], page_size=2)
    assert set(plain) == {"v1"}
    assert {market.version async for market in both.iter_items()} == {"v1", "v2"}


async def test_events_are_listed_by_series(stand_in: StandIn, client: AsyncSecureClient) -> None:
    stand_in.window()
    events = [e async for e in client.list_events(series_ids=[10192]).iter_items()]
    assert events
    assert all(str(event.slug).startswith("btc-updown-15m-") for event in events)


async def test_an_unknown_slug_is_404(client: AsyncSecureClient) -> None:
    with pytest.raises(RequestRejectedError) as refused:
        await client.get_market(slug="btc-updown-15m-0")
    assert refused.value.status == 404


async def test_time_is_the_wall_s(stand_in: StandIn) -> None:
    told = stand_in.http.get(f"{stand_in.line['clob_url']}/time").json()
    assert isinstance(told, int)
    assert abs(told - stand_in.get("clock")["protocol_us"] / 1e6) < 5


def test_the_sync_client_reads_the_same(stand_in: StandIn) -> None:
    token = stand_in.window()["tokens"][0]
    with SecureClient.create(
        private_key=stand_in.account["private_key"],
        wallet=stand_in.account["wallet"],
        environment=stand_in.environment(),
    ) as client:
        book = client.get_order_book(token_id=token)
        assert client.get_price(token_id=token, side="BUY") == book.bids[-1].price


async def test_a_market_of_an_unknown_version_aborts_the_client_s_whole_page() -> None:
    with StandIn("--faults", "market-unknown-version") as stand_in:
        stand_in.step(1)
        async with await AsyncSecureClient.create(
            private_key=stand_in.account["private_key"],
            wallet=stand_in.account["wallet"],
            environment=stand_in.environment(),
        ) as client:
            with pytest.raises(UnexpectedResponseError):
                await client.list_markets(version=["v1", "v2"]).first_page()


def test_market_time_runs_as_the_first_line_says() -> None:
    with StandIn("--speed", "50") as stand_in:
        origin, _, speed = stand_in.line["market_clock"].partition(",")
        market_us, _, wall_us = origin.partition("@")
        seen = [stand_in.get("clock") for _ in range(20)]
        for clock in seen:
            passed = (clock["protocol_us"] - int(wall_us)) * int(speed)
            assert abs(int(market_us) + passed - clock["market_us"]) < 1_000_000
        assert seen[-1]["market_us"] > seen[0]["market_us"] > int(market_us)


def test_nothing_else_listens(stand_in: StandIn) -> None:
    answer = httpx.get(f"{stand_in.line['control_url']}/truth", trust_env=False)
    assert answer.status_code == 401
