"""What the tests of a live engine do besides watching it: act at the venue with its own account."""

from collections.abc import Mapping
from typing import Any

from bot.adapters.polymarket.setting import LiveSettings, read_live_settings
from bot.adapters.polymarket.venue import LiveVenue
from bot.bootstrap.market import wall_us
from bot.domain.book import Side
from bot.domain.order import Answer, TimeInForce
from tests.contract.venue.case import prepare, terms
from tests.contract.venue.live import market_of
from tests.simulation.live.life import Life

Row = dict[str, Any]


class Desk:
    """The operator's own account at the venue, beside the engine's process."""

    def __init__(self, venue: LiveVenue, life: Life) -> None:
        self.venue = venue
        self.life = life
        row = next(one for one in life.exchange.truth()["markets"] if one["accepting"])
        self.market = market_of(row)
        self.now_us = venue.connection.settings.clock.now_us

    @classmethod
    async def open(cls, life: Life) -> "Desk":
        return cls(await LiveVenue.open(settings_of(life.exchange.variables())), life)

    async def rest(self, salt: int = 1) -> Answer:
        """Put a bid into the book that nobody takes."""
        await self.venue.warm([self.market])
        wish = terms(self, Side.BUY, TimeInForce.GTC, "0.01", "10")  # type: ignore[arg-type]
        return await self.venue.submit(prepare(self, wish, salt=salt, name=f"9-{salt}"))  # type: ignore[arg-type]

    async def close(self) -> None:
        await self.venue.close()


def settings_of(variables: Mapping[str, str]) -> LiveSettings:
    return read_live_settings(variables, wall_us)


def resting(life: Life) -> list[Row]:
    """Return every open order of our key, by the venue's own books."""
    key = life.exchange.line["account"]["api_key"]
    rows = life.exchange.truth()["orders"]
    return [one for one in rows if one["owner"] == key and one["status"] == "LIVE"]


def said(life: Life, event: str) -> list[Mapping[str, Any]]:
    return [line for line in life.lines() if line["event"] == event]


def states(life: Life) -> list[tuple[str, str]]:
    """Return the trading states so far with their causes."""
    return [(line["state"], line["cause"]) for line in said(life, "trading.state")]
