"""The stand-in's schema is a subset of Railway's published one, and all of it is answered."""

import json
from pathlib import Path
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLScalarType,
    build_client_schema,
    build_schema,
    is_required_input_field,
    parse,
    validate,
)

ROOT = Path(__file__).resolve().parents[3]
OURS = ROOT / "sandbox" / "railway" / "schema.graphql"
SHARED = ROOT.parent / "shared" / "railway"


@pytest.fixture(scope="module")
def ours() -> Any:
    return build_schema(OURS.read_text())


@pytest.fixture(scope="module")
def published() -> Any:
    """Railway's introspection, as its command line carries it."""
    file = SHARED / "schema.json"
    if not file.exists():
        pytest.skip("the published schema is not on this machine")
    return build_client_schema(json.loads(file.read_text())["data"], assume_valid=True)


def differences(ours: Any, published: Any) -> list[str]:
    """Return what we have and Railway has not, or has otherwise."""
    found = []
    for name, mine in ours.type_map.items():
        theirs = published.type_map.get(name)
        if name.startswith("__"):
            continue
        if type(theirs) is not type(mine):
            found.append(f"{name}: {type(theirs).__name__}")
        elif isinstance(mine, GraphQLEnumType):
            found += [f"{name}.{v}" for v in set(mine.values) ^ set(theirs.values)]
        elif isinstance(mine, GraphQLInputObjectType):
            found += _input(name, mine, theirs)
        elif isinstance(mine, GraphQLObjectType):
            found += _object(name, mine, theirs)
        else:
            assert isinstance(mine, GraphQLScalarType)
    return found


def _object(name: str, mine: Any, theirs: Any) -> list[str]:
    found = []
    for key, field in mine.fields.items():
        other = theirs.fields.get(key)
        if other is None or str(other.type) != str(field.type):
            found.append(f"{name}.{key}")
            continue
        given = {a: str(one.type) for a, one in field.args.items()}
        wanted = {a: str(one.type) for a, one in other.args.items()}
        # every argument of theirs is ours: a client may send any of them
        if given != wanted:
            found.append(f"{name}.{key}({set(given.items()) ^ set(wanted.items())})")
    return found


def _input(name: str, mine: Any, theirs: Any) -> list[str]:
    given = {key: str(field.type) for key, field in mine.fields.items()}
    wanted = {key: str(field.type) for key, field in theirs.fields.items()}
    found = [f"{name}.{key}" for key in given if given[key] != wanted.get(key)]
    required = {key for key, field in theirs.fields.items() if is_required_input_field(field)}
    return found + [f"{name}.{key} is required" for key in required - set(given)]


def test_every_name_and_type_is_railways(ours: Any, published: Any) -> None:
    assert differences(ours, published) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("deploymentStopped: Boolean!", "deploymentStopped: Boolean"),
        ("  CRASHED\n", "  CRUSHED\n"),
        ("mountPath: String!\n  projectId", "mountPoint: String!\n  projectId"),
        ("volumeDelete(volumeId: String!)", "volumeDelete(volumeId: String!, force: Boolean)"),
    ],
)
def test_a_planted_difference_is_found(published: Any, before: str, after: str) -> None:
    text = OURS.read_text()
    assert before in text
    assert differences(build_schema(text.replace(before, after)), published)


def test_every_known_operation_is_valid_here(ours: Any) -> None:
    file = SHARED / "ops.graphql"
    if not file.exists():
        pytest.skip("the list of operations is not on this machine")
    assert validate(ours, parse(file.read_text())) == []


def test_our_own_operations_are_valid_here(ours: Any) -> None:
    """What provider and operator send, one document a file."""
    files = sorted((ROOT / "infra" / "railway" / "operations").glob("*.graphql"))
    assert files
    wrong = {f.name: validate(ours, parse(f.read_text())) for f in files}
    assert {name: [str(e) for e in errors] for name, errors in wrong.items() if errors} == {}
