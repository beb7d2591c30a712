"""A book as the venue writes it: strings, bids ascending and asks descending, best one last."""

import hashlib
from dataclasses import dataclass

import msgspec

from sandbox.polymarket.book.matching import Book
from sandbox.polymarket.book.units import text


@dataclass(frozen=True, slots=True)
class Heading:
    """What stands in a book beside its levels."""

    market: str
    token: str
    index: int
    timestamp_ms: int
    tick: int
    min_size: int
    neg_risk: bool
    last_price: str


def levels(book: Book, index: int, side: str) -> list[dict[str, str]]:
    """Return one side, worst price first."""
    sizes = book.levels(index, side)
    ordered = sorted(sizes, reverse=side == "SELL")
    return [{"price": text(price), "size": text(sizes[price])} for price in ordered]


def book_json(book: Book, head: Heading) -> dict[str, object]:
    """Return the answer of GET /book, its hash included.

    The hash is SHA-1 over the compact JSON with these keys in this order and an empty hash.
    Source: py-clob-client-v2 1.2.1 `utilities.py`.
    """
    body: dict[str, object] = {
        "market": head.market,
        "asset_id": head.token,
        "timestamp": str(head.timestamp_ms),
        "hash": "",
        "bids": levels(book, head.index, "BUY"),
        "asks": levels(book, head.index, "SELL"),
        "min_order_size": text(head.min_size),
        "tick_size": text(head.tick),
        "neg_risk": head.neg_risk,
        "last_trade_price": head.last_price,
    }
    # The digest identifies a state of the book, it protects nothing.
    compact = msgspec.json.encode(body)
    body["hash"] = hashlib.sha1(compact, usedforsecurity=False).hexdigest()
    return body
