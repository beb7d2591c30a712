"""Data API v2: positions, trades, activity, value, resolutions, approvals of a wallet.

Envelope `{data, pagination}`, snake case, cursors. It follows the chain, not the book: what is
not mined yet is not here. Field by field against polymarket-client 0.14.0, 2026-11-23.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from aiohttp import web

from sandbox.polymarket.book.units import ONE, text, usd_of
from sandbox.polymarket.clock import MICROS
from sandbox.polymarket.signing.addresses import (
    CHAIN_ID,
    CTF,
    CTF_OPERATORS,
    ERC20_SPENDERS,
    POSITION_MANAGER,
    POSITION_OPERATORS,
    PUSD,
)
from sandbox.polymarket.venue.accounts import INFINITE, Wallet
from sandbox.polymarket.venue.market import Market
from sandbox.polymarket.venue.state import RefusedError
from sandbox.polymarket.venue.trade import Move, Trade
from sandbox.polymarket.wire.answers import answer
from sandbox.polymarket.world import World

PAGE_MOST = 500
Row = dict[str, object]


@dataclass(slots=True)
class Portfolio:
    """`data-api`."""

    world: World
    kept: dict[str, list[Row]] = field(default_factory=dict)
    """Positions as they were told last: the fault `data-lags`."""

    def routes(self) -> list[web.RouteDef]:
        """Return its routes, below /data-api."""
        return [
            web.get("/data-api/v2/positions", self.positions),
            web.get("/data-api/v2/trades", self.trades),
            web.get("/data-api/v2/activity", self.activity),
            web.get("/data-api/v2/value", self.value),
            web.get("/data-api/v2/resolutions", self.resolutions),
            web.get("/data-api/v2/tokens", self.tokens),
            web.get("/data-api/v2/approvals", self.approvals),
        ]

    async def positions(self, request: web.Request) -> web.Response:
        """List positions; REDEEMABLE_LOST and MERGEABLE are filters, never a row's status."""
        self._throttled()
        wallet = self._wallet(request)
        rows = [] if wallet is None else [self._position(wallet, t) for t in _held(wallet)]
        lagging = self.world.venue.faults.strikes("data-lags")
        if wallet is not None and lagging:
            rows = self.kept.get(wallet.address, [])
        elif wallet is not None:
            self.kept[wallet.address] = rows
        asked = request.query
        condition = asked.get("condition_id", "").lower()
        wanted = [
            {name: value for name, value in row.items() if not name.startswith("_")}
            for row in rows
            if _matches(row, asked.get("status")) and condition in {"", row["condition_id"]}
        ]
        return _page(request, wanted)

    async def trades(self, request: web.Request) -> web.Response:
        """List matches of a wallet that were sent to the chain."""
        self._throttled()
        wallet = self._wallet(request)
        return _page(request, [] if wallet is None else self._trade_rows(wallet))

    async def activity(self, request: web.Request) -> web.Response:
        """List what a wallet did: matches, and what the chain did for it."""
        self._throttled()
        wallet = self._wallet(request)
        kinds = set(filter(None, request.query.get("type", "").split(",")))
        rows: list[Row] = []
        if wallet is not None:
            rows += [{"type": "TRADE", **row} for row in self._trade_rows(wallet)]
            rows += [
                {
                    "type": act.kind,
                    "proxy_wallet": act.wallet,
                    "timestamp": act.at_us // MICROS,
                    "transaction_hash": act.tx_hash,
                    "condition_id": act.condition_id,
                    "usdc_size": text(act.usd),
                }
                for act in self.world.venue.activities
                if act.wallet == wallet.address
            ]
        wanted = [row for row in rows if not kinds or row["type"] in kinds]
        wanted.sort(key=lambda row: int(str(row["timestamp"])), reverse=True)
        return _page(request, wanted)

    async def value(self, request: web.Request) -> web.Response:
        """Return what a wallet's open positions are worth."""
        self._throttled()
        wallet = self._wallet(request)
        total = 0
        if wallet is not None:
            for token in _held(wallet):
                total += usd_of(wallet.tokens.get(token, 0), self._mark(token))
        user = request.query.get("user", "")
        return answer({"data": {"proxy_wallet": user, "value": text(total)}})

    async def resolutions(self, request: web.Request) -> web.Response:
        """Return how markets were resolved; payouts in millionths."""
        self._throttled()
        wanted = [c.lower() for c in request.query.get("condition_id", "").split(",") if c]
        markets = self.world.venue.markets
        return answer({"data": [_resolution(markets[c]) for c in wanted if c in markets]})

    async def tokens(self, request: web.Request) -> web.Response:
        """Return what outcome tokens are, by token or by condition."""
        self._throttled()
        asked = request.query
        wanted = set(asked.get("token_id", "").split(","))
        conditions = set(asked.get("condition", "").lower().split(","))
        rows = [
            _reference(market, index)
            for market in self.world.venue.markets.values()
            for index in (0, 1)
            if market.tokens[index] in wanted or market.condition_id in conditions
        ]
        return answer({"data": rows})

    async def approvals(self, request: web.Request) -> web.Response:
        """Return every allowance and operator that trading may need."""
        self._throttled()
        wallet = self._wallet(request)
        contracts: list[Row] = []
        for spender in ERC20_SPENDERS:
            granted = wallet.allowance(spender) if wallet else 0
            shown = "max" if granted == INFINITE else str(granted)
            row: Row = {"token": PUSD, "spender": spender, "standard": "ERC20"}
            contracts.append(row | {"approved": granted > 0, "amount": shown})
        pairs = [(CTF, operator) for operator in CTF_OPERATORS]
        pairs += [(POSITION_MANAGER, operator) for operator in POSITION_OPERATORS]
        for token, operator in pairs:
            granted_all = bool(wallet and wallet.operators.get(f"{token}/{operator}".lower()))
            row = {"token": token, "spender": operator, "standard": "ERC1155"}
            contracts.append(row | {"approved": granted_all})
        user = request.query.get("user", "")
        return answer({"data": {"address": user, "chain_id": CHAIN_ID, "contracts": contracts}})

    def _throttled(self) -> None:
        if self.world.venue.faults.strikes("data-429"):
            raise web.HTTPTooManyRequests(
                text='{"error":"too many requests"}',
                content_type="application/json",
                headers={"Retry-After": "1"},
            )

    def _wallet(self, request: web.Request) -> Wallet | None:
        user = request.query.get("user", "")
        if not user.startswith("0x"):
            raise RefusedError("user must be an address")
        return self.world.venue.accounts.wallet(user)

    def _mark(self, token: str) -> int:
        market = self.world.venue.market_of(token)
        if market is None:
            return 0
        index = market.index_of(token)
        if market.winner is not None:
            return ONE if market.winner == index else 0
        bid, ask = market.book.best(index, "BUY"), market.book.best(index, "SELL")
        return ((bid or 0) + (ask if ask is not None else ONE)) // 2

    def _position(self, wallet: Wallet, token: str) -> Row:
        market = self.world.venue.markets[self.world.venue.tokens[token]]
        index, size = market.index_of(token), wallet.tokens.get(token, 0)
        shares, usd = wallet.entry_shares.get(token, 0), wallet.entry_usd.get(token, 0)
        average = usd * ONE // shares if shares else 0
        mark, fees = self._mark(token), wallet.entry_fees.get(token, 0)
        cost, worth = usd_of(size, average), usd_of(size, mark)
        realized, other = wallet.realized.get(token, 0), market.tokens[1 - index]
        settled, won = market.winner is not None, market.winner == index
        status = "CLOSED" if size == 0 else "REDEEMABLE" if settled else "OPEN"
        return {
            "proxy_wallet": wallet.address,
            "token_id": token,
            "condition_id": market.condition_id,
            "current_size": text(size),
            "avg_price": text(average),
            "entry_cost_usdc": text(cost),
            "entry_fees_usdc": text(fees),
            "total_cost_usdc": text(cost + fees),
            "current_price": text(mark),
            "current_value": text(worth),
            "total_size": text(shares),
            "realized_pnl": text(realized),
            "unrealized_pnl": text(worth - cost),
            "total_pnl": text(realized + worth - cost),
            "percent_pnl": _percent(worth - cost, cost),
            "percent_realized_pnl": _percent(realized, cost),
            "status": status,
            "redeemable": settled and size > 0,
            "mergeable": size > 0 and wallet.tokens.get(other, 0) > 0,
            "negative_risk": market.neg_risk,
            "archived": False,
            "verified": True,
            "slug": market.slug,
            "event_slug": market.slug,
            "title": str(market.gamma.get("question") or market.slug),
            "outcome": market.outcomes[index],
            "outcome_index": index,
            "opposite_outcome": market.outcomes[1 - index],
            "opposite_token_id": other,
            "end_date": _date(market.end_us),
            "_won": won,
        }

    def _trade_rows(self, wallet: Wallet) -> list[Row]:
        rows = []
        for trade in self.world.venue.trades.values():
            if not trade.broadcast or trade.status == "FAILED":
                continue
            rows += [_trade_row(trade, m) for m in trade.moves if m.wallet == wallet.address]
        rows.reverse()
        return rows


def _trade_row(trade: Trade, move: Move) -> Row:
    paid = abs(move.cash) - (move.fee if move.cash < 0 else -move.fee)
    return {
        "proxy_wallet": move.wallet,
        "token_id": move.token,
        "condition_id": trade.market,
        "side": "BUY" if move.shares > 0 else "SELL",
        "size": text(abs(move.shares)),
        "price": text(trade.price if move.token == trade.token else ONE - trade.price),
        "usdc_size": text(paid),
        "timestamp": trade.match_us // MICROS,
        "transaction_hash": trade.tx_hash,
    }


def _resolution(market: Market) -> Row:
    settled = market.winner is not None
    payouts = [str(ONE) if index == market.winner else "0" for index in (0, 1)]
    body: Row = {
        "condition_id": market.condition_id,
        "status": "resolved" if settled else "active",
        "extended_review": False,
        "was_disputed": False,
        "new_version_q": False,
        "last_update_timestamp": (market.resolved_us or market.listed_us) // MICROS,
        "reporter": "CHAINLINK",
        "resolution_source": "reported",
    }
    if settled:
        body |= {"payouts": payouts, "resolved_at": market.resolved_us // MICROS}
    return body


def _reference(market: Market, index: int) -> Row:
    settled, structural = market.winner is not None, market.version == "v2"
    return {
        "token_id": market.tokens[index],
        "condition_id": market.condition_id,
        "structural_condition_id": market.condition_id if structural else None,
        "module": "binary" if structural else "v1_ctf",
        "outcome_index": index,
        "clob_index": index,
        "outcome": market.outcomes[index],
        "opposite_token_id": market.tokens[1 - index],
        "resolved": settled,
        "final_price": int(market.winner == index) if settled else None,
        "title": str(market.gamma.get("question") or market.slug),
        "market_slug": market.slug,
        "closed": market.closed,
        "neg_risk": market.neg_risk,
        "neg_risk_market_id": None,
        "question_index": None,
        "event_id": None,
        "event_slug": market.slug,
    }


def _held(wallet: Wallet) -> list[str]:
    """Return the tokens a wallet has, or ever had."""
    return [t for t in {**wallet.tokens, **wallet.entry_shares} if _known(wallet, t)]


def _known(wallet: Wallet, token: str) -> bool:
    return wallet.tokens.get(token, 0) > 0 or token in wallet.entry_shares


def _matches(row: Row, status: str | None) -> bool:
    if status is None:
        return True
    if status == "MERGEABLE":
        return row["mergeable"] is True
    if status == "REDEEMABLE_LOST":
        return row["status"] == "REDEEMABLE" and row["_won"] is False
    if status == "REDEEMABLE":
        return row["status"] == "REDEEMABLE" and row["_won"] is True
    return row["status"] == status


def _percent(part: int, whole: int) -> str:
    return text(part * 100 * ONE // whole) if whole else "0"


def _date(at_us: int) -> str:
    return datetime.fromtimestamp(at_us // MICROS, UTC).strftime("%Y-%m-%d")


def _page(request: web.Request, rows: list[Row]) -> web.Response:
    limit, cursor = request.query.get("limit", "100"), request.query.get("cursor", "0")
    if not limit.isdecimal() or not cursor.isdecimal():
        raise RefusedError("limit and cursor must be numbers")
    start, size = int(cursor), max(1, min(int(limit), PAGE_MOST))
    more = start + size < len(rows)
    pagination = {"has_more": more, "next_cursor": str(start + size) if more else None}
    return answer({"data": rows[start : start + size], "pagination": pagination})
