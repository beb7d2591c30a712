"""One market: read from a Gamma object, then traded, closed and resolved by the stand-in itself."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from eth_utils.crypto import keccak

from sandbox.polymarket.book.matching import Book
from sandbox.polymarket.book.snapshot import Heading, book_json
from sandbox.polymarket.book.units import ONE, micros
from sandbox.polymarket.signing.addresses import is_position_id

_DURATIONS = {"5m": 300, "15m": 900, "4h": 14_400}
_SYMBOLS = {"btc", "eth", "sol", "xrp", "doge", "bnb", "hype"}
_TICKS = {100_000, 10_000, 5_000, 2_500, 1_000, 100}
SECOND_US = 1_000_000


class UnreadableMarketError(ValueError):
    """A Gamma object from which no market can be made; its text names the field."""


@dataclass(slots=True)
class Market:
    """A market's facts and state. Times in microseconds of market time, sizes in millionths."""

    gamma: dict[str, object]
    id: str
    slug: str
    condition_id: str
    version: str
    outcomes: tuple[str, str]
    tokens: tuple[str, str]
    recorded_tokens: tuple[str, str]
    start_us: int
    end_us: int
    tick: int
    min_size: int
    rate: Decimal
    exponent: int
    neg_risk: bool
    delay_us: int
    listed_us: int
    book: Book = field(default_factory=Book)
    book_from_us: int = 0
    accepting: bool = True
    closed: bool = False
    winner: int | None = None
    resolved_us: int = 0
    updated_us: int = 0
    last_price: str = ""
    last_side: str = ""
    volume: int = 0

    @property
    def asset(self) -> str:
        """Return the coin of a window's slug, or an empty string."""
        coin = self.slug.partition("-")[0]
        return coin if coin in _SYMBOLS else ""

    @property
    def symbol(self) -> str:
        """Return the price stream's symbol."""
        return f"{self.asset}usd"

    @property
    def up(self) -> int:
        """Return the index of the outcome that pays when the price did not fall."""
        labels = [outcome.lower() for outcome in self.outcomes]
        return labels.index("up") if "up" in labels else 0

    def index_of(self, token: str) -> int:
        """Return which outcome a token is."""
        return self.tokens.index(token)

    def heading(self, index: int) -> Heading:
        """Return what stands in a book of this market beside its levels."""
        return Heading(
            market=self.condition_id,
            token=self.tokens[index],
            index=index,
            timestamp_ms=self.updated_us // 1000,
            tick=self.tick,
            min_size=self.min_size,
            neg_risk=self.neg_risk,
            last_price=self.last_price,
        )

    def book_json(self, index: int) -> dict[str, object]:
        """Return one outcome's book as GET /book answers it."""
        return book_json(self.book, self.heading(index))


def read_market(gamma: dict[str, object], now_us: int, *, version: str | None = None) -> Market:
    """Make a market from a Gamma market object; `version` overrides what it says.

    Raises:
        UnreadableMarketError: names the field.

    """
    outcomes = _pair(gamma, "outcomes")
    condition = str(gamma.get("conditionId") or "")
    if not condition.startswith("0x"):
        raise UnreadableMarketError("conditionId must be 0x-hex")
    said = str(gamma.get("version") or "v1")
    ids = _pair(gamma, "positionIds" if said == "v2" else "clobTokenIds")
    tokens, wanted = ids, version or said
    if wanted == "v2" and said != "v2":
        condition, tokens = structural_ids(condition)
    slug = str(gamma.get("slug") or condition)
    start, end = _window(gamma, slug, now_us)
    rate, exponent = _fee(gamma)
    return Market(
        gamma=gamma,
        id=str(gamma.get("id") or int(condition[2:10], 16)),
        slug=slug,
        condition_id=condition,
        version=wanted,
        outcomes=outcomes,
        tokens=tokens,
        recorded_tokens=ids,
        start_us=start,
        end_us=end,
        tick=_tick(gamma),
        min_size=_millionths(gamma, "orderMinSize", 5 * ONE),
        rate=rate,
        exponent=exponent,
        neg_risk=gamma.get("negRisk") is True,
        delay_us=_delay(gamma),
        listed_us=now_us,
        updated_us=now_us,
    )


def structural_ids(condition: str) -> tuple[str, tuple[str, str]]:
    """Return a protocol v2 condition and its two position ids for a v1 condition.

    Byte 0 is the module, bytes 19 to 26 are zero, byte 31 is the outcome.
    """
    raw = bytearray(keccak(text=condition))
    raw[0] = 1
    raw[19:27] = bytes(8)
    raw[31] = 0
    up, down = int.from_bytes(raw), int.from_bytes(raw) + 1
    return "0x" + bytes(raw).hex(), (str(up), str(down))


def tick_of(text: object) -> int:
    """Read a tick the venue knows.

    Raises:
        ValueError: not one of its ticks.

    """
    tick = micros(text)
    if tick not in _TICKS:
        raise ValueError(f"tick size {text!r} is not one of the venue's")
    return tick


def _pair(gamma: dict[str, object], name: str) -> tuple[str, str]:
    """Read two strings; Gamma writes most lists as JSON inside a string."""
    value = gamma.get(name)
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except json.JSONDecodeError:
            value = None
    if not isinstance(value, list) or len(value) != 2:  # noqa: PLR2004 - a binary market
        raise UnreadableMarketError(f"{name} must hold two values")
    first, second = value
    if not isinstance(first, str) or not isinstance(second, str) or first == second:
        raise UnreadableMarketError(f"{name} must hold two different strings")
    if name == "positionIds" and not is_position_id(first):
        raise UnreadableMarketError("positionIds must be protocol v2 ids")
    return first, second


def _window(gamma: dict[str, object], slug: str, now_us: int) -> tuple[int, int]:
    end = _instant(gamma.get("endDate"))
    start = _instant(gamma.get("eventStartTime"))
    parts = slug.split("-")
    if len(parts) == 4 and parts[1] == "updown" and parts[3].isdecimal():  # noqa: PLR2004
        start = int(parts[3]) * SECOND_US
        end = end or start + _DURATIONS.get(parts[2], 900) * SECOND_US
    if end is None:
        raise UnreadableMarketError("endDate must be an instant")
    return start if start is not None else now_us, end


def _instant(value: object) -> int | None:
    if not isinstance(value, str) or not value:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return int(aware.timestamp()) * SECOND_US


def _fee(gamma: dict[str, object]) -> tuple[Decimal, int]:
    schedule = gamma.get("feeSchedule")
    if gamma.get("feesEnabled") is False or not isinstance(schedule, dict):
        return Decimal(0), 1
    try:
        return Decimal(str(schedule["rate"])), int(schedule["exponent"])
    except (KeyError, ValueError, InvalidOperation):
        raise UnreadableMarketError("feeSchedule must hold rate and exponent") from None


def _tick(gamma: dict[str, object]) -> int:
    try:
        return tick_of(gamma.get("orderPriceMinTickSize") or "0.01")
    except ValueError as error:
        raise UnreadableMarketError(f"orderPriceMinTickSize: {error}") from None


def _millionths(gamma: dict[str, object], name: str, default: int) -> int:
    value = gamma.get(name)
    try:
        return default if value is None else micros(value)
    except ValueError as error:
        raise UnreadableMarketError(f"{name}: {error}") from None


def _delay(gamma: dict[str, object]) -> int:
    seconds = gamma.get("secondsDelay")
    return int(seconds) * SECOND_US if isinstance(seconds, int) else 0
