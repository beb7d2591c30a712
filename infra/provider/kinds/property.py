"""Properties of a kind, said once: name, type, meaning and rule are read off its dataclass.

From one declaration come the check of what a program gives, the typed inputs a kind works with,
and the schema. Nothing here talks to the engine or to Railway.
"""

import dataclasses
import types
import typing
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar, cast

from infra.provider.wire import UNKNOWN, Properties, Value, plain

Inputs = TypeVar("Inputs")

Rule = Callable[[Any], str | None]
"""Says what is wrong with a value of the property's type; None where nothing is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prop:
    """What a property means, and what else must hold of it."""

    text: str
    rule: Rule | None = None
    secret: bool = False
    """Wrapped as a secret in every answer, whatever it came as."""


@dataclass(frozen=True, slots=True)
class Field:
    """One property of a kind, as declared."""

    name: str
    wire: str
    shape: type
    """str, int, float, bool, tuple (of str) or dict (of str)."""
    required: bool
    default: object
    prop: Prop


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one property, and what to do about it."""

    wire: str
    reason: str


def wire_name(name: str) -> str:
    """Return a property's name on the wire: `mount_path` is `mountPath`."""
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def fields(declared: type) -> tuple[Field, ...]:
    """Return the properties a dataclass declares, in order."""
    return _fields(cast("Hashable", declared))


@cache
def _fields(declared: Hashable) -> tuple[Field, ...]:
    hints = typing.get_type_hints(declared, include_extras=True)
    return tuple(
        _field(field, hints[field.name])
        for field in dataclasses.fields(cast("type[Any]", declared))
    )


def _field(field: "dataclasses.Field[object]", hint: object) -> Field:
    annotated, prop = typing.get_args(hint)[:2]
    members = typing.get_args(annotated) if _is_union(annotated) else (annotated,)
    shape = next(member for member in members if member is not type(None))
    base = typing.get_origin(shape) or shape
    return Field(
        name=field.name,
        wire=wire_name(field.name),
        shape={Mapping: dict}.get(base, _abstract(base)),
        required=field.default is dataclasses.MISSING
        and field.default_factory is dataclasses.MISSING,
        default=_default(field),
        prop=prop,
    )


def _abstract(base: type) -> type:
    return dict if issubclass(base, Mapping) else base


def _default(field: "dataclasses.Field[object]") -> object:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return None if field.default is dataclasses.MISSING else field.default


def _is_union(annotated: object) -> bool:
    return typing.get_origin(annotated) in (typing.Union, types.UnionType)


def examine(declared: type, given: Properties) -> tuple[dict[str, Value], list[Fault]]:
    """Return what a program gave with defaults filled in, and what is wrong with it.

    Unknown values pass, secrets stay wrapped, and examining the result again changes nothing.
    """
    known = {field.wire: field for field in fields(declared)}
    faults = [
        Fault(name, f"is not a property of this resource; known are {', '.join(known)}")
        for name in given
        if name not in known and not name.startswith("__")
    ]
    checked: dict[str, Value] = {}
    for name, field in known.items():
        value = given.get(name)
        if plain(value) is None:
            if field.required:
                faults.append(Fault(name, "must be given"))
            elif field.default not in (None, {}, ()):
                checked[name] = cast("Value", field.default)
            continue
        checked[name] = value
        wrong = _wrong(field, plain(value))
        if wrong is not None:
            faults.append(Fault(name, wrong))
    return checked, faults


def _wrong(field: Field, value: Value) -> str | None:
    if value is UNKNOWN:
        return None
    shown = "a value that is not shown" if field.prop.secret else repr(value)
    if not _fits(field.shape, value):
        return f"must be {SHAPES[field.shape]}, was {shown}"
    if field.prop.rule is None or _has_unknown(value):
        return None
    return field.prop.rule(value)


SHAPES = {
    str: "a string",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    tuple: "a list of strings",
    dict: "a map of strings",
}


def _fits(shape: type, value: Value) -> bool:
    if shape is dict:
        return isinstance(value, dict) and all(map(_is_text, value.values()))
    if shape is tuple:
        return isinstance(value, list | tuple) and all(map(_is_text, value))
    if shape is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return type(value) is shape


def _is_text(value: Value) -> bool:
    return value is UNKNOWN or isinstance(value, str)


def _has_unknown(value: Value) -> bool:
    if isinstance(value, dict):
        return any(map(_has_unknown, value.values()))
    if isinstance(value, list | tuple):
        return any(map(_has_unknown, value))
    return value is UNKNOWN


def typed(declared: type[Inputs], given: Properties) -> Inputs:
    """Return checked properties, none of them unknown, as the typed value a kind works with."""
    values: dict[str, object] = {}
    for field in fields(declared):
        value = plain(given.get(field.wire))
        if value is None:
            values[field.name] = field.default
        elif field.shape is tuple:
            values[field.name] = tuple(cast("list[str]", value))
        elif field.shape is float:
            values[field.name] = float(cast("float", value))
        else:
            values[field.name] = value
    return declared(**values)


def untyped(value: object) -> dict[str, Value]:
    """Return a typed value as properties, without those that are left out or empty."""
    declared = fields(type(value))
    found = {field.wire: getattr(value, field.name) for field in declared}
    return {
        name: list(entry) if isinstance(entry, tuple) else entry
        for name, entry in found.items()
        if entry is not None and entry != {}
    }


def changed(old: object, new: object) -> tuple[str, ...]:
    """Return the wire names of the properties in which two inputs of one kind differ."""
    return tuple(
        field.wire
        for field in fields(type(new))
        if getattr(old, field.name) != getattr(new, field.name)
    )
