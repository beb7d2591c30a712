"""Frames as the vendor sends them, with only what a test says being different."""

import json

MARKET = "0x" + "ab" * 32
UP = "1" * 77
DOWN = "2" * 77
AT_US = 1_790_586_000_000_000

Fields = dict[str, object]


def gamma(**changed: object) -> Fields:
    """Return a v1 market object of Gamma."""
    market: Fields = {
        "id": "501",
        "slug": "btc-updown-15m-1790586000",
        "conditionId": MARKET,
        "version": "v1",
        "outcomes": '["Up","Down"]',
        "outcomePrices": '["0.515","0.485"]',
        "clobTokenIds": json.dumps([UP, DOWN]),
        "active": True,
        "closed": False,
        "acceptingOrders": True,
        "eventStartTime": "2026-09-28T09:00:00Z",
        "startDate": "2026-09-27T09:00:12.345Z",
        "endDate": "2026-09-28T09:15:00Z",
        "orderPriceMinTickSize": 0.01,
        "orderMinSize": 5,
        "negRisk": False,
        "feesEnabled": True,
        "feeSchedule": {"exponent": 1, "rate": 0.07, "takerOnly": True, "rebateRate": 0.2},
    }
    market |= changed
    return {name: value for name, value in market.items() if value is not ...}


def change(token: str = UP, price: object = "0.48", size: object = "30", **more: object) -> Fields:
    """Return one element of a price_change."""
    return {"asset_id": token, "price": price, "size": size, "side": "BUY", **more}


def price_change(*changes: Fields) -> Fields:
    """Return a price_change; the socket puts its type last."""
    return {"market": MARKET, "price_changes": list(changes), "event_type": "price_change"}


def book(token: str = UP, **changed: object) -> Fields:
    """Return a whole book with the best levels last."""
    frame: Fields = {
        "event_type": "book",
        "asset_id": token,
        "market": MARKET,
        "bids": [{"price": ".47", "size": "10"}, {"price": ".48", "size": "30"}],
        "asks": [{"price": ".53", "size": "7.5"}, {"price": ".52", "size": "25"}],
        "timestamp": "1763800000000",
    }
    return frame | changed


def line(frame: object, stream: object = "market", at_us: object = AT_US) -> bytes:
    """Return a line of a recording."""
    return json.dumps({"at_us": at_us, "stream": stream, "frame": frame}).encode()
