"""Values survive the way to the engine and back: secrets, unknowns, whole numbers."""

from google.protobuf.struct_pb2 import Struct
from hypothesis import given
from hypothesis import strategies as st

from infra.provider.wire import (
    SECRET,
    SIGNATURE,
    UNKNOWN,
    UNKNOWN_TEXT,
    Secret,
    Value,
    decode,
    encode,
    is_secret,
    plain,
    with_secrets,
    wrapped,
)

scalars = (
    st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False).filter(lambda number: number % 1 != 0)
    | st.text(max_size=5)
    | st.just(UNKNOWN)
)
values = st.recursive(
    scalars | scalars.map(Secret),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=4), values, max_size=4))
def test_what_is_sent_comes_back(properties: dict[str, object]) -> None:
    found = decode(encode(properties))  # type: ignore[arg-type]
    assert found == properties
    for name, value in properties.items():
        assert type(found[name]) is type(value)


def test_the_engines_marks_are_understood() -> None:
    struct = Struct()
    struct.update({"a": UNKNOWN_TEXT, "b": {SIGNATURE: SECRET, "value": 3.0}, "c": 4.0})
    assert decode(struct) == {"a": UNKNOWN, "b": Secret(3), "c": 4}
    assert type(decode(struct)["c"]) is int


def test_nothing_is_a_property_nobody_gave() -> None:
    assert "a" not in encode({"a": None, "b": 1}).fields


def test_a_secret_does_not_print() -> None:
    assert "planted" not in f"{Secret('planted')!r} {Secret('planted')}"


def test_secrets_are_found_and_unwrapped_at_any_depth() -> None:
    nested: Value = {"a": [{"b": Secret("x")}], "c": Secret({"d": Secret(1)})}
    assert is_secret(nested)
    assert plain(nested) == {"a": [{"b": "x"}], "c": {"d": 1}}
    assert not is_secret(plain(nested))


def test_a_map_is_wrapped_entry_by_entry_so_that_a_preview_can_name_one() -> None:
    assert wrapped({"A": "x", "B": Secret("y")}) == {"A": Secret("x"), "B": Secret("y")}
    assert wrapped(Secret("x")) == Secret("x")
    assert wrapped(None) is None
    assert with_secrets({"a": 1, "b": 2}, {"b"}) == {"a": 1, "b": Secret(2)}
