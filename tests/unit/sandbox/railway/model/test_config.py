"""Merging, masking and comparing configurations, as pure functions."""

from hypothesis import given
from hypothesis import strategies as st

from sandbox.railway.model.config import MASK, etag, leaves, merged, peek, section, shown
from sandbox.railway.model.records import Json

KEYS = st.sampled_from(["a", "b", "c"])
VALUES = st.recursive(
    st.none() | st.integers() | st.text(max_size=3),
    lambda inner: st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)
CONFIGS = st.dictionaries(KEYS, VALUES, max_size=3)


def test_null_deletes_and_absent_keeps() -> None:
    assert merged({"a": 1, "b": {"c": 2}}, {"a": None, "b": {"d": 3}}) == {"b": {"c": 2, "d": 3}}


def test_a_patch_of_patches_keeps_its_nulls() -> None:
    assert merged({"a": 1}, {"a": None}, keep_null=True) == {"a": None}


def test_an_object_takes_the_place_of_a_value() -> None:
    assert merged({"a": 1}, {"a": {"b": 2}}) == {"a": {"b": 2}}


@given(CONFIGS, CONFIGS)
def test_merging_leaves_both_as_they_were(
    base: dict[str, object], patch: dict[str, object]
) -> None:
    before = (repr(base), repr(patch))
    merged(base, patch)
    assert (repr(base), repr(patch)) == before


@given(CONFIGS, CONFIGS)
def test_merging_twice_is_merging_once(base: dict[str, object], patch: dict[str, object]) -> None:
    once = merged(base, patch)
    assert merged(once, patch) == once


def test_leaves_name_what_is_set_or_cleared() -> None:
    patch = {"services": {"s": {"deploy": {"x": 1, "y": None}, "variables": {}}}}
    assert list(leaves(patch)) == [
        "services.s.deploy.x",
        "services.s.deploy.y",
        "services.s.variables",
    ]


def test_the_etag_sees_values_and_not_their_order() -> None:
    assert etag({"a": 1, "b": 2}) == etag({"b": 2, "a": 1}) != etag({"a": 1, "b": 3})


def test_section_makes_what_peek_only_looks_for() -> None:
    config: dict[str, object] = {}
    assert peek(config, "a", "b") == {}
    assert config == {}
    section(config, "a", "b")["c"] = 1
    assert config == {"a": {"b": {"c": 1}}}
    assert peek(config, "a", "b") == {"c": 1}


def test_what_is_shown_hides_by_kind() -> None:
    config: Json = {
        "sharedVariables": {"S": {"value": "s"}},
        "services": {
            "one": {
                "variables": {"A": {"value": "a"}, "K": {"value": "k", "isSealed": True}},
                "deploy": {"registryCredentials": {"username": "u", "password": "p"}},
            }
        },
    }
    masked = shown(config, decrypt=False)
    plain = shown(config, decrypt=True)
    assert masked["sharedVariables"]["S"]["value"] == MASK
    assert masked["services"]["one"]["variables"]["A"]["value"] == MASK
    assert plain["services"]["one"]["variables"]["A"]["value"] == "a"
    for one in (masked, plain):
        assert one["services"]["one"]["variables"]["K"] == {"value": None, "isSealed": True}
        assert set(one["services"]["one"]["deploy"]["registryCredentials"].values()) == {MASK}
    assert config["sharedVariables"]["S"]["value"] == "s"
