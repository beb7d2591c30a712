"""The order's body and hash, and the latency drawn for it."""

import json

from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.paper import body
from bot.domain.order import IntentId
from tests.unit.bot.adapters.paper.desk import BUY, FAK, GTC, approved, terms

BUYING = terms(BUY, FAK, "0.52", "5.20")


def test_the_hash_is_of_everything_the_order_says() -> None:
    base = body.prepared(approved(BUYING), salt=1, at_us=5)
    assert body.prepared(approved(BUYING), salt=1, at_us=5) == base
    others = [
        body.prepared(approved(BUYING), salt=2, at_us=5),
        body.prepared(approved(BUYING), salt=1, at_us=6),
        body.prepared(approved(BUYING, "2"), salt=1, at_us=5),
        body.prepared(approved(terms(BUY, FAK, "0.53", "5.20")), salt=1, at_us=5),
        body.prepared(approved(terms(BUY, GTC, "0.52", "5.20")), salt=1, at_us=5),
    ]
    assert len({base.order_hash, *(one.order_hash for one in others)}) == 6


def test_the_body_is_canonical_json_that_reads_back() -> None:
    prepared = body.prepared(approved(BUYING), salt=1, at_us=5)
    said, asked = body.read(prepared.body)
    assert asked == BUYING
    assert (said.made_us, said.salt, said.intent_id) == (5, 1, "1")
    fields = json.loads(prepared.body)
    assert prepared.body == json.dumps(fields, sort_keys=True, separators=(",", ":"))
    assert body.hash_of(prepared.body) == prepared.order_hash


@given(seed=st.integers(0, 2**63), name=st.text(), stated=st.integers(0, 10**9))
def test_a_latency_is_within_a_fifth_of_the_stated_one_and_never_nothing(
    seed: int, name: str, stated: int
) -> None:
    drawn = body.latency_us(seed, IntentId(name), stated)
    assert drawn == body.latency_us(seed, IntentId(name), stated)
    assert drawn >= 1
    assert drawn == 1 or abs(drawn - stated) * 5 <= stated


def test_latencies_differ_by_intent_and_by_seed() -> None:
    drawn = {body.latency_us(seed, IntentId(str(n)), 10**6) for seed in (1, 2) for n in range(50)}
    assert len(drawn) == 100
