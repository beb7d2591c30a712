"""A small venue in this process: one window, one funded account, time that stands still."""

import json
from dataclasses import dataclass, field
from decimal import Decimal

from sandbox.faults import Faults
from sandbox.polymarket.book.order import Order, Want
from sandbox.polymarket.book.units import ONE
from sandbox.polymarket.faults import FAULTS
from sandbox.polymarket.signing.addresses import wallets_of
from sandbox.polymarket.venue.accounts import Accounts, address_of, private_key
from sandbox.polymarket.venue.market import Market, read_market
from sandbox.polymarket.venue.note import Note
from sandbox.polymarket.venue.rules import Terms
from sandbox.polymarket.venue.state import Venue
from sandbox.polymarket.venue.trading import Outcome, refuse_kill, submit
from sandbox.polymarket.venue.windows import list_market

START_S = 1_790_586_000
SEED = b"\x5a" * 32
KEY = private_key(SEED, "0")
EOA = address_of(KEY)
WALLET = wallets_of(EOA).beacon.lower()
UP, DOWN = str(7**70), str(11**60)
CONDITION = "0x" + "c1" * 32

Gamma = dict[str, object]


def gamma(**changes: object) -> Gamma:
    """Return a v1 window as Gamma lists it."""
    return {
        "id": "501",
        "conditionId": CONDITION,
        "slug": f"btc-updown-15m-{START_S}",
        "version": "v1",
        "outcomes": '["Up","Down"]',
        "clobTokenIds": json.dumps([UP, DOWN]),
        "endDate": "2026-09-28T09:15:00Z",
        "orderPriceMinTickSize": 0.01,
        "orderMinSize": 5,
        "negRisk": False,
        "feesEnabled": True,
        "feeSchedule": {"exponent": 1, "rate": 0.07, "takerOnly": True, "rebateRate": 0.2},
        **changes,
    }


@dataclass(slots=True)
class Desk:
    """The venue, its window, what it told, and prices that a test sets."""

    venue: Venue
    market: Market
    heard: list[Note] = field(default_factory=list)
    prices: dict[int, int] = field(default_factory=dict)
    numbered: int = 0

    def twap(self, _: str, at_us: int) -> int | None:
        return self.prices.get(at_us // ONE)

    def level(self, side: str, price: int, size: int, index: int = 0) -> None:
        """Set a recorded level in whole cents and shares."""
        self.market.book.record(index, side, price * 10_000, size * ONE)

    def order(self, side: str, price: int, size: int, index: int = 0, **more: object) -> Order:
        """Make an order in whole cents and shares."""
        self.numbered += 1
        fields: dict[str, object] = {"order_type": "GTC", "budget": 0, **more}
        return Order(
            id=f"0x{self.numbered:064x}",
            owner="key",
            eoa=EOA,
            maker=WALLET,
            market=self.market.condition_id,
            token=self.market.tokens[index],
            index=index,
            side=side,
            price=price * 10_000,
            size=size * ONE,
            expiration_s=0,
            created_us=self.venue.now_us,
            **fields,  # type: ignore[arg-type]  # the few fields a test varies
        )

    def post(self, order: Order) -> Outcome:
        """Submit an order that the checks before it have passed."""
        want = Want(order.index, order.side, order.price, order.size, budget=order.budget)
        plan = self.market.book.plan(want)
        refuse_kill(order, plan)
        return submit(self.venue, self.market, order, plan)

    def advance(self, seconds: float) -> None:
        """Run everything that falls due."""
        until = self.venue.now_us + int(seconds * ONE)
        while (due := self.venue.agenda.next_us()) is not None and due <= until:
            self.venue.now_us = max(self.venue.now_us, due)
            self.venue.agenda.run_next()
        self.venue.now_us = until

    def cash(self) -> int:
        return self.venue.accounts.wallets[WALLET].cash

    def shares(self, index: int = 0) -> int:
        return self.venue.accounts.wallets[WALLET].tokens.get(self.market.tokens[index], 0)


def desk(*, cash: int = 1_000, **changes: object) -> Desk:
    """Return a venue one minute after a window has opened."""
    now_us = (START_S + 60) * ONE
    venue = Venue(1, Accounts(SEED), Faults(FAULTS), now_us=now_us)
    venue.accounts.fund(EOA, cash * ONE)
    made = Desk(venue, read_market(gamma(**changes), now_us))
    venue.listeners.append(made.heard.append)
    list_market(venue, made.market, made.twap)
    return made


TERMS = Terms(limit=500_000, shares=10 * ONE, usd=5 * ONE, budget=0)
RATE = Decimal("0.07")
