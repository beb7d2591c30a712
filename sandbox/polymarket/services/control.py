"""The control address: a test arms faults, moves time, and reads the venue's truth and journal.

It is no part of Polymarket. Every call needs the token that the first line of the process shows.
"""

import hmac
from collections.abc import Awaitable, Callable
from decimal import Decimal, InvalidOperation

import msgspec
from aiohttp import web

from sandbox.polymarket.book.order import Want
from sandbox.polymarket.book.units import micros
from sandbox.polymarket.clock import MICROS
from sandbox.polymarket.guard.limits import TIERS
from sandbox.polymarket.services import truth
from sandbox.polymarket.signing.addresses import WalletKind, wallets_of
from sandbox.polymarket.venue.market import Market, tick_of
from sandbox.polymarket.venue.trading import recorded_levels, recorded_trade
from sandbox.polymarket.venue.windows import change_tick, resolve
from sandbox.polymarket.wire.answers import answer
from sandbox.polymarket.wire.gate import Gate, Modes
from sandbox.polymarket.world import TestAccount

ENTRIES_MOST = 1_000
MODES = {"engine-restart", "post-only", "cancel-only", "trading-disabled"}
Handler = Callable[[dict[str, object]], object]


class Control:
    """`/control/…`."""

    def __init__(self, gate: Gate, token: str) -> None:
        self.gate = gate
        self.world = gate.world
        self._token = token

    def routes(self) -> list[web.RouteDef]:
        """Return its routes."""
        posts: dict[str, Handler] = {
            "faults": self.arm,
            "clock": self.move,
            "accounts": self.account,
            "wallets": self.wallet,
            "levels": self.levels,
            "trades": self.trade,
            "prices": self.price,
            "markets": self.market,
            "heartbeats": self.forget,
        }
        routes = [web.post(f"/control/{name}", self._posted(run)) for name, run in posts.items()]
        return [
            *routes,
            web.get("/control/faults", self.faults),
            web.delete("/control/faults", self.disarm),
            web.get("/control/clock", self.clock),
            web.get("/control/truth", self.truth),
            web.get("/control/journal", self.journal),
        ]

    def check(self, request: web.Request) -> None:
        """Refuse a caller without the token.

        Raises:
            HTTPUnauthorized: always the same answer.

        """
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(given.encode(), self._token.encode()):
            raise web.HTTPUnauthorized(text="the control token is missing or wrong")

    async def faults(self, request: web.Request) -> web.Response:
        """List faults: what is armed, how often each was asked and struck."""
        self.check(request)
        return answer(truth.faults(self.world))

    async def disarm(self, request: web.Request) -> web.Response:
        """Disarm one fault (`?name=`) or all; modes and skew that one has begun end with it."""
        self.check(request)
        name = request.query.get("name")
        self.world.venue.faults.disarm(name)
        if name in {None, "clock-skew"}:
            self.world.clocks.skew_us = 0
        if name is None or name in MODES:
            self.gate.modes = Modes()
        return answer(truth.faults(self.world))

    async def clock(self, request: web.Request) -> web.Response:
        """Return both clocks."""
        self.check(request)
        return answer(self._clock())

    async def truth(self, request: web.Request) -> web.Response:
        """Return everything the venue knows, amounts in millionths."""
        self.check(request)
        return answer(truth.whole(self.world))

    async def journal(self, request: web.Request) -> web.Response:
        """Return entries after `?after=`, oldest first, `?limit=` of them."""
        self.check(request)
        after, limit = request.query.get("after", "0"), request.query.get("limit", "200")
        if not after.isdecimal() or not limit.isdecimal():
            raise web.HTTPBadRequest(text="after and limit must be numbers")
        entries = self.world.journal.since(int(after), min(int(limit), ENTRIES_MOST))
        return answer({"entries": entries, "last": self.world.journal.sequence})

    def arm(self, body: dict[str, object]) -> object:
        """Arm `{name, rate?, times?, …}`; further numbers are the fault's own settings."""
        name, times = str(body.get("name")), body.get("times")
        rate, count = float(str(body.get("rate", 1))), None
        if times is not None:
            count = int(str(times))
        self.world.venue.faults.arm(name, rate=rate, times=count)
        own = {k: Decimal(str(v)) for k, v in body.items() if k not in {"name", "rate", "times"}}
        self.world.settings[name] = own
        self._at_once(name)
        return truth.faults(self.world)

    def move(self, body: dict[str, object]) -> object:
        """Move market time: `{step_s}`, `{to_us}` or `{speed}`; `{skew_s}` bends protocol time."""
        clocks = self.world.clocks
        if "skew_s" in body:
            clocks.skew_us = int(Decimal(str(body["skew_s"])) * MICROS)
        if "speed" in body:
            speed = Decimal(str(body["speed"]))
            if not 0 <= speed <= 100_000:  # noqa: PLR2004 - frames cannot follow a faster one
                raise ValueError(f"speed must be in [0, 100000], was {speed}")
            clocks.set_speed(speed)
        if "to_us" in body:
            self.world.step(int(str(body["to_us"])) - clocks.market_us())
        if "step_s" in body:
            self.world.step(int(Decimal(str(body["step_s"])) * MICROS))
        return self._clock()

    def account(self, body: dict[str, object]) -> object:
        """Make another funded account: `{label, cash_usd}`."""
        cash = micros(body.get("cash_usd", "1000"))
        return account_json(self.world.new_account(str(body.get("label", "1")), cash))

    def wallet(self, body: dict[str, object]) -> object:
        """Change a wallet: `{wallet, cash_usd?, tokens?, approved?, deployed?, tier?, …}`."""
        wallet = self.world.venue.accounts.wallet(str(body.get("wallet")))
        if wallet is None:
            raise ValueError(f"wallet {body.get('wallet')} is unknown")
        if "cash_usd" in body:
            wallet.cash = micros(body["cash_usd"])
        tokens = body.get("tokens")
        if isinstance(tokens, dict):
            for token, shares in tokens.items():
                wallet.tokens[str(token)] = micros(shares)
        if body.get("approved") is True:
            wallet.approve_all()
        elif body.get("approved") is False:
            wallet.allowances, wallet.operators = {}, {}
        if isinstance(body.get("deployed"), bool):
            wallet.deployed = body["deployed"] is True
        self._standing(wallet.owner, body)
        return truth.wallet(wallet)

    def levels(self, body: dict[str, object]) -> object:
        """Set the outside book: `{token_id, side, price, size}`."""
        market, index = self._place(body)
        level = (index, _side(body), micros(body["price"]), micros(body["size"]))
        recorded_levels(self.world.venue, market, [level])
        return truth.market(market)

    def trade(self, body: dict[str, object]) -> object:
        """Let a stranger take: `{token_id, side, price, size}`, the taker's side."""
        market, index = self._place(body)
        want = Want(index, _side(body), micros(body["price"]), micros(body["size"]))
        recorded_trade(self.world.venue, market, want, self.world.venue.new_hash("control"))
        return truth.market(market)

    def price(self, body: dict[str, object]) -> object:
        """Pin the average price: `{symbol, at_us, value}`; a tie is two equal pins."""
        at_us, value = int(str(body["at_us"])), micros(body["value"])
        self.world.prices.pin(str(body["symbol"]), at_us, value)
        return {"symbol": body["symbol"], "at_us": at_us, "value_micros": value}

    def market(self, body: dict[str, object]) -> object:
        """Change a market: `{condition_id, tick?, winner?, delay_ms?}`."""
        market = self.world.venue.markets.get(str(body.get("condition_id")))
        if market is None:
            raise ValueError(f"market {body.get('condition_id')} is unknown")
        if "tick" in body:
            change_tick(self.world.venue, market, tick_of(body["tick"]))
        if "delay_ms" in body:
            market.delay_us = int(str(body["delay_ms"])) * 1000
        if "winner" in body:
            resolve(self.world.venue, market, market.outcomes.index(str(body["winner"])))
        return truth.market(market)

    def forget(self, body: dict[str, object]) -> object:
        """Forget who sends heartbeats, as after ten quiet seconds; no order is cancelled."""
        del body
        gone = len(self.world.heartbeats.beats)
        self.world.heartbeats.beats.clear()
        return {"forgotten": gone}

    def _posted(self, run: Handler) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            self.check(request)
            try:
                body = msgspec.json.decode(await request.read() or b"{}", type=dict[str, object])
                return answer(run(body))
            except (msgspec.DecodeError, ValueError, KeyError, InvalidOperation) as error:
                raise web.HTTPBadRequest(text=f"{request.path}: {error}") from None

        return handle

    def _at_once(self, name: str) -> None:
        """Carry out the faults that strike when they are armed rather than at a call."""
        faults = self.world.venue.faults
        if name == "clock-skew" and faults.strikes(name):
            self.world.clocks.skew_us = int(self.world.setting(name, "by_s", 120) * MICROS)
        if name == "tick-change":
            for market in self.world.venue.markets.values():
                if market.accepting and faults.strikes(name):
                    change_tick(self.world.venue, market, tick_of("0.001"))

    def _standing(self, owner: str, body: dict[str, object]) -> None:
        trader = self.world.venue.accounts.trader(owner)
        if "tier" in body:
            if body["tier"] not in TIERS:
                raise ValueError(f"tier must be one of {', '.join(TIERS)}, was {body['tier']}")
            trader.tier = str(body["tier"])
        if isinstance(body.get("closed_only"), bool):
            trader.closed_only = body["closed_only"] is True
        if isinstance(body.get("banned"), bool):
            trader.banned = body["banned"] is True

    def _place(self, body: dict[str, object]) -> tuple[Market, int]:
        market = self.world.venue.market_of(str(body.get("token_id")))
        if market is None:
            raise ValueError(f"token {body.get('token_id')} is unknown")
        return market, market.index_of(str(body["token_id"]))

    def _clock(self) -> dict[str, object]:
        clocks = self.world.clocks
        return {
            "market_us": clocks.market_us(),
            "venue_us": self.world.venue.now_us,
            "protocol_us": clocks.protocol_us(),
            "speed": str(clocks.speed),
            "skew_us": clocks.skew_us,
            "market_clock": clocks.line(),
        }


def account_json(account: TestAccount) -> dict[str, object]:
    """Return a test account as the first line shows it."""
    wallets, own = wallets_of(account.address), account.credentials
    return {
        "private_key": account.key,
        "address": wallets.eoa,
        "wallet": wallets.beacon,
        "signature_type": int(WalletKind.DEPOSIT),
        "wallets": {
            "eoa": {"wallet": wallets.eoa, "signature_type": int(WalletKind.EOA)},
            "proxy": {"wallet": wallets.proxy, "signature_type": int(WalletKind.PROXY)},
            "safe": {"wallet": wallets.safe, "signature_type": int(WalletKind.SAFE)},
            "deposit": {"wallet": wallets.beacon, "signature_type": int(WalletKind.DEPOSIT)},
        },
        "api_key": own.key,
        "api_secret": own.secret,
        "api_passphrase": own.passphrase,
        "relayer_api_key": account.relayer_key,
        "relayer_api_key_address": wallets.eoa,
        "builder_api_key": account.builder.key,
        "builder_api_secret": account.builder.secret,
        "builder_api_passphrase": account.builder.passphrase,
    }


def _side(body: dict[str, object]) -> str:
    if body.get("side") not in {"BUY", "SELL"}:
        raise ValueError(f"side must be BUY or SELL, was {body.get('side')}")
    return str(body["side"])
