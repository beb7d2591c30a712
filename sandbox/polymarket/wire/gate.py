"""Who may pass: L1 and L2 authentication over raw bytes, rate limits, the venue's modes."""

import asyncio
from dataclasses import dataclass

from aiohttp import web

from sandbox.polymarket.clock import MICROS
from sandbox.polymarket.guard.limits import headers
from sandbox.polymarket.signing.secrets import matches
from sandbox.polymarket.signing.typed import auth_hash, hexed, recover
from sandbox.polymarket.venue.accounts import ApiKey
from sandbox.polymarket.venue.state import RefusedError
from sandbox.polymarket.wire.answers import answer
from sandbox.polymarket.world import World

TIMESTAMP_S_MOST = 60
"""How far a signed timestamp may be from protocol time. The venue's own tolerance is unknown."""
UNAUTHORIZED = "Unauthorized/Invalid api key"
LIMIT_HEADERS = "limit-headers"
BAD_L1 = "Invalid L1 Request headers"
POST_ONLY = "post-only mode: only post-only orders and cancels are allowed"
CANCEL_ONLY = (
    "Trading is currently cancel-only. New orders are not accepted, but cancels are allowed."
)
DISABLED = "Trading is currently disabled. Check polymarket.com for updates"


class RestrictedError(Exception):
    """The venue as a whole does not take this call now; carries the whole answer."""

    def __init__(self, response: web.Response) -> None:
        super().__init__(str(response.status))
        self.response = response


@dataclass(slots=True)
class Modes:
    """Until when, in protocol time, the venue is restarting, post-only, cancel-only, off."""

    restarting_us: int = 0
    post_only_us: int = 0
    cancel_only_us: int = 0
    disabled_us: int = 0


class Gate:
    """Checks that every private call passes."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.modes = Modes()

    def first_level(self, request: web.Request) -> tuple[str, int]:
        """Check an L1 signature; return address and nonce.

        Raises:
            RefusedError: 401 with the venue's text.

        """
        given = request.headers
        address, stamp = given.get("POLY_ADDRESS", ""), given.get("POLY_TIMESTAMP", "")
        nonce = given.get("POLY_NONCE", "0")
        signature = hexed(given.get("POLY_SIGNATURE")) or b""
        whole = address.startswith("0x") and len(address) == 42 and nonce.isdecimal()  # noqa: PLR2004
        if not whole or not self._fresh(stamp):
            raise RefusedError(BAD_L1, 401)
        try:
            signer = recover(*auth_hash(address, stamp, int(nonce)), signature)
        except ValueError:
            signer = None
        if signer is None or signer.lower() != address.lower():
            raise RefusedError(BAD_L1, 401)
        return signer, int(nonce)

    async def second_level(self, request: web.Request) -> ApiKey:
        """Check an L2 signature over the bytes as they came; return whose key it is.

        Raises:
            RefusedError: 401 with the venue's text.

        """
        given = request.headers
        key = self.world.venue.accounts.keys.get(given.get("POLY_API_KEY", ""))
        stamp = given.get("POLY_TIMESTAMP", "")
        body = await request.read()
        message = stamp.encode() + request.method.encode() + request.path.encode() + body
        if key is None or not self._fresh(stamp):
            raise RefusedError(UNAUTHORIZED, 401)
        own = key.credentials
        right = matches(own.secret, message, given.get("POLY_SIGNATURE", ""))
        right = right and given.get("POLY_PASSPHRASE") == own.passphrase
        if not right or given.get("POLY_ADDRESS", "").lower() != key.eoa.lower():
            raise RefusedError(UNAUTHORIZED, 401)
        if self.world.venue.faults.strikes("unauthorized"):
            raise RefusedError(UNAUTHORIZED, 401)
        return key

    def spend(self, request: web.Request, key: ApiKey, cost: int, *, cancels: bool) -> None:
        """Take rate-limit tokens and note the headers that the answer will carry.

        Raises:
            RestrictedError: 429 with Retry-After.

        """
        trader = self.world.venue.accounts.trader(key.eoa)
        now_us = self.world.clocks.protocol_us()
        bucket = self.world.limits.bucket(key.eoa, trader.tier, cancels=cancels, now_us=now_us)
        struck = self.world.venue.faults.strikes("rate-limited")
        passed = bucket.take(cost, now_us) and not struck
        said = headers(bucket, trader.tier, warning=bucket.tokens < bucket.burst / 10)
        request[LIMIT_HEADERS] = said
        if not passed:
            wait = 1.0 if struck else max(0.001, bucket.reset_s(cost))
            said["Retry-After"] = str(wait)
            raise RestrictedError(answer({"error": "rate limit exceeded"}, 429))

    def check_modes(self, *, cancels: bool, post_only: bool = False) -> None:
        """Refuse what the venue's present mode does not take.

        Raises:
            RestrictedError: 425 or 503 as the venue words it.

        """
        now_us = self.world.clocks.protocol_us()
        self._enter_modes(now_us)
        if now_us < self.modes.restarting_us:
            raise RestrictedError(answer({"error": "service not ready"}, 425))
        if cancels:
            return
        if now_us < self.modes.disabled_us:
            raise RestrictedError(answer({"error": DISABLED}, 503))
        if now_us < self.modes.cancel_only_us:
            raise RestrictedError(answer({"error": CANCEL_ONLY}, 503))
        if now_us < self.modes.post_only_us and not post_only:
            left = -(-(self.modes.post_only_us - now_us) // MICROS)
            body = {"error": POST_ONLY, "code": "post_only_mode", "retry_after_seconds": left}
            raise RestrictedError(answer(body, 503))

    async def held_back(self, request: web.Request) -> None:
        """Hold a call back for as long as its path has been called too often."""
        call = f"{request.method} {request.path}"
        wait_us = self.world.limits.wait_us(call, self.world.clocks.protocol_us())
        if wait_us:
            await asyncio.sleep(wait_us / MICROS)

    def _fresh(self, stamp: str) -> bool:
        if not stamp.isdecimal():
            return False
        return abs(int(stamp) - self.world.clocks.protocol_s()) <= TIMESTAMP_S_MOST

    def _enter_modes(self, now_us: int) -> None:
        """Begin a mode whose fault strikes now; a mode under way is not begun anew."""
        faults, modes = self.world.venue.faults, self.modes
        busy = max(modes.restarting_us, modes.post_only_us)
        if now_us >= busy and faults.strikes("engine-restart"):
            modes.restarting_us = now_us + self._for("engine-restart", "for_s", 90)
            modes.post_only_us = modes.restarting_us + self._for("engine-restart", "then_s", 120)
        if now_us >= modes.post_only_us and faults.strikes("post-only"):
            modes.post_only_us = now_us + self._for("post-only", "for_s", 120)
        if now_us >= modes.cancel_only_us and faults.strikes("cancel-only"):
            modes.cancel_only_us = now_us + self._for("cancel-only", "for_s", 60)
        if now_us >= modes.disabled_us and faults.strikes("trading-disabled"):
            modes.disabled_us = now_us + self._for("trading-disabled", "for_s", 60)

    def _for(self, fault: str, name: str, default: int) -> int:
        return int(self.world.setting(fault, name, default) * MICROS)
