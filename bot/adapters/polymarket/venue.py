"""The real venue as the engine's shell sees it: the port `Venue` over the vendor's SDK.

Orders are prepared without network and posted once, by `post_order` only: the SDK's `place_*`
would approve on the chain and post a second time. Every call has a total deadline of its own.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from typing import Final

from eth_utils.address import to_checksum_address
from polymarket import AcceptedOrder, SignedOrder
from polymarket.models.clob.user_events import UserTradePayload

from bot.adapters.polymarket.account.follow import MARGIN_S, Clocks, Follower, News
from bot.adapters.polymarket.account.holding import Account
from bot.adapters.polymarket.account.reading import Reads
from bot.adapters.polymarket.account.trade import Ours
from bot.adapters.polymarket.connection import Connection
from bot.adapters.polymarket.order import answer as meaning
from bot.adapters.polymarket.order.amount import Amounts, Unfit, amounts
from bot.adapters.polymarket.order.budget import Budget, Full, Kind
from bot.adapters.polymarket.order.catalog import Catalog
from bot.adapters.polymarket.order.signing import (
    Signatory,
    Unreadable,
    order_hash,
    read_body,
    write_body,
)
from bot.adapters.polymarket.setting import LiveSettings
from bot.domain.event import Event, MarketResolved, ResolutionFound, TickChanged, Together
from bot.domain.fill import Fill
from bot.domain.market import Market, MarketId, Outcome
from bot.domain.order import Answer, ApprovedOrder, OrderHash, Prepared, Rejected
from bot.ports import Temporary, VenueView

GONE: Final = "already canceled or matched"
"""The venue's words for an order that is over or was never there. Source: clob-client captures."""
LOOK_S: Final = 1.0
"""How often our orders are looked at while any of them may change."""
LOOK_LEAST_S: Final = 0.1
"""Between two looks: a burst of orders is one reason to look, and looking is in their way."""
PLACEHOLDER: Final = Amounts(1, 1)
"""Amounts of an order that is never sent."""


def asleep() -> None:
    """Wake nobody."""


class LiveVenue:
    """One wallet at Polymarket."""

    def __init__(
        self,
        connection: Connection,
        budget: Budget,
        *,
        appear_s: float = 10.0,
        behind_s: float = MARGIN_S,
    ) -> None:
        """Trade through an open connection, within a budget; see `open`.

        An order may be missing from the listing for `appear_s`; the venue's clock may be `behind_s`
        behind ours.
        """
        self.connection = connection
        self.budget = budget
        self._clock = connection.settings.clock
        sdk = connection.context
        self._signatory = Signatory(
            sdk.signer, to_checksum_address(sdk.wallet), sdk.wallet_type, sdk.signer_type,
            connection.config,
        )  # fmt: skip
        self.catalog = Catalog(connection)
        self.reads = Reads(connection)
        ours = Ours(str(sdk.wallet), sdk.credentials.key)
        self.account = Account(self.reads, self.catalog, ours)
        wall_s = asyncio.get_running_loop().time
        clocks = Clocks(self._clock.now_us, wall_s, appear_s, self._clock.margin_s(behind_s))
        self.follower = Follower(self.reads, self.catalog, ours, clocks)
        self._wanted: dict[MarketId, int] = {}
        self._woken = asyncio.Event()
        self.awoken: Callable[[], object] = asleep
        """Hears that our orders have to be looked at."""

    @classmethod
    async def open(cls, settings: LiveSettings) -> "LiveVenue":
        """Connect, with a budget that hears the venue's headers; nothing is asked yet.

        Takes up to a second and holds the loop meanwhile: before the loops start.

        Raises:
            Refused: key, wallet or credentials that cannot belong together; USAGE.

        """
        budget = Budget(settings.rate_share, asyncio.get_running_loop().time)
        return cls(await Connection.open(settings, budget.hear), budget)

    async def close(self) -> None:
        """Let go of every connection, in bounded time; cancels no order."""
        await self.connection.close()

    async def warm(self, markets: Iterable[Market]) -> tuple[MarketId, ...]:
        """Fetch what orders in these markets need; return those that cannot be had yet.

        They are kept fresh until their window is over by the task `renew`.
        """
        known = tuple(markets)
        self._wanted |= {market.market_id: market.window.end_us for market in known}
        return await self.catalog.warm(known)

    async def renew(self) -> None:
        """Keep market facts fresh for ever; run it as a task beside the trading."""
        await self.catalog.renew(self._current)

    def _current(self) -> tuple[MarketId, ...]:
        now_us = self._clock.now_us()
        self._wanted = {m: end_us for m, end_us in self._wanted.items() if end_us > now_us}
        return tuple(self._wanted)

    def observe(self, event: Event) -> None:
        """Take over what the feed told: a new tick at once, a resolution for our cash."""
        match event:
            case TickChanged():
                self.catalog.change_tick(event.token, event.tick)
            case MarketResolved() | ResolutionFound():
                self.account.settled(event.market_id, event.winner)
            case Together():
                for part in event.parts:
                    self.observe(part)
            case _:
                pass

    def prepare(self, order: ApprovedOrder, *, salt: int, at_us: int) -> Prepared:
        """Return the signed order with the venue's own id for it; pure, no network.

        What cannot be signed right (facts of the market are missing, terms fit no amounts) gets a
        body that says so, and is never sent.
        """
        terms = order.intent.terms
        facts = self.catalog.of_market(terms.market_id)
        said, unfit = PLACEHOLDER, f"facts of market {terms.market_id} are not loaded"
        if facts is not None:
            try:
                said, unfit = amounts(terms, facts.tick), ""
            except Unfit as error:
                unfit = str(error)
        unsigned = self._signatory.unsigned(
            terms,
            said,
            neg_risk=facts is not None and facts.neg_risk,
            salt=salt,
            wall_us=self._clock.wall_us(at_us),
        )
        body = write_body(self._signatory.sign(unsigned), terms.market_id, unfit)
        return Prepared(order.intent.intent_id, order_hash(unsigned), body, at_us)

    async def submit(self, prepared: Prepared) -> Answer:
        """Post the prepared order once; what does not prove an outcome is `Unknown`."""
        trade_ids: tuple[str, ...] = ()
        try:
            signed, body = read_body(prepared.body)
        except Unreadable as error:
            return Rejected(f"not sent: {error}")
        if body.unfit:
            return Rejected(f"not sent: {body.unfit}")
        try:
            said, trade_ids = await self._post(signed)
        except Full as error:
            return Rejected(f"not sent: {error}")
        except Exception as error:  # noqa: BLE001 - what is not known is Unknown, a bug's too
            said = meaning.of_exception(error)
        answer = meaning.answer(said, prepared.order_hash)
        self.follower.sent(prepared, answer, trade_ids)
        self._woken.set()
        return answer

    async def _post(self, signed: SignedOrder) -> tuple[meaning.Said, tuple[str, ...]]:
        within_s = self.connection.settings.call_timeout_s
        async with self.budget.ask(Kind.ORDER, within_s=within_s), asyncio.timeout(within_s):
            response = await self.connection.client.post_order(signed)
        ids = response.trade_ids if isinstance(response, AcceptedOrder) else ()
        return meaning.of_response(response), ids

    async def cancel(self, order_hash: OrderHash) -> bool:
        """Cancel one order; True if the venue says that it is not open any more. Idempotent.

        Raises:
            Temporary: no answer; the order may still be open.

        """
        async with self._cancelling():
            said = await self.connection.ask(
                "cancel", lambda: self.connection.client.cancel_order(order_id=order_hash)
            )
        done = order_hash.lower() in {str(one).lower() for one in said.canceled}
        reasons = [
            reason
            for one, reason in said.not_canceled.items()
            if str(one).lower() == order_hash.lower()
        ]
        if done:
            self.follower.gone(order_hash)
            self._woken.set()
        return done or any(GONE in reason for reason in reasons)

    async def cancel_all(self) -> tuple[OrderHash, ...]:
        """Cancel everything open under this API key's owner; return what was. Idempotent.

        It waits for no budget of ours.

        Raises:
            Temporary: no answer, or the venue kept some open; orders may still be open.

        """
        with self.budget.urgent(Kind.CANCEL):
            said = await self.connection.ask("cancel-all", self.connection.client.cancel_all)
        gone = tuple(OrderHash(str(one).lower()) for one in said.canceled)
        self.budget.charge(Kind.CANCEL, len(gone))
        for one in gone:
            self.follower.gone(one)
        self._woken.set()
        kept = [reason for reason in said.not_canceled.values() if GONE not in reason]
        if kept:
            raise Temporary(f"cancel-all: {len(kept)} orders stay open: {kept[0][:120]}")
        return gone

    async def resting(self) -> tuple[OrderHash, ...]:
        """Return every open order of this API key's owner, out of complete pages.

        Raises:
            Temporary: a page is missing; an incomplete answer is never "none".

        """
        return tuple(OrderHash(one.id.lower()) for one in await self.reads.open_orders())

    @contextlib.asynccontextmanager
    async def _cancelling(self) -> AsyncIterator[None]:
        within_s = self.connection.settings.call_timeout_s
        try:
            async with self.budget.ask(Kind.CANCEL, within_s=within_s):
                yield
        except Full as error:
            raise Temporary(str(error)) from error

    async def view(self, hashes: Sequence[OrderHash], since_us: int) -> VenueView:
        """Return the venue's account of us out of complete pages.

        Cash counts matches that are not mined yet and payouts that are not redeemed yet, because
        that is what was traded; a market that is resolved has no positions.

        Raises:
            Temporary: any part is missing; an incomplete answer is never "flat".

        """
        return await self.account.view(hashes, since_us, self._clock.now_us())

    def adopt(self, prepared: Prepared, answer: Answer) -> None:
        """Follow an order of an earlier process, as recovery found it."""
        self.follower.sent(prepared, answer)
        self._woken.set()

    def adopt_fill(self, fill: Fill) -> None:
        """Know a fill that is recorded; a provisional one is followed until it is final."""
        self.follower.know(fill)
        self._woken.set()

    def settled(self, market_id: MarketId, winner: Outcome) -> None:
        """Know how a market ended: its tokens are cash or nothing from now on."""
        self.account.settled(market_id, winner)

    def release(self, order_hash: OrderHash) -> None:
        """Follow an order no more: reconciliation has closed it, by proof or as expired."""
        self.follower.drop(order_hash)

    async def hear(self, trade: UserTradePayload) -> list[News]:
        """Take a trade from the user socket, ahead of the next look; return what is new of it.

        Raises:
            Temporary: its market's facts cannot be had; the next look tells it.

        """
        return await self.follower.hear(trade)

    def wake(self) -> None:
        """Look at our orders now: something happened, or a socket was away."""
        self._woken.set()
        self.awoken()

    async def events(self) -> AsyncIterator[News]:
        """Yield what happens to our orders, each once; `frame` is 0 and is the reader's to set.

        A look that fails is made again; what it would have told is told then.
        """
        while True:
            self._woken.clear()
            try:
                news = await self.follower.look()
            except Temporary:
                news = []
            for one in news:
                yield one
            await asyncio.sleep(LOOK_LEAST_S)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(None if self.follower.idle else LOOK_S):
                    await self._woken.wait()
