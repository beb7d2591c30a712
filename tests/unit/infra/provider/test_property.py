"""What a program gives is checked by its declaration; a complaint names property and remedy."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

import pytest

from infra.provider.kinds.property import Prop, changed, examine, fields, typed, untyped
from infra.provider.wire import UNKNOWN, Secret, Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One property of each shape."""

    first_name: Annotated[str, Prop(text="name", rule=lambda text: None if text else "is empty")]
    count: Annotated[int, Prop(text="count")] = 3
    share: Annotated[float | None, Prop(text="share")] = None
    on: Annotated[bool, Prop(text="on")] = False
    words: Annotated[tuple[str, ...], Prop(text="words")] = ()
    entries: Annotated[Mapping[str, str], Prop(text="entries", secret=True)] = field(
        default_factory=dict
    )


KNOWN = "firstName, count, share, on, words, entries"


def reasons(given: Mapping[str, Value]) -> list[str]:
    return [f"{fault.wire} {fault.reason}" for fault in examine(Sample, given)[1]]


def test_a_declaration_says_names_shapes_and_defaults() -> None:
    assert [(one.wire, one.shape, one.required) for one in fields(Sample)] == [
        ("firstName", str, True),
        ("count", int, False),
        ("share", float, False),
        ("on", bool, False),
        ("words", tuple, False),
        ("entries", dict, False),
    ]


def test_defaults_are_filled_in_once_and_for_all() -> None:
    checked, faults = examine(Sample, {"firstName": "x"})
    assert not faults
    assert checked == {"firstName": "x", "count": 3, "on": False}
    assert examine(Sample, checked) == (checked, [])


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({}, "firstName must be given"),
        ({"firstName": ""}, "firstName is empty"),
        ({"firstName": 4}, "firstName must be a string, was 4"),
        ({"firstName": "x", "count": "4"}, "count must be a whole number, was '4'"),
        ({"firstName": "x", "count": 4.5}, "count must be a whole number, was 4.5"),
        ({"firstName": "x", "count": True}, "count must be a whole number, was True"),
        ({"firstName": "x", "share": True}, "share must be a number, was True"),
        ({"firstName": "x", "on": 1}, "on must be true or false, was 1"),
        ({"firstName": "x", "words": "abc"}, "words must be a list of strings, was 'abc'"),
        ({"firstName": "x", "words": ["a", 1]}, "words must be a list of strings, was ['a', 1]"),
        (
            {"firstName": "x", "entries": {"a": 1}},
            "entries must be a map of strings, was a value that is not shown",
        ),
        (
            {"firstName": "x", "nonsense": 1},
            f"nonsense is not a property of this resource; known are {KNOWN}",
        ),
    ],
)
def test_bad_input_is_told_by_property_value_and_remedy(
    given: dict[str, Value], reason: str
) -> None:
    assert reasons(given) == [reason]


def test_unknown_and_secret_values_pass() -> None:
    given: dict[str, Value] = {
        "firstName": UNKNOWN,
        "count": Secret(5),
        "entries": {"A": UNKNOWN, "B": "x"},
        "words": ["a", UNKNOWN],
    }
    checked, faults = examine(Sample, given)
    assert not faults
    assert checked["count"] == Secret(5)


def test_typed_and_back() -> None:
    given: dict[str, Value] = {
        "firstName": Secret("x"),
        "share": 2,
        "words": ["a"],
        "entries": {"A": "b"},
    }
    value = typed(Sample, given)
    assert value == Sample(first_name="x", share=2.0, words=("a",), entries={"A": "b"})
    assert untyped(value) == {
        "firstName": "x",
        "count": 3,
        "share": 2.0,
        "on": False,
        "words": ["a"],
        "entries": {"A": "b"},
    }
    assert changed(value, typed(Sample, {**given, "count": 4})) == ("count",)
