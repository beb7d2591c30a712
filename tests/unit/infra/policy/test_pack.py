"""The rules as the engine calls them: mandatory, and honest about what is not known yet."""

from typing import Any

import pytest
from pulumi_policy import (
    EnforcementLevel,
    PolicyCustomTimeouts,
    PolicyResourceOptions,
    ResourceValidationArgs,
)
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE, UnknownValueError, unknown_checking_proxy

from infra.policy.pack import Known, resource_policy, stack_policy
from infra.policy.rules import RESOURCE_RULES, STACK_RULES


def options(*, protect: bool) -> PolicyResourceOptions:
    return PolicyResourceOptions(
        protect=protect,
        ignore_changes=[],
        delete_before_replace=None,
        aliases=[],
        custom_timeouts=PolicyCustomTimeouts(0, 0, 0),
        additional_secret_outputs=[],
    )


def judge(rule: str, kind: str, properties: dict[str, Any], *, protect: bool = True) -> list[str]:
    """Validate one resource as the engine would and return the violations."""
    lines: list[str] = []
    policy = resource_policy(rule, RESOURCE_RULES[rule])
    args = ResourceValidationArgs(
        resource_type=kind,
        props=unknown_checking_proxy(properties),
        urn="urn:pulumi:dev::poly::x",
        name="x",
        opts=options(protect=protect),
        provider=None,
    )
    validate: Any = policy.validate
    validate(args, lines.append)
    return lines


def test_every_rule_is_mandatory_and_says_what_it_demands() -> None:
    made = [
        *(resource_policy(*rule) for rule in RESOURCE_RULES.items()),
        *(stack_policy(*rule) for rule in STACK_RULES.items()),
    ]
    assert all(policy.enforcement_level is EnforcementLevel.MANDATORY for policy in made)
    assert all(policy.description.endswith(".") for policy in made)


def test_protection_reaches_the_rule_from_the_options() -> None:
    assert judge("volume-protected", "railway:index:Volume", {}, protect=True) == []
    assert len(judge("volume-protected", "railway:index:Volume", {}, protect=False)) == 1


def test_an_unknown_value_a_rule_asks_for_is_not_taken_for_a_value() -> None:
    with pytest.raises(UnknownValueError):
        judge("mount-path", "railway:index:Volume", {"mountPath": UNKNOWN_STRING_VALUE})


def test_an_unknown_id_does_not_hide_a_secret_beside_it() -> None:
    properties = {
        "serviceId": UNKNOWN_STRING_VALUE,
        "plain": {"POLY_A": UNKNOWN_STRING_VALUE, "POLY_B": "0x" + "ab" * 32},
    }
    assert len(judge("no-plain-secret", "railway:index:VariableSet", properties)) == 1


def test_a_walk_over_properties_counts_only_known_ones() -> None:
    known = Known(unknown_checking_proxy({"a": "1", "b": UNKNOWN_STRING_VALUE}))
    assert list(known) == ["a"]
    assert len(known) == 1
