"""From match to chain: locks, the walk of a trade's states, and what moves when it is mined."""

from collections.abc import Callable

from sandbox.polymarket.book.units import text
from sandbox.polymarket.signing.addresses import exchange_of
from sandbox.polymarket.venue.accounts import Wallet
from sandbox.polymarket.venue.note import TradeNote
from sandbox.polymarket.venue.state import Venue
from sandbox.polymarket.venue.trade import Move, Trade

PLAIN = ("MINED", "CONFIRMED")
_PATHS = (
    ("trade-fails", ("FAILED",)),
    ("trade-retry-fails", ("RETRYING", "FAILED")),
    ("trade-retry-mines", ("RETRYING", "MINED", "CONFIRMED")),
    ("trade-never-confirmed", ()),
    ("trade-mined-then-fails", ("MINED", "FAILED")),
)


def settle(venue: Venue, trade: Trade) -> None:
    """Lock what the match promises and put its walk on the agenda."""
    venue.trades[trade.id] = trade
    for move in trade.moves:
        _lock(_wallet(venue, move), move, sign=1)
    trade.path = list(PLAIN)
    for name, path in _PATHS:
        if venue.faults.strikes(name):
            trade.path = list(path)
            venue.log("fault", {"fault": name, "trade": trade.id})
            break
    trade.phantom = venue.faults.strikes("phantom-lock")
    for step, status in enumerate(trade.path):
        due = trade.match_us + venue.pace.mined_us
        due += step * (venue.pace.confirmed_us - venue.pace.mined_us)
        venue.agenda.note(due, _walk(venue, trade, status))
    venue.tell(TradeNote(trade))


def resume(venue: Venue) -> None:
    """Put the walks of trades that were under way back on the agenda after a restart."""
    for trade in venue.trades.values():
        left = trade.path if trade.status == "MATCHED" else _after(trade)
        for step, status in enumerate(left):
            due = venue.now_us + (step + 1) * venue.pace.mined_us
            venue.agenda.note(due, _walk(venue, trade, status))


def _after(trade: Trade) -> list[str]:
    if trade.status not in trade.path:
        return []
    return trade.path[trade.path.index(trade.status) + 1 :]


def _walk(venue: Venue, trade: Trade, status: str) -> Callable[[], None]:
    def reach() -> None:
        trade.status, trade.update_us, trade.broadcast = status, venue.now_us, True
        if status == "RETRYING":
            trade.tx_hash = venue.new_hash("retried")
        if status == "MINED":
            _apply(venue, trade, sign=1)
        if status == "FAILED":
            _fail(venue, trade)
        fields: dict[str, object] = {"trade": trade.id, "status": status, "size": text(trade.size)}
        venue.log("trade", fields)
        venue.tell(TradeNote(trade))

    return reach


def _apply(venue: Venue, trade: Trade, *, sign: int) -> None:
    """Move the amounts on the chain; -1 takes a reverted block back."""
    trade.mined = sign > 0
    market = venue.markets[trade.market]
    for move in trade.moves:
        wallet = _wallet(venue, move)
        if sign > 0 and not trade.phantom:
            _lock(wallet, move, sign=-1)
        wallet.cash += sign * move.cash
        wallet.tokens[move.token] = wallet.tokens.get(move.token, 0) + sign * move.shares
        if sign > 0 and move.cash < 0:
            contract, _ = exchange_of(move.token, neg_risk=market.neg_risk)
            wallet.spend_allowance(contract, -move.cash)
        _enter(wallet, move, sign)


def _fail(venue: Venue, trade: Trade) -> None:
    if trade.mined:
        _apply(venue, trade, sign=-1)
    elif not trade.phantom:
        for move in trade.moves:
            _lock(_wallet(venue, move), move, sign=-1)


def _enter(wallet: Wallet, move: Move, sign: int) -> None:
    """Keep what the Data API reports of a position: average entry, cost, fees, gain."""
    token = move.token
    shares, usd = wallet.entry_shares.get(token, 0), wallet.entry_usd.get(token, 0)
    wallet.entry_fees[token] = wallet.entry_fees.get(token, 0) + sign * move.fee
    if move.shares * sign >= 0:
        wallet.entry_shares[token] = shares + abs(move.shares)
        wallet.entry_usd[token] = usd + abs(move.cash) - move.fee
        return
    sold = min(abs(move.shares), shares)
    cost = usd * sold // shares if shares else 0
    wallet.entry_shares[token], wallet.entry_usd[token] = shares - sold, usd - cost
    if sign > 0:
        wallet.realized[token] = wallet.realized.get(token, 0) + move.cash - cost


def _lock(wallet: Wallet, move: Move, *, sign: int) -> None:
    if move.cash < 0:
        wallet.cash_locked -= sign * move.cash
    if move.shares < 0:
        held = wallet.tokens_locked.get(move.token, 0)
        wallet.tokens_locked[move.token] = held - sign * move.shares


def _wallet(venue: Venue, move: Move) -> Wallet:
    return venue.accounts.wallets[move.wallet]
