"""A redeploy is judged from log lines; each way of losing the ledger is seen."""

import json
from dataclasses import replace
from typing import Any

import pytest

from bot.domain.refusal import Refused
from ops.persistence.judge import (
    Evidence,
    Mounted,
    Verdict,
    boots,
    complete,
    decode,
    judge,
    stop,
)

VOLUME = Mounted(instance="vi-1", service="s-1", mount_path="/app/data", state="READY")
OLD: dict[str, object] = {
    "event": "ledger.boot",
    "format": 1,
    "boot": 3,
    "deployment_id": "d-1",
    "head_sequence": 40,
    "content_hash": "aa" * 32,
}
STOPPED: dict[str, object] = {
    "event": "ledger.stopped",
    "format": 1,
    "boot": 3,
    "deployment_id": "d-1",
    "last_sequence": 90,
    "content_hash": "bb" * 32,
}
NEW: dict[str, object] = {
    "event": "ledger.boot",
    "format": 1,
    "boot": 4,
    "deployment_id": "d-2",
    "data_dir": "/app/data",
    "mount_point": "/app/data",
    "device": "252:1",
    "integrity": "ok",
    "chain": "ok",
    "head_sequence": 91,
    "content_hash": "cc" * 32,
    "previous_boot": 3,
    "previous_deployment_id": "d-1",
    "previous_sequence": 90,
    "previous_content_hash": "bb" * 32,
    "previous_boot_sequence": 40,
    "previous_boot_content_hash": "aa" * 32,
}
GOOD = Evidence(
    old_deployment="d-1",
    new_deployment="d-2",
    before=VOLUME,
    after=VOLUME,
    old=OLD,
    stopped=STOPPED,
    new=NEW,
)


def verdicts(evidence: Evidence) -> dict[str, Verdict]:
    return {check.name: check.verdict for check in judge(evidence)}


def spoiled(evidence: Evidence) -> set[str]:
    """Return the checks that are not proved."""
    return {name for name, verdict in verdicts(evidence).items() if verdict is not Verdict.PROVED}


def test_a_ledger_that_went_on_is_proved_in_every_check() -> None:
    assert set(verdicts(GOOD).values()) == {Verdict.PROVED}
    assert len(verdicts(GOOD)) == 8


@pytest.mark.parametrize(
    ("changed", "spoils"),
    [
        ({"boot": 1}, {"boots"}),
        ({"boot": 5}, {"boots"}),
        ({"previous_boot": 2}, {"boots"}),
        ({"previous_deployment_id": "d-0"}, {"marker"}),
        ({"previous_deployment_id": None}, {"marker"}),
        ({"deployment_id": "d-1"}, {"deployment"}),
        ({"chain": "sequence 12: hash differs"}, {"chain"}),
        ({"integrity": "row 3 missing from index"}, {"integrity"}),
        ({"previous_content_hash": "dd" * 32}, {"content"}),
        ({"previous_sequence": 89}, {"content"}),
        ({"mount_point": "/"}, {"mounted"}),
        ({"data_dir": "/app", "mount_point": "/app"}, {"mounted"}),
    ],
)
def test_each_disagreement_spoils_its_own_check(
    changed: dict[str, object], spoils: set[str]
) -> None:
    assert spoiled(replace(GOOD, new={**NEW, **changed})) == spoils


def test_a_lost_ledger_fails_even_where_nothing_can_be_mounted() -> None:
    first = {
        **NEW,
        "boot": 1,
        "mount_point": None,
        **{name: None for name in NEW if name.startswith("previous")},
    }
    found = verdicts(replace(GOOD, new=first))
    assert found["marker"] is found["boots"] is found["mounted"] is Verdict.FAILED


def test_without_a_mount_a_ledger_that_went_on_is_unproved_and_says_why() -> None:
    (check,) = (
        check
        for check in judge(replace(GOOD, new={**NEW, "mount_point": None}))
        if check.verdict is not Verdict.PROVED
    )
    assert (check.name, check.verdict) == ("mounted", Verdict.UNPROVED)
    assert "cannot mount" in check.seen


def test_another_volume_instance_or_one_not_ready_fails() -> None:
    assert spoiled(replace(GOOD, after=replace(VOLUME, instance="vi-2"))) == {"volume"}
    assert spoiled(replace(GOOD, after=replace(VOLUME, state="MIGRATING"))) == {"volume"}
    assert spoiled(replace(GOOD, after=replace(VOLUME, service=None))) == {"volume"}


def test_after_a_kill_the_content_is_proved_up_to_the_old_boot_and_says_so() -> None:
    killed = replace(GOOD, stopped=None)
    (content,) = (check for check in judge(killed) if check.name == "content")
    assert content.verdict is Verdict.PROVED
    assert "up to event 40 only" in content.seen
    other = {**NEW, "previous_boot_content_hash": "dd" * 32}
    assert spoiled(replace(killed, new=other)) == {"content"}


def test_a_missing_hash_is_unproved_and_not_equal_to_another_missing_hash() -> None:
    silent = replace(
        GOOD,
        stopped={**STOPPED, "content_hash": None},
        new={**NEW, "previous_content_hash": None},
    )
    assert verdicts(silent)["content"] is Verdict.UNPROVED


def test_a_line_is_read_from_the_message_or_from_attributes() -> None:
    whole = decode("2026-11-23 " + json.dumps(NEW), {})
    apart = decode("", {name: json.dumps(value) for name, value in NEW.items()})
    plain = decode(
        "ledger.boot", {**{n: json.dumps(v) for n, v in NEW.items()}, "event": "ledger.boot"}
    )
    assert whole == apart == plain == NEW


@pytest.mark.parametrize(
    "message", ["", "hello", "{", '{"event":"order.denied"}', "[1]", '{"a":1}']
)
def test_other_lines_are_no_evidence(message: str) -> None:
    assert decode(message, {}) is None


def test_evidence_of_an_unknown_format_is_refused() -> None:
    with pytest.raises(Refused, match="format is 2, this poly reads 1"):
        decode(json.dumps({**NEW, "format": 2}), {})


def test_what_a_boot_proves_later_completes_it() -> None:
    early: dict[str, Any] = {**NEW, "chain": None, "integrity": None, "content_hash": None}
    proof = {"event": "ledger.proof", "boot": 4, "chain": "ok", "integrity": "ok"}
    (boot,) = boots([early, proof])
    assert not complete(boot)
    (boot,) = boots([early, {**proof, "content_hash": "cc" * 32}])
    assert complete(boot)
    assert boot == NEW


def test_boots_come_in_order_and_a_stop_belongs_to_its_boot() -> None:
    lines = [{**NEW, "boot": 10}, {**NEW, "boot": 9}, STOPPED]
    assert [boot["boot"] for boot in boots(lines)] == [9, 10]
    assert stop(lines, 3) == STOPPED
    assert stop(lines, 9) is None
