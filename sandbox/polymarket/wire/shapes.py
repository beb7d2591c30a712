"""Orders, trades and market events in the shapes that the vendor's client accepts.

Sources: docs.polymarket.com market and user channel pages; field by field against
polymarket-client 0.14.0, 2026-11-23. Times in these records are market time.
"""

from sandbox.polymarket.book.order import Order
from sandbox.polymarket.book.snapshot import book_json, levels
from sandbox.polymarket.book.units import ONE, text
from sandbox.polymarket.venue.market import Market
from sandbox.polymarket.venue.note import LevelsNote, PrintNote, TickNote
from sandbox.polymarket.venue.trade import Leg, Trade

Shape = dict[str, object]


def _seconds(at_us: int) -> str:
    return str(at_us // ONE)


def _millis(at_us: int) -> str:
    return str(at_us // 1000)


def open_order(order: Order, market: Market) -> Shape:
    """Return an order as /data/orders lists it."""
    return {
        "id": order.id,
        "status": order.status,
        "owner": order.owner,
        "maker_address": order.maker,
        "market": order.market,
        "asset_id": order.token,
        "side": order.side,
        "original_size": text(order.size),
        "size_matched": text(order.matched),
        "price": text(order.price),
        "outcome": market.outcomes[order.index],
        "order_type": order.order_type,
        "expiration": str(order.expiration_s),
        "created_at": order.created_us // ONE,
        "associate_trades": list(order.trades),
    }


def order_event(order: Order, market: Market, kind: str, now_us: int) -> Shape:
    """Return an order event of the user socket."""
    body = open_order(order, market)
    return {
        "event_type": "order",
        "type": kind,
        **body,
        "order_owner": order.owner,
        "created_at": _seconds(order.created_us),
        "timestamp": _seconds(now_us),
    }


def trade_shape(trade: Trade, market: Market, viewer: str, *, rest: bool) -> Shape:
    """Return a trade as one API key's owner sees it; `rest` gives the listing's status words."""
    status = trade.status
    if rest:
        unsent = status == "MATCHED" and not trade.broadcast
        status = "TRADE_STATUS_" + ("MATCHED_NOT_BROADCASTED" if unsent else status)
    known = trade.tx_hash if trade.broadcast or not rest else ""
    return {
        "id": trade.id,
        "taker_order_id": trade.taker_order_id,
        "market": trade.market,
        "asset_id": trade.token,
        "side": trade.side,
        "size": text(trade.size),
        "fee_rate_bps": "1000" if market.rate else "0",
        "price": text(trade.price),
        "status": status,
        "match_time": _seconds(trade.match_us),
        "last_update": _seconds(trade.update_us),
        "outcome": market.outcomes[trade.index],
        "bucket_index": 0,
        "owner": trade.owner,
        "maker_address": trade.maker,
        "transaction_hash": known,
        "trader_side": "TAKER" if trade.taker_ours and trade.owner == viewer else "MAKER",
        "maker_orders": [_maker_order(leg, market) for leg in trade.legs],
    }


def trade_event(trade: Trade, market: Market, viewer: str) -> Shape:
    """Return a trade event of the user socket; the hash is empty until it is sent to the chain."""
    body = trade_shape(trade, market, viewer, rest=False)
    if trade.status == "MATCHED":
        body["transaction_hash"] = ""
    return {
        "event_type": "trade",
        "type": "TRADE",
        **body,
        "trade_owner": viewer,
        "timestamp": _seconds(trade.update_us),
    }


def _maker_order(leg: Leg, market: Market) -> Shape:
    return {
        "order_id": leg.order_id,
        "owner": leg.owner,
        "maker_address": leg.maker,
        "matched_amount": text(leg.size),
        "price": text(leg.price),
        "fee_rate_bps": "0",
        "asset_id": leg.token,
        "outcome": market.outcomes[leg.index],
        "side": leg.side,
    }


def book_event(market: Market, index: int) -> Shape:
    """Return a book event of the market socket."""
    body = book_json(market.book, market.heading(index))
    return {
        "event_type": "book",
        "market": body["market"],
        "asset_id": body["asset_id"],
        "timestamp": body["timestamp"],
        "hash": body["hash"],
        "bids": body["bids"],
        "asks": body["asks"],
        "tick_size": body["tick_size"],
        "last_trade_price": body["last_trade_price"],
    }


def price_change(note: LevelsNote, tokens: set[str]) -> Shape | None:
    """Return the changed levels of the tokens that a socket follows, None where it follows none."""
    market, changes = note.market, list[Shape]()
    books: dict[int, Shape] = {}
    for index, side, price in note.levels:
        token = market.tokens[index]
        if token not in tokens:
            continue
        if index not in books:
            books[index] = book_json(market.book, market.heading(index))
        best_bid, best_ask = best_of(market, index)
        changes.append(
            {
                "asset_id": token,
                "price": text(price),
                "size": text(market.book.levels(index, side).get(price, 0)),
                "side": side,
                "hash": books[index]["hash"],
                "best_bid": best_bid,
                "best_ask": best_ask,
            }
        )
    if not changes:
        return None
    return {
        "event_type": "price_change",
        "market": market.condition_id,
        "price_changes": changes,
        "timestamp": _millis(market.updated_us),
    }


def best_of(market: Market, index: int) -> tuple[str, str]:
    """Return best bid and ask; 0 and 1 where a side is empty, as the venue says it."""
    bid, ask = market.book.best(index, "BUY"), market.book.best(index, "SELL")
    return text(bid if bid is not None else 0), text(ask if ask is not None else ONE)


def best_event(market: Market, index: int) -> Shape:
    """Return a best_bid_ask event."""
    bid, ask = market.book.best(index, "BUY") or 0, market.book.best(index, "SELL") or ONE
    return {
        "event_type": "best_bid_ask",
        "market": market.condition_id,
        "asset_id": market.tokens[index],
        "best_bid": text(bid),
        "best_ask": text(ask),
        "spread": text(ask - bid),
        "timestamp": _millis(market.updated_us),
    }


def last_trade_event(note: PrintNote, now_us: int) -> Shape:
    """Return a last_trade_price event."""
    return {
        "event_type": "last_trade_price",
        "asset_id": note.market.tokens[note.index],
        "market": note.market.condition_id,
        "price": text(note.price),
        "size": text(note.size),
        "side": note.side,
        "fee_rate_bps": "0",
        "timestamp": _millis(now_us),
        "transaction_hash": note.tx_hash,
    }


def tick_event(note: TickNote, index: int, now_us: int) -> Shape:
    """Return a tick_size_change event."""
    return {
        "event_type": "tick_size_change",
        "asset_id": note.market.tokens[index],
        "market": note.market.condition_id,
        "old_tick_size": text(note.before),
        "new_tick_size": text(note.market.tick),
        "timestamp": _millis(now_us),
    }


def market_event(market: Market, kind: str, now_us: int) -> Shape:
    """Return new_market or market_resolved."""
    body: Shape = {
        "event_type": kind,
        "id": market.id,
        "question": str(market.gamma.get("question") or market.slug),
        "market": market.condition_id,
        "slug": market.slug,
        "assets_ids": list(market.tokens),
        "outcomes": list(market.outcomes),
        "timestamp": _millis(now_us),
    }
    if kind == "market_resolved" and market.winner is not None:
        body["winning_asset_id"] = market.tokens[market.winner]
        body["winning_outcome"] = market.outcomes[market.winner]
    return body


def sides(market: Market, index: int) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """Return bids and asks, worst first."""
    return levels(market.book, index, "BUY"), levels(market.book, index, "SELL")
