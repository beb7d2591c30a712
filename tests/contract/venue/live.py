"""The live venue on the contract suite's stage: the vendor's SDK against a still stand-in."""

from bot.adapters.polymarket.account.follow import News
from bot.adapters.polymarket.clock import MarketClock
from bot.adapters.polymarket.venue import LiveVenue
from bot.domain.book import Side
from bot.domain.event import OrderAnswered, OrderEnded, OrderFilled, VenueEvent
from bot.domain.market import (
    FeeSchedule,
    Market,
    MarketId,
    MarketWindow,
    ProtocolVersion,
    TokenId,
)
from bot.domain.money import Price, Shares, Usd
from tests.contract.polymarket_sdk.standin import Row
from tests.contract.venue.case import Levels
from tests.contract.venue.ground import Ground, settings_of

BEHIND_S = 5
"""Less than the tests step the stand-in's clock by, so that none hears of another's trades."""
SETTLED_S = 6
"""Market time after which a match is confirmed on the stand-in's chain."""


class LiveStage:
    """A live venue with one market and one account of its own."""

    def __init__(self, ground: Ground, row: Row, account: Row, venue: LiveVenue) -> None:
        self.cash = Usd.parse("1000")
        self.market = market_of(row)
        self.ground = ground
        self.account = account
        self.connection = venue.connection
        self._venue = LiveVenue(venue.connection, venue.budget, appear_s=0.0, behind_s=BEHIND_S)

    @classmethod
    async def open(
        cls,
        ground: Ground,
        *,
        version: str = "v1",
        kind: str = "deposit",
        timeout_s: float = 2.0,
        cash: str = "1000",
    ) -> "LiveStage":
        """Take a new market and a new account."""
        account = ground.account(cash)
        if kind != "deposit":
            wallet = account["wallets"][kind]["wallet"]
            ground.stand_in.post(
                "wallets", wallet=wallet, cash_usd=cash, approved=True, deployed=True
            )
        settings = settings_of(ground.variables(account, kind, timeout_s=timeout_s))
        venue = await LiveVenue.open(settings)
        stage = cls(ground, ground.market(version), account, venue)
        await stage.venue.warm([stage.market])
        return stage

    @property
    def venue(self) -> LiveVenue:
        """Return the adapter."""
        return self._venue

    @property
    def clock(self) -> MarketClock:
        """Return market time as the adapter has it."""
        return self.connection.settings.clock

    def now_us(self) -> int:
        """Return the venue's market time."""
        return int(self.ground.stand_in.get("clock")["market_us"])

    async def afresh(self) -> None:
        """Put a new venue on the same connection: one that has heard of no order yet."""
        self._venue = LiveVenue(
            self.connection, self._venue.budget, appear_s=0.0, behind_s=BEHIND_S
        )
        await self._venue.warm([self.market])

    async def show(self, bids: Levels, asks: Levels) -> None:
        """Put levels into the outside book of Up; the venue mirrors them."""
        for side, levels in (("BUY", bids), ("SELL", asks)):
            for price, size in levels:
                self._put("levels", side, price, size)

    async def trade(self, side: Side, price: str, size: str) -> None:
        """Let a stranger take from what rests."""
        self._put("trades", "BUY" if side is Side.BUY else "SELL", price, size)

    def _put(self, what: str, side: str, price: str, size: str) -> None:
        self.ground.stand_in.post(what, token_id=self.market.up, side=side, price=price, size=size)

    async def look(self) -> list[News]:
        """Read what is new of our orders."""
        return await self._venue.follower.look()

    async def settle_down(self) -> list[VenueEvent]:
        """Let matches reach the chain, and return what is told."""
        told = await self.look()
        self.ground.stand_in.step(SETTLED_S)
        told += await self.look()
        kinds = (OrderAnswered, OrderFilled, OrderEnded)
        return [one for one in told if isinstance(one, kinds)]

    async def close(self) -> None:
        """Let go of the connections."""
        await self.connection.close()


def market_of(row: Row) -> Market:
    """Return a market of the stand-in's truth."""
    up, down = row["tokens"]
    return Market(
        market_id=MarketId(row["condition_id"]),
        slug=row["slug"],
        asset="btc",
        window=MarketWindow(int(row["start_us"]), int(row["end_us"])),
        up=TokenId(up),
        down=TokenId(down),
        tick=Price(int(row["tick"])),
        size_min=Shares.parse("5"),
        fees=FeeSchedule(70_000, 1, taker_only=True),
        version=ProtocolVersion(row["version"]),
    )
