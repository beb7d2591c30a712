"""The few REST reads a feed needs: Gamma by slug, whole books, and the proof of an API key.

Bodies are handed on as received. Every call has a total deadline; nothing here retries.
"""

import asyncio
import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlsplit

import httpx
import msgspec

from bot.adapters.polymarket.feed.place import Login, Places
from bot.adapters.wire.shape import BROKEN
from bot.domain.refusal import ExitCode, Refused
from bot.ports import Temporary

DEADLINE_S: Final = 5.0
BODY_BYTES_MAX: Final = 16 << 20
BOOKS_MAX: Final = 100
"""Tokens asked for at once; the venue takes more (polymarket.md 2.4)."""
KEYS_PATH: Final = "/auth/api-keys"
OK, NOT_FOUND = 200, 404
REFUSED: Final = (401, 403)


class _Keys(msgspec.Struct, rename="camel"):
    api_keys: list[str]


class _Place(msgspec.Struct):
    """What places a book among the frames of its token."""

    asset_id: str
    timestamp: str = ""
    hash: str = ""


@dataclass(frozen=True, slots=True)
class WholeBook:
    """A book asked for by REST: as the market socket would send it, and its place in time."""

    token: str
    stamp_ms: int
    hash: str
    payload: bytes


_keys = msgspec.json.Decoder(_Keys)
_places = msgspec.json.Decoder(_Place)
_list = msgspec.json.Decoder(list[msgspec.Raw])


class Rest:
    """One HTTP client for all reads; `close` when done."""

    def __init__(self, places: Places, login: Login | None) -> None:
        """Dial nothing yet. Proxies of the environment are never used by accident."""
        self._places = places
        self._login = login
        self._http = httpx.AsyncClient(
            trust_env=False, timeout=DEADLINE_S, proxy=places.proxy or None
        )

    async def close(self) -> None:
        """Let go of the connections."""
        await self._http.aclose()

    async def market(self, slug: str) -> bytes | None:
        """Return Gamma's market of a slug, None while there is none.

        Raises:
            Temporary: no answer, or none that can be used.

        """
        response = await self._ask("GET", f"{self._places.gamma}/markets/slug/{quote(slug)}")
        if response.status_code == NOT_FOUND:
            return None
        return _body(response)

    async def books(self, tokens: Sequence[str]) -> list[WholeBook]:
        """Return the books there are, each as a `book` frame; unreadable ones are left out.

        Raises:
            Temporary: no answer, or none that can be used.

        """
        asked = msgspec.json.encode([{"token_id": token} for token in tokens[:BOOKS_MAX]])
        response = await self._ask(
            "POST", f"{self._places.clob}/books", asked, {"Content-Type": "application/json"}
        )
        try:
            items = _list.decode(_body(response))
        except BROKEN as error:
            raise Temporary(f"/books answered no list: {error}") from error
        return [book for item in items if (book := _book(bytes(item))) is not None]

    async def prove(self) -> None:
        """Ask whether the API key is ours: a socket with a wrong one is silent for ever.

        Source: polymarket-wire.md 6.4 (rejected credentials reconnect without a word).

        Raises:
            Refused: the venue does not know it; OUTSIDE.
            Temporary: no answer, or none that can be used.

        """
        if self._login is None:
            return
        url = f"{self._places.clob}{KEYS_PATH}"
        response = await self._ask("GET", url, b"", headers(self._login, "GET", url, b""))
        if response.status_code in REFUSED:
            _refuse_login("the venue refused it")
        try:
            known = _keys.decode(_body(response)).api_keys
        except BROKEN as error:
            raise Temporary(f"{KEYS_PATH} answered no list of keys: {error}") from error
        if self._login.key.reveal() not in known:
            _refuse_login("the venue does not list it for POLYMARKET_ADDRESS")

    async def _ask(
        self, method: str, url: str, body: bytes = b"", sent: Mapping[str, str] | None = None
    ) -> httpx.Response:
        try:
            async with asyncio.timeout(DEADLINE_S):
                return await self._http.request(
                    method, url, content=body or None, headers=dict(sent or {})
                )
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            why = type(error).__name__
            raise Temporary(f"{method} {urlsplit(url).path}: {why}") from error


def headers(login: Login, method: str, url: str, body: bytes) -> dict[str, str]:
    """Return the headers that prove a private call, by the wall's clock.

    Raises:
        Refused: the secret is not base64; USAGE.

    Source: polymarket.md 2.2; py-clob-client-v2 tests/signing/test_hmac.py.

    """
    stamp = str(int(time.time()))
    try:
        secret = base64.urlsafe_b64decode(login.secret.reveal())
    except (binascii.Error, ValueError):
        raise Refused(
            "POLYMARKET_API_SECRET: is not url-safe base64; copy it again", ExitCode.USAGE
        ) from None
    said = stamp.encode() + method.encode() + urlsplit(url).path.encode() + body
    signed = base64.urlsafe_b64encode(hmac.digest(secret, said, hashlib.sha256)).decode()
    return {
        "POLY_ADDRESS": login.address,
        "POLY_API_KEY": login.key.reveal(),
        "POLY_PASSPHRASE": login.passphrase.reveal(),
        "POLY_TIMESTAMP": stamp,
        "POLY_SIGNATURE": signed,
    }


def _refuse_login(why: str) -> None:
    raise Refused(
        f"POLYMARKET_API_KEY: {why}; check the three credentials and POLYMARKET_ADDRESS, "
        "or derive them anew with `poly credentials derive`",
        ExitCode.OUTSIDE,
    )


def _body(response: httpx.Response) -> bytes:
    path = response.request.url.path
    if response.status_code != OK:
        raise Temporary(f"{path} answered {response.status_code}")
    if len(response.content) > BODY_BYTES_MAX:
        raise Temporary(f"{path} answered {len(response.content)} bytes")
    return response.content


def _book(item: bytes) -> WholeBook | None:
    """Return a REST book as a `book` frame: only the name of its kind is put before its fields."""
    try:
        place = _places.decode(item)
    except BROKEN:
        return None
    stamp = int(place.timestamp) if place.timestamp.isdecimal() else 0
    payload = b'{"event_type":"book",' + item.lstrip()[1:]
    return WholeBook(place.asset_id, stamp, place.hash, payload)
