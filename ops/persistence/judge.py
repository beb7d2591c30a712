"""Judges whether a ledger survived a redeploy, from two deployments' own log lines. Pure.

The lines and the rule of each check are in docs/persistence-evidence.md. Nothing here asks Railway.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import cast

from bot.domain.refusal import ExitCode, Refused

FORMAT = 1
BOOT, PROOF, STOPPED = "ledger.boot", "ledger.proof", "ledger.stopped"
PROVED_LATER = (
    "integrity",
    "chain",
    "content_hash",
    "previous_content_hash",
    "previous_boot_content_hash",
)

Line = Mapping[str, object]


class Verdict(StrEnum):
    """What a check came to."""

    PROVED = "proved"
    UNPROVED = "unproved"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that had to hold, and what was seen."""

    name: str
    verdict: Verdict
    seen: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mounted:
    """A volume as Railway reads it back."""

    instance: str
    service: str | None
    mount_path: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Everything the verdict rests on: ids of Railway and the bot's own lines."""

    old_deployment: str
    new_deployment: str
    before: Mounted
    after: Mounted
    old: Line
    stopped: Line | None
    new: Line


def decode(message: str, attributes: Mapping[str, str]) -> Line | None:
    """Return a log row as the bot wrote it, or None for a row that is no evidence.

    Railway keeps a JSON line as its message, or takes it apart into attributes whose values are
    JSON themselves.

    Raises:
        Refused: evidence of a format this program does not know.

    """
    line = _object(message) or {name: _value(text) for name, text in attributes.items()}
    if line.get("event") not in {BOOT, PROOF, STOPPED}:
        return None
    if line.get("format") != FORMAT:
        raise Refused(
            f"{line['event']}: format is {line.get('format')!r}, this poly reads {FORMAT}: "
            "use the poly that was deployed",
            ExitCode.REFUSED,
        )
    return line


def _object(text: str) -> Line | None:
    start = text.find("{")
    if start < 0:
        return None
    found = _value(text[start:])
    return cast("Line", found) if isinstance(found, dict) else None


def _value(text: str) -> object:
    try:
        value: object = json.loads(text)
    except ValueError:
        return text
    return value


def boots(lines: Iterable[Line]) -> list[Line]:
    """Return the boots of one deployment in order, each with what it proved later."""
    found: dict[object, dict[str, object]] = {}
    for line in lines:
        if line.get("event") == BOOT:
            found.setdefault(line.get("boot"), {}).update(line)
        elif line.get("event") == PROOF and line.get("boot") in found:
            proved = {name: line[name] for name in PROVED_LATER if line.get(name) is not None}
            found[line.get("boot")].update(proved)
    return [found[boot] for boot in sorted(found, key=_number)]


def stop(lines: Iterable[Line], boot: object) -> Line | None:
    """Return the orderly stop of one boot, if there was one."""
    ends = [line for line in lines if line.get("event") == STOPPED and line.get("boot") == boot]
    return ends[-1] if ends else None


def complete(boot: Line) -> bool:
    """Say whether a boot has proved everything it promised to."""
    later = PROVED_LATER if boot.get("previous_boot") is not None else PROVED_LATER[:3]
    return all(boot.get(name) is not None for name in later)


def judge(evidence: Evidence) -> list[Check]:
    """Return every check with its verdict; all proved means that the ledger survived."""
    checks = [
        _volume(evidence),
        _deployment(evidence),
        _marker(evidence),
        _count(evidence),
        _sound("chain", evidence.new),
        _sound("integrity", evidence.new),
        _content(evidence),
    ]
    return [*checks, _mounted(evidence, checks)]


def _check(name: str, seen: str, *, holds: bool) -> Check:
    return Check(name, Verdict.PROVED if holds else Verdict.FAILED, seen)


def _volume(evidence: Evidence) -> Check:
    before, after = evidence.before, evidence.after
    same = (before.instance, before.service, before.mount_path) == (
        after.instance,
        after.service,
        after.mount_path,
    )
    seen = f"instance {before.instance} {before.state}, then {after.instance} {after.state}"
    return _check("volume", seen, holds=same and after.state == "READY")


def _deployment(evidence: Evidence) -> Check:
    said = evidence.new.get("deployment_id")
    fresh = evidence.new_deployment not in {evidence.old_deployment, ""}
    return _check(
        "deployment",
        f"{evidence.old_deployment}, then {evidence.new_deployment}, which calls itself {said}",
        holds=fresh and said == evidence.new_deployment,
    )


def _marker(evidence: Evidence) -> Check:
    said = evidence.new.get("previous_deployment_id")
    seen = "no earlier boot in this ledger" if said is None else f"the ledger remembers {said}"
    return _check("marker", seen, holds=said == evidence.old_deployment)


def _count(evidence: Evidence) -> Check:
    old, new = evidence.old.get("boot"), evidence.new.get("boot")
    follows = _number(new) == _number(old) + 1 and evidence.new.get("previous_boot") == old
    return _check("boots", f"boot {old}, then {new}", holds=follows)


def _sound(name: str, boot: Line) -> Check:
    said = boot.get(name)
    if said is None:
        return Check(name, Verdict.UNPROVED, "the new boot has not said it in time")
    return _check(name, str(said), holds=said == "ok")


def _content(evidence: Evidence) -> Check:
    new, stopped = evidence.new, evidence.stopped
    if stopped is not None:
        there = (stopped.get("last_sequence"), stopped.get("content_hash"))
        here = (new.get("previous_sequence"), new.get("previous_content_hash"))
        seen = f"up to event {there[0]}, the last before the stop"
    else:
        old = evidence.old
        there = (old.get("head_sequence"), old.get("content_hash"))
        here = (new.get("previous_boot_sequence"), new.get("previous_boot_content_hash"))
        seen = f"up to event {there[0]} only: the old deployment did not stop in order"
    if there[1] is None or here[1] is None:
        return Check("content", Verdict.UNPROVED, "a hash is missing in the deployment's log")
    if there != here:
        return _check("content", f"{_short(there)} before, {_short(here)} after", holds=False)
    return _check("content", f"{seen}, hash {str(there[1])[:12]} in both", holds=True)


def _short(pair: tuple[object, object]) -> str:
    return f"event {pair[0]} with hash {str(pair[1])[:12]}"


def _mounted(evidence: Evidence, others: list[Check]) -> Check:
    point, directory = evidence.new.get("mount_point"), evidence.new.get("data_dir")
    if point is not None and point == directory == evidence.after.mount_path:
        return _check("mounted", f"{point} on device {evidence.new.get('device')}", holds=True)
    if point is None and all(check.verdict is not Verdict.FAILED for check in others):
        return Check(
            "mounted",
            Verdict.UNPROVED,
            f"{directory} is no mount point of its own: this host cannot mount, the directory "
            "alone was kept",
        )
    return _check(
        "mounted",
        f"{directory} is on mount {point}, the volume belongs on {evidence.after.mount_path}",
        holds=False,
    )


def _number(value: object) -> float:
    return value if isinstance(value, int | float) else float("nan")
