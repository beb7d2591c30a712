"""Orders and cancels over REST: one or a batch, in the venue's shapes, with its faults."""

from collections.abc import Callable

import msgspec
from aiohttp import web

from sandbox.polymarket.book.order import Order
from sandbox.polymarket.book.units import text
from sandbox.polymarket.signing.orders import MalformedOrderError, SignedOrder, read_order
from sandbox.polymarket.venue.accounts import ApiKey
from sandbox.polymarket.venue.state import RefusedError
from sandbox.polymarket.venue.trading import GONE, Outcome, cancel
from sandbox.polymarket.wire import intake
from sandbox.polymarket.wire.answers import answer, cut, hold, page, refusal, reset
from sandbox.polymarket.wire.gate import POST_ONLY, Gate, RestrictedError
from sandbox.polymarket.wire.intake import Accepted

BATCH_MOST = 15
CANCELS_MOST = 1000
NOT_RUN = "could not run the execution"


class Orders:
    """`/order`, `/orders` and the cancels."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate
        self.world = gate.world

    def routes(self) -> list[web.RouteDef]:
        """Return its routes."""
        return [
            web.post("/order", self.post_one),
            web.post("/orders", self.post_many),
            web.delete("/order", self.cancel_one),
            web.delete("/orders", self.cancel_many),
            web.delete("/cancel-all", self.cancel_all),
            web.delete("/cancel-market-orders", self.cancel_market),
        ]

    async def post_one(self, request: web.Request) -> web.StreamResponse:
        """Take one order; a refusal is HTTP 400 with the text."""
        key, body = await self._enter(request, cancels=False)
        order = _read(body)
        self.gate.check_modes(cancels=False, post_only=order.post_only)
        self.gate.spend(request, key, 1, cancels=False)
        faults = self.world.venue.faults
        if faults.strikes("error-500"):
            return refusal(NOT_RUN, 500)
        try:
            accepted = self._take(order, key)
        except RefusedError as error:
            if not faults.strikes("refused-with-200"):
                raise
            return answer(_leg("", "", error.said, success=False))
        return await self._after(request, answer(_accepted(accepted)))

    async def post_many(self, request: web.Request) -> web.StreamResponse:
        """Take a batch; each leg answers for itself, a refused one without an order id."""
        key, body = await self._enter(request, cancels=False)
        if not isinstance(body, list) or not body:
            raise RefusedError("Invalid order payload")
        if len(body) > BATCH_MOST:
            text_ = f"Too many orders in payload: {len(body)}, max allowed: {BATCH_MOST}"
            raise RefusedError(text_)
        self.gate.spend(request, key, len(body), cancels=False)
        legs = []
        for part in body:
            try:
                order = _read(part)
                self.gate.check_modes(cancels=False, post_only=order.post_only)
                legs.append(_accepted(self._take(order, key)))
            except RefusedError as error:
                legs.append(_leg("", "", error.said, success=True))
            except RestrictedError as error:
                if error.response.status != 503:  # noqa: PLR2004 - only post-only comes by leg
                    raise
                legs.append(_leg("", "", POST_ONLY, success=True))
        return await self._after(request, answer(legs))

    async def cancel_one(self, request: web.Request) -> web.StreamResponse:
        """Cancel by id."""
        key, body = await self._enter(request, cancels=True)
        if not isinstance(body, dict) or not isinstance(body.get("orderID"), str):
            raise RefusedError("Invalid payload")
        self.gate.spend(request, key, 1, cancels=True)
        return await self._cancelled(request, self._by_ids(key, [body["orderID"]]))

    async def cancel_many(self, request: web.Request) -> web.StreamResponse:
        """Cancel up to 1,000 by id."""
        key, body = await self._enter(request, cancels=True)
        if not isinstance(body, list) or not all(isinstance(item, str) for item in body):
            raise RefusedError("Invalid payload")
        if len(body) > CANCELS_MOST:
            raise RefusedError("Payload exceeds the limit")
        self.gate.spend(request, key, len(body), cancels=True)
        return await self._cancelled(request, self._by_ids(key, body))

    async def cancel_all(self, request: web.Request) -> web.StreamResponse:
        """Cancel everything of the caller."""
        key, _ = await self._enter(request, cancels=True)
        return await self._cancel_where(request, key, lambda _: True)

    async def cancel_market(self, request: web.Request) -> web.StreamResponse:
        """Cancel by market, token, or both."""
        key, body = await self._enter(request, cancels=True)
        if not isinstance(body, dict):
            raise RefusedError("Invalid payload")
        market, token = body.get("market"), body.get("asset_id")
        if not market and not token:
            raise RefusedError("Invalid payload")

        def wanted(order: Order) -> bool:
            return order.market == (market or order.market) and order.token == (
                token or order.token
            )

        return await self._cancel_where(request, key, wanted)

    async def _enter(self, request: web.Request, *, cancels: bool) -> tuple[ApiKey, object]:
        """Pass the gate and read the body; orders meet the venue's mode before their signature."""
        if cancels:
            self.gate.check_modes(cancels=True)
        key = await self.gate.second_level(request)
        raw = await request.read()
        try:
            body = msgspec.json.decode(raw) if raw else None
        except msgspec.DecodeError:
            raise RefusedError("Invalid payload" if cancels else "Invalid order payload") from None
        return key, body

    def _take(self, order: SignedOrder, key: ApiKey) -> Accepted:
        return intake.take(self.world, order, key)

    async def _after(self, request: web.Request, whole: web.Response) -> web.StreamResponse:
        """Answer, unless a fault spoils the answer to something that was taken."""
        faults = self.world.venue.faults
        if faults.strikes("timeout-after-accept"):
            return await hold(request)
        if faults.strikes("cut-after-accept"):
            return await cut(request, whole)
        if faults.strikes("reset-after-accept"):
            reset(request)
            return whole
        return self._replaced() or self._misword(whole)

    def _replaced(self) -> web.Response | None:
        """Return what comes instead of the answer, if a fault says so."""
        faults = self.world.venue.faults
        if faults.strikes("html-502-after-accept"):
            return page()
        if faults.strikes("error-500-after-accept"):
            return refusal(NOT_RUN, 500)
        if faults.strikes("not-json-after-accept"):
            return page(200)
        if faults.strikes("context-canceled-after-accept"):
            return refusal("rpc error: code = Canceled desc = context canceled")
        return None

    def _misword(self, whole: web.Response) -> web.Response:
        faults = self.world.venue.faults
        unmatched = faults.strikes("unmatched-after-accept")
        null = faults.strikes("null-error-after-accept")
        if not (unmatched or null) or not isinstance(whole.body, bytes):
            return whole
        body = msgspec.json.decode(whole.body)
        for leg in body if isinstance(body, list) else [body]:
            leg.update({"status": "unmatched"} if unmatched else {"errorMsg": None})
        return answer(body)

    def _by_ids(self, key: ApiKey, ids: list[str]) -> dict[str, object]:
        done, left = list[str](), dict[str, str]()
        for order_id in dict.fromkeys(ids):
            order = self.world.venue.orders.get(order_id)
            if order is None or not order.live or not intake.owns(self.world, key, order):
                left[order_id] = GONE
            elif self.world.venue.faults.strikes("not-cancelled"):
                left[order_id] = "the order could not be canceled, try again"
            else:
                cancel(self.world.venue, order)
                done.append(order_id)
        return {"canceled": done, "not_canceled": left}

    async def _cancel_where(
        self,
        request: web.Request,
        key: ApiKey,
        wanted: Callable[[Order], bool],
    ) -> web.StreamResponse:
        own = [order for order in self.world.venue.live_orders() if wanted(order)]
        ids = [o.id for o in own if intake.owns(self.world, key, o)]
        self.gate.spend(request, key, 1 + len(ids), cancels=True)
        return await self._cancelled(request, self._by_ids(key, ids))

    async def _cancelled(self, request: web.Request, body: dict[str, object]) -> web.StreamResponse:
        if self.world.venue.faults.strikes("timeout-after-cancel"):
            return await hold(request)
        if self.world.venue.faults.strikes("html-502-after-cancel"):
            return page()
        return answer(body)


def _read(body: object) -> SignedOrder:
    try:
        return read_order(body)
    except MalformedOrderError:
        raise RefusedError("Invalid order payload") from None


def _accepted(accepted: Accepted) -> dict[str, object]:
    outcome: Outcome = accepted.outcome
    leg = _leg(accepted.order_id, outcome.status, "", success=True)
    if outcome.trades:
        leg["makingAmount"], leg["takingAmount"] = text(outcome.making), text(outcome.taking)
        leg["tradeIDs"] = [trade.id for trade in outcome.trades]
        leg["transactionsHashes"] = [trade.tx_hash for trade in outcome.trades]
    return leg


def _leg(order_id: str, status: str, said: str, *, success: bool) -> dict[str, object]:
    return {
        "errorMsg": said,
        "orderID": order_id,
        "takingAmount": "",
        "makingAmount": "",
        "status": status,
        "success": success,
    }
