"""What an answer to a submit proves: one table, read from the top, the first row that fits counts.

`Rejected` needs a proof that nothing was taken. Everything that is not in the table is `Unknown`:
a wrong Unknown costs a window of waiting, a wrong Rejected buys twice.
"""

import asyncio
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import httpx
from polymarket import AcceptedOrder, RejectedOrder
from polymarket.errors import (
    RateLimitError,
    RequestRejectedError,
    SigningError,
    TransportError,
    UnexpectedResponseError,
    UserInputError,
)
from polymarket.models.clob.order_response import OrderResponse

from bot.domain.order import Accepted, Answer, OrderHash, Rejected, Unknown

CODES: Final = "docs.polymarket.com/resources/error-codes.md, read 2026-11-22"
LIMITS: Final = "docs.polymarket.com/api-reference/trading-rate-limits.md, read 2026-11-22"
RESTART: Final = "docs.polymarket.com/trading/matching-engine.md, read 2026-11-22"
SDK: Final = "polymarket-client 0.14.0"
TEXT_MAX: Final = 200


class How(StrEnum):
    """What carried the answer."""

    ACCEPTED = "accepted"
    """200, readable, and the SDK calls it taken."""
    REFUSED = "refused"
    """200, readable, and the SDK calls it refused."""
    STATUS = "status"
    """Another HTTP status."""
    GARBLED = "garbled"
    """200, not readable."""
    BROKEN = "broken"
    """The connection failed after the request may have left."""
    LATE = "late"
    """Our deadline passed."""
    UNSENT = "unsent"
    """The request never left."""
    OTHER = "other"
    """Anything else, a bug included."""


@dataclass(frozen=True, slots=True)
class Said:
    """What came back of one submit; `text` is the venue's or the exception's."""

    how: How
    text: str = ""
    status: int = 0
    word: str = ""
    """The order's status of a 200: live, matched, delayed, unmatched."""
    order_hash: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; empty `statuses`, `words` and `texts` fit anything.

    A text fits where the answer contains it, whatever its case.
    """

    name: str
    how: How
    means: type[Answer]
    source: str
    statuses: tuple[int, ...] = ()
    words: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()

    def fits(self, said: Said) -> bool:
        """Say whether this is the line for an answer."""
        return (
            self.how is said.how
            and (not self.statuses or said.status in self.statuses)
            and (not self.words or said.word in self.words)
            and (not self.texts or any(text in said.text.lower() for text in self.texts))
        )


REFUSALS: Final = (
    ("no-match", ("no orders found to match with fak order",), "captures; clob-client#323"),
    ("not-whole", ("couldn't be fully filled. fok orders",), CODES),
    ("crosses", ("invalid post-only order: order crosses book",), CODES),
    ("post-only-mode", ("post-only mode: only post-only orders",), RESTART),
    ("tick", ("breaks minimum tick size rule",), CODES),
    ("size", ("lower than the minimum",), CODES),
    ("amounts", ("invalid amounts,", "invalid amount for a marketable"), CODES),
    ("funds", ("not enough balance / allowance",), CODES + "; py-clob-client#287"),
    ("not-ready", ("the market is not yet ready",), CODES),
    ("nonce", ("invalid nonce",), CODES),
    ("expiration", ("invalid expiration",), CODES),
    ("payload", ("invalid order payload",), CODES),
    ("signature", ("invalid signature",), "py-sdk#101"),
    ("owner", ("the order owner has to be the owner of the api key",), CODES),
    ("signer", ("the order signer address has to be",), "py-clob-client-v2#91"),
    ("banned", ("address banned",), CODES),
    ("closed-only", ("address in closed only mode",), CODES),
    ("wallet-kind", ("maker address not allowed",), "py-clob-client-v2#50"),
    ("no-book", ("no orderbook exists",), CODES),
    ("version", ("order_version_mismatch", "invalid order version"), "py-clob-client-v2#32"),
)  # fmt: skip
"""(name, text in lower case, source): refusals by text, as HTTP 400 or 404 or inside a 200."""

TAKEN: Final = ("live", "matched", "delayed")
CANCELLED: Final = ("context canceled", "context cancelled", "context deadline")
MODES: Final = ("post-only mode", "cancel-only", "trading is currently disabled")
TABLE: Final[tuple[Row, ...]] = (
    Row("taken", How.ACCEPTED, Accepted, SDK + " order_response.py", words=TAKEN),
    Row("unmatched", How.REFUSED, Unknown, "older official docs: placement successful",
        words=("unmatched",)),
    Row("cancelled-context", How.STATUS, Unknown, "a third-party bot saw it on taken orders",
        (400,), texts=CANCELLED),
    Row("duplicate", How.STATUS, Unknown, "the hash is known: taken before, or refused before",
        (400,), texts=("duplicated",)),
    *(Row(name, How.STATUS, Rejected, source, (400, 404), texts=texts)
      for name, texts, source in REFUSALS),
    *(Row(f"{name}-200", How.REFUSED, Rejected, source, texts=texts)
      for name, texts, source in REFUSALS),
    Row("unauthorised", How.STATUS, Rejected, CODES + ": L2 headers come before all", (401,)),
    Row("edge", How.STATUS, Rejected, "py-clob-client#262: Cloudflare, geoblock", (403,)),
    Row("restarting", How.STATUS, Rejected, RESTART, (425,), texts=("service not ready",)),
    Row("rate", How.STATUS, Rejected, LIMITS, (429,)),
    Row("mode", How.STATUS, Rejected, RESTART, (503,), texts=MODES),
    Row("status", How.STATUS, Unknown, "py-clob-client#261 #331: 500 and 502 on taken orders"),
    Row("refused-unread", How.REFUSED, Unknown, "a text that is not in this table proves nothing"),
    Row("garbled", How.GARBLED, Unknown, "py-clob-client#261: 200 with HTML on a taken order"),
    Row("unsent", How.UNSENT, Rejected, SDK + ": nothing left this process"),
    Row("late", How.LATE, Unknown, "py-clob-client#273: three timeouts, three fills"),
    Row("broken", How.BROKEN, Unknown, SDK + ": TransportError of a reset, EOF, read timeout"),
    Row("other", How.OTHER, Unknown, "what nobody expected proves nothing"),
)  # fmt: skip

NEVER_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
"""Causes of a TransportError that come before the first byte. Source: httpx 0.28 exceptions."""


def row(said: Said) -> Row:
    """Return the table's line for an answer."""
    found = next((one for one in TABLE if one.fits(said)), None)
    return found or TABLE[-1]


def answer(said: Said, expected: OrderHash) -> Answer:
    """Return what an answer proves of the order with this hash."""
    found = row(said)
    text = " ".join(said.text.split())[:TEXT_MAX]
    if found.means is Accepted:
        if said.order_hash.lower() != expected.lower():
            return Unknown(f"another-id: the venue calls it {said.order_hash[:80]}")
        return Accepted(said.word)
    if found.means is Rejected:
        return Rejected(f"{found.name}: {text}")
    status = f"HTTP {said.status} " if said.status else ""
    return Unknown(f"{found.name}: {status}{text}".strip())


def of_response(response: OrderResponse) -> Said:
    """Read a 200."""
    match response:
        case AcceptedOrder():
            return Said(How.ACCEPTED, "", 200, response.status, str(response.order_id))
        case RejectedOrder():
            word = "unmatched" if response.code == "unmatched" else ""
            return Said(How.REFUSED, response.message, 200, word)


def of_exception(error: Exception) -> Said:
    """Read what a submit raised; `asyncio.CancelledError` is not an answer and passes."""
    text = str(error)
    match error:
        case asyncio.TimeoutError():
            said = Said(How.LATE, "no answer before our deadline")
        case RateLimitError():
            said = Said(How.STATUS, f"rate limited, retry after {error.retry_after}", 429)
        case RequestRejectedError():
            said = Said(How.STATUS, text, error.status)
        case UserInputError() | SigningError():
            said = Said(How.UNSENT, text)
        case UnexpectedResponseError():
            said = Said(How.GARBLED, text, 200)
        case TransportError():
            sent = not isinstance(error.__cause__, NEVER_SENT)
            cause = f"{type(error.__cause__).__name__}: {text}"
            said = Said(How.BROKEN if sent else How.UNSENT, cause)
        case RuntimeError() if "client has been closed" in text:
            said = Said(How.UNSENT, text)
        case _:
            said = Said(How.OTHER, f"{type(error).__name__}: {text}")
    return said
