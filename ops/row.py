"""Rows of the ledger for people and for scripts: micros become USD and shares, times UTC.

Scripts get numbers and ISO times, people get texts. Nothing here reads a ledger.
"""

from dataclasses import fields
from datetime import UTC, datetime

from bot.domain.money import MICROS, Rounding, divide, format_micros

SHARES = {"size_micros", "filled_size_micros"}
SHORT = 12


def utc(at_us: int | None) -> str:
    """Return an instant as people read it; "-" where there is none."""
    if not at_us:
        return "-"
    return datetime.fromtimestamp(at_us / MICROS, UTC).strftime("%Y-%m-%d %H:%M:%S")


def iso(at_us: int | None) -> str | None:
    """Return an instant as RFC 3339 in UTC with microseconds."""
    if not at_us:
        return None
    moment = datetime.fromtimestamp(at_us // MICROS, UTC).replace(microsecond=at_us % MICROS)
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def amount(micros: int | None, decimals: int = 2) -> str:
    """Return an amount rounded half up, with thousands apart; "-" where there is none."""
    if micros is None:
        return "-"
    step = 10 ** (6 - decimals)
    text = format_micros(divide(abs(micros), step, Rounding.HALF_UP) * step, decimals)
    whole, _, rest = text.partition(".")
    return f"{'-' if micros < 0 else ''}{int(whole):,}{'.' if rest else ''}{rest}"


def exact(micros: int | None) -> str:
    """Return a price or a size with all its decimals; "-" where there is none."""
    return "-" if micros is None else format_micros(micros)


def short(text: str) -> str:
    """Return the beginning of a hash."""
    return text[:SHORT]


def document(row: object) -> dict[str, object]:
    """Return a row as an object: `_micros` as `_usd` or `_shares`, `_us` as an ISO time `_at`."""
    made: dict[str, object] = {}
    for field in fields(row):  # type: ignore[arg-type]
        name, value = field.name, getattr(row, field.name)
        if name == "probability_micros":
            made["probability"] = value / MICROS
        elif name.endswith("_micros"):
            unit = "_shares" if name in SHARES else "_usd"
            made[name.removesuffix("_micros") + unit] = None if value is None else value / MICROS
        elif name == "latency_us":
            made[name] = value
        elif name.endswith("_us"):
            made[name.removesuffix("_us") + "_at" if name != "at_us" else "at"] = iso(value)
        else:
            made[name] = value
    return made
