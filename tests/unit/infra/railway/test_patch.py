"""Configurations and patches as values: what is applied, what is the same, what is named."""

from hypothesis import given
from hypothesis import strategies as st

from infra.railway.patch import alike, leaves, needed, paths, same, unapplied, unproved

DEPLOY = {"services": {"s": {"deploy": {"numReplicas": 1, "cronSchedule": None}}}}


def variable(value: object, **more: object) -> dict[str, object]:
    return {"services": {"s": {"variables": {"N": {"value": value, **more}}}}}


def test_a_null_is_applied_where_nothing_is() -> None:
    assert unapplied({"services": {"s": {"deploy": {"numReplicas": 1.0}}}}, DEPLOY) == ()


def test_what_reads_back_differently_is_named_by_its_path() -> None:
    there = {"services": {"s": {"deploy": {"numReplicas": 2, "cronSchedule": "* * * * *"}}}}
    assert unapplied(there, DEPLOY) == (
        "services.s.deploy.numReplicas",
        "services.s.deploy.cronSchedule",
    )


def test_zero_false_and_nothing_are_three_things() -> None:
    off: object = False
    assert not alike(0, None)
    assert not alike(off, None)
    assert not alike(0, off)
    assert alike({}, None)
    assert alike([1, 2], (1, 2))
    assert not alike([1], [1, 2])


def test_a_sealed_value_is_proved_by_its_flag_and_always_written() -> None:
    patch = variable("planted", isSealed=True)
    there = variable(None, isSealed=True)
    assert unapplied(there, patch) == ()
    assert unproved(there, patch) == ("services.s.variables.N.value",)
    assert unapplied(variable("planted"), patch) == ("services.s.variables.N.isSealed",)


def test_an_order_to_create_or_delete_is_proved_by_presence() -> None:
    create = {"buckets": {"b": {"region": "ams", "isCreated": True}}}
    assert unapplied({"buckets": {"b": {"region": "ams"}}}, create) == ()
    assert unapplied({}, create) == ("buckets.b.region", "buckets.b.isCreated")
    delete = {"buckets": {"b": {"isDeleted": True}}}
    assert unapplied({}, delete) == ()
    assert unapplied({"buckets": {"b": {"region": "ams"}}}, delete) == ("buckets.b.isDeleted",)


def test_deletions_of_what_is_not_there_are_not_sent() -> None:
    assert needed({}, DEPLOY) == {"services": {"s": {"deploy": {"numReplicas": 1}}}}
    assert needed(DEPLOY, {"services": {"s": {"deploy": {"startCommand": None}}}}) == {}


def test_our_own_staged_patch_is_known_again_with_its_values_hidden() -> None:
    patch = variable("planted", isSealed=True)
    assert same(variable("*****", isSealed=True), patch)
    assert same(variable(None, isSealed=True), patch)
    assert not same(variable("other", isSealed=True), patch)


def test_another_staged_patch_is_not_ours() -> None:
    more = {**DEPLOY, "volumes": {"v": {"sizeMB": 5}}}
    assert not same(more, DEPLOY)
    assert not same(DEPLOY, more)
    assert not same({"services": {"s": {"deploy": {"startCommand": "*****"}}}}, DEPLOY)


def test_paths_name_no_values() -> None:
    assert paths(variable("planted")) == ("services.s.variables.N.value",)


patches = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3),
    lambda inner: st.dictionaries(st.text("abc", min_size=1, max_size=2), inner, max_size=3),
    max_leaves=8,
).filter(lambda value: isinstance(value, dict))


@given(patches)
def test_every_patch_is_the_same_as_itself(patch: dict[str, object]) -> None:
    assert same(patch, patch)


@given(patches)
def test_what_holds_a_patch_needs_nothing_more(patch: dict[str, object]) -> None:
    assert unapplied(patch, patch) == ()


@given(patches, patches)
def test_only_a_difference_is_unapplied(
    config: dict[str, object], patch: dict[str, object]
) -> None:
    found = dict(leaves(config))
    open_paths = set(unapplied(config, patch))
    for path, value in leaves(patch):
        if path in found and alike(found[path], value):
            assert ".".join(path) not in open_paths or "." in "".join(path)
