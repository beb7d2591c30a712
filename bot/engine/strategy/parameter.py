"""Parameters of components and limits: typed, bounded, documented, read from a TOML table.

A component is a frozen dataclass whose fields are made by the functions below. Reading checks
names (with the nearest known one), types and bounds; writing back is canonical, so that a hash of
it means "the same parameters".
"""

import difflib
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any, TypeVar

from bot.domain.money import Price, Shares, Usd, format_micros, parse_micros
from bot.domain.refusal import ExitCode, Refused

Table = Mapping[str, object]
Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a parameter may be: unit, closed interval in micros or counts, and its meaning."""

    unit: str
    low: int
    high: int
    meaning: str


def _field(unit: str, low: str, high: str, meaning: str, default: str | None) -> Any:
    bounds = Bounds(unit, _raw(unit, low), _raw(unit, high), meaning)
    metadata = {"bounds": bounds}
    if default is None:
        return field(metadata=metadata)
    return field(default=_value(unit, _raw(unit, default)), metadata=metadata)


def price(low: str, high: str, meaning: str, default: str | None = None) -> Any:
    """Declare a price in USD per share."""
    return _field("price", low, high, meaning, default)


def usd(low: str, high: str, meaning: str, default: str | None = None) -> Any:
    """Declare an amount of USD."""
    return _field("usd", low, high, meaning, default)


def shares(low: str, high: str, meaning: str, default: str | None = None) -> Any:
    """Declare a number of shares."""
    return _field("shares", low, high, meaning, default)


def ratio(low: str, high: str, meaning: str, default: str | None = None) -> Any:
    """Declare a plain number with up to 6 decimals, kept in millionths."""
    return _field("ratio", low, high, meaning, default)


def count(low: str, high: str, meaning: str, default: str | None = None) -> Any:
    """Declare a whole number."""
    return _field("count", low, high, meaning, default)


def seconds(low: str, high: str, meaning: str, default: str | None = None) -> Any:
    """Declare a time in whole seconds."""
    return _field("seconds", low, high, meaning, default)


_WHOLE = ("count", "seconds")


def _raw(unit: str, text: str) -> int:
    if unit in _WHOLE:
        if not text.removeprefix("-").isdecimal() or not text.isascii():
            raise ValueError(f"must be a whole number, was {text[:40]!r}")
        return int(text)
    return parse_micros(text)


def _value(unit: str, raw: int) -> Price | Usd | Shares | int:
    match unit:
        case "price":
            return Price(raw)
        case "usd":
            return Usd(raw)
        case "shares":
            return Shares(raw)
        case _:
            return raw


def _text(unit: str, value: object) -> str:
    raw = value if isinstance(value, int) else value.micros  # type: ignore[attr-defined]
    return str(raw) if unit in _WHOLE else format_micros(raw, 0)


def refuse(where: str, key: str, problem: str) -> Refused:
    """Return the refusal of one key of a strategy file."""
    return Refused(f"{where}: {key} {problem}", ExitCode.USAGE)


def known(where: str, given: Table, names: list[str]) -> None:
    """Refuse any key that is not one of `names`, with the nearest known name.

    Raises:
        Refused: names the key and the nearest known one, or all there are.

    """
    for key in given:
        if key not in names:
            near = difflib.get_close_matches(key, names, 1, cutoff=0.4)
            hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(names)}"
            raise refuse(where, key, f"is not a known key; {hint}")


def build(cls: type[Made], table: Table, where: str) -> Made:
    """Make a component or limits from a TOML table (numbers as their text).

    Raises:
        Refused: an unknown or missing key, a value of the wrong type or out of range.

    """
    declared: list[Field[Any]] = list(fields(cls))  # type: ignore[arg-type]
    known(where, table, [one.name for one in declared])
    values: dict[str, object] = {}
    for one in declared:
        bounds: Bounds = one.metadata["bounds"]
        if one.name not in table:
            if one.default is MISSING:
                raise refuse(where, one.name, f"is missing; it is {bounds.meaning}")
            continue
        values[one.name] = _read(table[one.name], bounds, where, one.name)
    return cls(**values)


def _read(given: object, bounds: Bounds, where: str, key: str) -> Price | Usd | Shares | int:
    if isinstance(given, bool) or not isinstance(given, int | str):
        raise refuse(where, key, f"must be a number of {bounds.unit}, was {given!r}")
    try:
        raw = _raw(bounds.unit, str(given))
    except ValueError as error:
        raise refuse(where, key, f"{error}; give a number of {bounds.unit}") from error
    if not bounds.low <= raw <= bounds.high:
        show = str if bounds.unit in _WHOLE else lambda micros: format_micros(micros, 0)
        raise refuse(
            where,
            key,
            f"must be from {show(bounds.low)} to {show(bounds.high)} {bounds.unit}, was {given}",
        )
    return _value(bounds.unit, raw)


def canonical(made: object) -> dict[str, str]:
    """Return all parameters, defaults included, as texts: what is hashed and stored."""
    return {
        one.name: _text(one.metadata["bounds"].unit, getattr(made, one.name))
        for one in fields(made)  # type: ignore[arg-type]
    }


def describe(cls: type[object]) -> list[tuple[str, Bounds, str]]:
    """Return (name, bounds, default as text or "") of each parameter, for people."""
    return [
        (
            one.name,
            one.metadata["bounds"],
            "" if one.default is MISSING else _text(one.metadata["bounds"].unit, one.default),
        )
        for one in fields(cls)  # type: ignore[arg-type]
    ]
