"""Calls the venue with the standard library: cancel everything, list what rests. Nothing else.

Every call has a total deadline, whatever the other side does; every answer is read whole or not
believed. No call is made on its own account: who retries, and how often, is decided elsewhere.
"""

import base64
import binascii
import hashlib
import hmac
import json
import socket
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlsplit

if TYPE_CHECKING:
    from http.client import HTTPConnection

END: Final = "LTE="
"""The end cursor. Source: polymarket-client 0.14.0 `_internal/pagination`."""
PAGES_MAX: Final = 100
ANSWER_MAX: Final = 8 * 1024 * 1024
CALL_S: Final = 2.0
UNAUTHORIZED: Final = 401
OK: Final = 200


@dataclass(frozen=True, slots=True)
class Credentials:
    """What signs a private call; prints its address only."""

    address: str
    key: str = field(repr=False)
    secret: str = field(repr=False)
    passphrase: str = field(repr=False)

    @property
    def usable(self) -> bool:
        """Say whether the secret can sign at all."""
        try:
            return bool(self._decoded())
        except (binascii.Error, ValueError):
            return False

    def _decoded(self) -> bytes:
        return base64.urlsafe_b64decode(self.secret + "=" * (-len(self.secret) % 4))

    def headers(self, at_s: int, method: str, path: str) -> dict[str, str]:
        """Return the five headers of a call without a body; the path has no query.

        Source: polymarket-client 0.14.0 `_internal/hmac.py`: HMAC-SHA256 over timestamp, method,
        path and body with the decoded secret, base64 with the URL alphabet, padding kept.
        """
        message = f"{at_s}{method}{path}".encode()
        digest = hmac.new(self._decoded(), message, hashlib.sha256).digest()
        return {
            "POLY_ADDRESS": self.address,
            "POLY_API_KEY": self.key,
            "POLY_PASSPHRASE": self.passphrase,
            "POLY_TIMESTAMP": str(at_s),
            "POLY_SIGNATURE": base64.urlsafe_b64encode(digest).decode(),
        }


@dataclass(frozen=True, slots=True)
class Place:
    """Where orders rest and who we are there."""

    url: str
    credentials: Credentials
    proxy: str = ""


@dataclass(frozen=True, slots=True)
class RestingOrder:
    """An order the venue lists as live."""

    id: str
    market: str
    token: str
    side: str
    price: str
    size: str
    matched: str


@dataclass(frozen=True, slots=True)
class CancelAnswer:
    """What one cancel-all said."""

    cancelled: tuple[str, ...]
    left: tuple[tuple[str, str], ...]


class Unanswered(Exception):  # noqa: N818 - what the call is
    """No answer that proves anything: the world behind it is unknown."""

    def __init__(self, why: str, *, status: int = 0, retry_after_s: float = 0.0) -> None:
        """Keep the HTTP status, 0 for none, and how long the venue asks us to wait."""
        super().__init__(why)
        self.status = status
        self.retry_after_s = retry_after_s


def warm() -> None:
    """Load what a call needs, before there is any hurry and after the engine was started.

    It is half of the watchdog's start, and in replay and paper it is never used.
    """
    import http.client  # noqa: F401, PLC0415
    import ssl  # noqa: F401, PLC0415


class Venue:
    """The venue, for one thread at a time; each call opens a connection of its own.

    A connection kept open would save a handshake, and die unnoticed in the days between two trips.
    """

    def __init__(self, place: Place, *, call_s: float = CALL_S) -> None:
        """Aim at a place; nothing is dialled yet."""
        self._place = place
        self._call_s = call_s
        self._skew_s = 0
        warm()

    def cancel_all(self) -> CancelAnswer:
        """Ask for the cancel of everything. Idempotent.

        Raises:
            Unanswered: it may or may not have been done.

        """
        said = self._ask("DELETE", "/cancel-all")
        cancelled, left = said.get("canceled"), said.get("not_canceled")
        if not isinstance(cancelled, list) or not isinstance(left, dict | None):
            raise Unanswered("cancel-all: an answer without `canceled`")
        return CancelAnswer(
            tuple(map(str, cancelled)),
            tuple((str(order), str(why)) for order, why in (left or {}).items()),
        )

    def open_orders(self) -> tuple[RestingOrder, ...]:
        """Return every live order, all pages of one reading.

        Raises:
            Unanswered: any page is missing; an incomplete answer is never "none".

        """
        found: dict[str, RestingOrder] = {}
        cursor = ""
        for _ in range(PAGES_MAX):
            query = f"?next_cursor={quote(cursor)}" if cursor else ""
            said = self._ask("GET", "/data/orders", query)
            rows, following = said.get("data"), said.get("next_cursor")
            if not isinstance(rows, list) or not isinstance(following, str):
                raise Unanswered("open orders: an answer without `data` and `next_cursor`")
            found |= {order.id: order for order in map(_resting, rows)}
            if following == END:
                return tuple(found.values())
            if following in {"", cursor}:
                break
            cursor = following
        raise Unanswered("open orders: the pages do not end")

    def learn_time(self) -> None:
        """Take the venue's clock over: a signature with a wrong time is refused as a wrong one.

        Raises:
            Unanswered: it did not say.

        """
        status, body, _ = self._call("GET", "/time", {})
        text = body.strip().strip(b'"')
        if status != OK or not text.isdigit():
            raise Unanswered(f"time: HTTP {status}", status=status)
        self._skew_s = int(text) - int(time.time())

    def _ask(self, method: str, path: str, query: str = "") -> dict[str, object]:
        at_s = int(time.time()) + self._skew_s
        headers = self._place.credentials.headers(at_s, method, path)
        status, body, more = self._call(method, path + query, headers)
        if status != OK:
            text = body[:120].decode("utf-8", "replace")
            after = more.get("retry-after", "")
            raise Unanswered(
                f"{method} {path}: HTTP {status} {' '.join(text.split())}",
                status=status,
                retry_after_s=float(after) if after.replace(".", "", 1).isdigit() else 0.0,
            )
        try:
            said = json.loads(body)
        except ValueError:
            raise Unanswered(f"{method} {path}: an answer that is no JSON") from None
        if not isinstance(said, dict):
            raise Unanswered(f"{method} {path}: an answer that is no object")
        return said

    def _call(
        self, method: str, target: str, headers: Mapping[str, str]
    ) -> tuple[int, bytes, dict[str, str]]:
        from http.client import HTTPException  # noqa: PLC0415 - see `warm`

        connection = self._connection()
        # The library bounds each operation only: a server that sends a byte a second would hold
        # us for ever. Shutting the socket down from outside ends every read.
        timer = threading.Timer(self._call_s, _shut, (connection,))
        timer.daemon = True
        timer.start()
        try:
            plain = {"User-Agent": "poly-watchdog", "Accept": "application/json"}
            connection.request(method, target, headers={**plain, **headers})
            response = connection.getresponse()
            body = response.read(ANSWER_MAX + 1)
            said = {name.lower(): value for name, value in response.getheaders()}
        except (OSError, HTTPException, ValueError) as error:
            why = str(error) or type(error).__name__
            raise Unanswered(f"{method} {target.partition('?')[0]}: {why}") from error
        finally:
            timer.cancel()
            connection.close()
        if response.length:  # a short read ends without an error of its own
            raise Unanswered(f"{method} {target.partition('?')[0]}: the answer was cut")
        if len(body) > ANSWER_MAX:
            raise Unanswered(f"{method} {target.partition('?')[0]}: more than {ANSWER_MAX} bytes")
        return response.status, body, said

    def _connection(self) -> "HTTPConnection":
        from http.client import HTTPConnection, HTTPSConnection  # noqa: PLC0415 - see `warm`

        parts = urlsplit(self._place.url)
        host, port = parts.hostname or "", parts.port
        if parts.scheme == "http":
            return HTTPConnection(host, port, timeout=self._call_s)
        if self._place.proxy:
            through = urlsplit(self._place.proxy)
            made = HTTPSConnection(through.hostname or "", through.port, timeout=self._call_s)
            made.set_tunnel(host, port or 443)
            return made
        return HTTPSConnection(host, port, timeout=self._call_s)


def _shut(connection: "HTTPConnection") -> None:
    """End whatever the connection waits for."""
    held: socket.socket | None = connection.sock
    if held is not None:
        try:
            held.shutdown(socket.SHUT_RDWR)
        except OSError:
            held.close()


def _resting(row: object) -> RestingOrder:
    if not isinstance(row, dict) or not row.get("id"):
        raise Unanswered("open orders: a row without `id`")
    names = ("id", "market", "asset_id", "side", "price", "original_size", "size_matched")
    return RestingOrder(*(str(row.get(name, "")) for name in names))
