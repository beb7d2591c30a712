"""The schema, the kinds and the typed classes a program imports say the same."""

import dataclasses
import json
from typing import Any

import pytest

import infra.resources
from infra.provider.kinds import KINDS
from infra.provider.kinds.property import fields
from infra.provider.schema import schema
from infra.resources.resource import Property, wire_name

SCHEMA: dict[str, Any] = schema()


def test_every_kind_is_in_it_and_it_is_json() -> None:
    assert set(SCHEMA["resources"]) == set(KINDS)
    assert json.loads(json.dumps(SCHEMA)) == SCHEMA
    assert SCHEMA["config"]["variables"]["token"]["secret"] is True


@pytest.mark.parametrize("token", KINDS)
def test_a_programs_arguments_are_the_kinds_inputs(token: str) -> None:
    name = token.rpartition(":")[2]
    arguments = getattr(infra.resources, f"{name}Args")
    given = {wire_name(field.name): field for field in dataclasses.fields(arguments)}
    described = SCHEMA["resources"][token]
    assert set(given) == set(described["inputProperties"])
    required = {wire for wire, field in given.items() if field.default is dataclasses.MISSING}
    assert required == set(described["requiredInputs"])
    for one in fields(KINDS[token].inputs):
        if not one.required and one.default not in ({}, ()):
            assert given[one.wire].default == one.default


@pytest.mark.parametrize("token", KINDS)
def test_every_output_a_program_can_read_is_one_the_kind_has(token: str) -> None:
    resource = getattr(infra.resources, token.rpartition(":")[2])
    read = {one.wire for one in vars(resource).values() if isinstance(one, Property)}
    assert read <= set(SCHEMA["resources"][token]["properties"])


@pytest.mark.parametrize("token", KINDS)
def test_what_may_replace_is_an_input(token: str) -> None:
    kind = KINDS[token]
    assert kind.replacing <= {one.wire for one in fields(kind.inputs)}
    assert kind.renewed <= {one.wire for one in fields(kind.outputs)}
    assert all(one.prop.text for one in (*fields(kind.inputs), *fields(kind.outputs)))
