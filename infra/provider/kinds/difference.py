"""What a change changes, property by property: pure, on checked inputs.

Unknown values count as changed; what they would change into is not guessed.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from infra.provider.kinds.kind import Impact, Kind
from infra.provider.kinds.property import Field, fields, typed
from infra.provider.wire import UNKNOWN, Properties, Value, plain

PRETENDED: Mapping[type, Value] = {
    str: "",
    int: 0,
    float: 0.0,
    bool: False,
    tuple: [],
    dict: {"unknown": ""},
}


class Sort(StrEnum):
    """How a property differs."""

    ADD = "add"
    DELETE = "delete"
    UPDATE = "update"


@dataclass(frozen=True, slots=True)
class Change:
    """One property's difference."""

    sort: Sort
    impact: Impact


def difference(
    kind: Kind[Any], old: Properties, new: Properties, ignored: Iterable[str] = ()
) -> dict[str, Change]:
    """Return what differs, by property path, without what the program says to ignore."""
    before = {name: plain(value) for name, value in old.items()}
    after = {name: plain(value) for name, value in new.items()}
    settled, unknown = settle(kind, before, after)
    impacts = dict(kind.impact(typed(kind.inputs, before), typed(kind.inputs, settled)))
    for path in unknown:
        replaces = path in kind.replacing
        impacts.setdefault(path, Impact.REPLACE if replaces else Impact.SAFE)
    skipped = tuple(map(_dotted, ignored))
    return {
        path: Change(_sort(path, before, after), impact)
        for path, impact in impacts.items()
        if not any(path == skip or path.startswith(f"{skip}.") for skip in skipped)
    }


def settle(
    kind: Kind[Any], old: Properties, new: Properties, *, pretend: bool = False
) -> tuple[dict[str, Value], tuple[str, ...]]:
    """Return `new` with the old value for each unknown one, and the paths that are unknown.

    Where there is no old value, `pretend` puts something in the place of what will be given, so
    that a rule which asks whether it is given is not misled.
    """
    unknown: list[str] = []
    settled = dict(new)
    for field in fields(kind.inputs):
        value = settled.get(field.wire)
        nothing = PRETENDED[field.shape] if pretend or field.required else None
        before = old.get(field.wire, nothing)
        if value is UNKNOWN or (isinstance(value, list) and UNKNOWN in value):
            unknown.append(field.wire)
            settled[field.wire] = before
        elif isinstance(value, dict):
            settled[field.wire] = dict(_entries(field, value, before, unknown))
    return settled, tuple(unknown)


def _entries(
    field: Field, value: Mapping[str, Value], before: Value, unknown: list[str]
) -> Iterator[tuple[str, Value]]:
    old = before if isinstance(before, dict) else {}
    for name, entry in value.items():
        if entry is UNKNOWN:
            unknown.append(f"{field.wire}.{name}")
            yield name, old.get(name, "")
        else:
            yield name, entry


def _dotted(path: str) -> str:
    dotted = path.replace('["', ".").replace('"]', "").replace("[", ".").replace("]", "")
    return dotted.removeprefix(".")


def _sort(path: str, old: Properties, new: Properties) -> Sort:
    if _at(old, path) is None:
        return Sort.ADD
    return Sort.DELETE if _at(new, path) is None else Sort.UPDATE


def _at(properties: Properties, path: str) -> Value:
    name, _, entry = path.partition(".")
    value = properties.get(name)
    if not entry:
        return value
    return value.get(entry) if isinstance(value, dict) else None
