"""Every operation document is one operation, valid against each schema there is."""

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from graphql import (
    GraphQLSchema,
    build_client_schema,
    build_schema,
    get_introspection_query,
    parse,
    validate,
)
from graphql.language import OperationDefinitionNode

import infra.railway
from infra.railway.client import document

ROOT = Path(__file__).resolve().parents[4]
FOLDER = Path(infra.railway.__file__).parent / "operations"
NAMES = sorted(path.stem for path in FOLDER.glob("*.graphql"))
PUBLISHED = Path(os.environ.get("RAILWAY_SCHEMA", ROOT.parent / "shared/railway/schema.json"))
STAND_IN = ROOT / "sandbox/railway/schema.graphql"


@cache
def published() -> GraphQLSchema:
    asked = os.environ.get("RAILWAY_SCHEMA", "")
    if asked.startswith("https://"):
        document = introspected(asked)
    elif PUBLISHED.exists():
        document = json.loads(PUBLISHED.read_text())
    else:
        pytest.skip(
            f"Railway's published schema is not at {PUBLISHED}: name its introspection document, "
            "or an https:// address that answers introspection, in RAILWAY_SCHEMA"
        )
    # Railway's own schema breaks a rule of graphql-core 3.3 about deprecated interface fields.
    return build_client_schema(document.get("data", document), assume_valid=True)


def introspected(url: str) -> dict[str, Any]:
    # In a process of its own: the tests themselves may not leave this machine.
    code = "import httpx, sys; print(httpx.post(sys.argv[1], json={'query': sys.argv[2]}).text)"
    asked = [sys.executable, "-c", code, url, get_introspection_query(input_value_deprecation=True)]
    found = subprocess.run(asked, capture_output=True, text=True, check=True, timeout=60)
    answer: dict[str, Any] = json.loads(found.stdout)
    return answer


@cache
def stand_in() -> GraphQLSchema:
    return build_schema(STAND_IN.read_text())


def test_there_are_operations() -> None:
    assert len(NAMES) > 60


@pytest.mark.parametrize("name", NAMES)
def test_a_document_is_one_operation_named_as_its_file(name: str) -> None:
    (operation,) = parse(document(name)).definitions
    assert isinstance(operation, OperationDefinitionNode)
    assert operation.name is not None
    assert operation.name.value == name


@pytest.mark.parametrize("name", NAMES)
def test_a_document_is_valid_at_railway(name: str) -> None:
    assert validate(published(), parse(document(name))) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_document_is_valid_at_the_stand_in(name: str) -> None:
    assert validate(stand_in(), parse(document(name))) == []


def test_a_document_with_a_field_railway_lacks_is_found() -> None:
    broken = parse("query Broken { project(id: 1) { nonsense } }")
    assert validate(stand_in(), broken)


@pytest.mark.parametrize("name", NAMES)
def test_every_document_is_used(name: str) -> None:
    code = "".join(path.read_text() for path in FOLDER.parent.rglob("*.py"))
    assert f'"{name}"' in code
