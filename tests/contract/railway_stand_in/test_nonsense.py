"""Nonsense is refused, not a bug: every root field, with made-up and with misplaced values."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    build_schema,
    get_named_type,
    is_leaf_type,
    is_object_type,
)

from tests.contract.railway_stand_in.railway import Bot, Railway

SCHEMA = Path(__file__).resolve().parents[3] / "sandbox" / "railway" / "schema.graphql"
NOBODY = "00000000-0000-4000-8000-000000000000"
PATCHES: list[Any] = [
    [],
    "text",
    3,
    {"services": "text"},
    {"services": ["a"]},
    {"services": {NOBODY: {}}},
    {"services": {"S": "text"}},
    {"services": {"S": {"deploy": "text"}}},
    {"services": {"S": {"deploy": {"numReplicas": "two"}}}},
    {"services": {"S": {"deploy": {"numReplicas": True}}}},
    {"services": {"S": {"deploy": {"multiRegionConfig": "us-west2"}}}},
    {"services": {"S": {"deploy": {"multiRegionConfig": {"us-west2": 3}}}}},
    {"services": {"S": {"deploy": {"startCommand": 3}}}},
    {"services": {"S": {"deploy": {"restartPolicyMaxRetries": "many"}}}},
    {"services": {"S": {"deploy": {"healthcheckTimeout": -1}}}},
    {"services": {"S": {"deploy": {"requiredMountPath": 3}}}},
    {"services": {"S": {"variables": "text"}}},
    {"services": {"S": {"variables": {"A": 3}}}},
    {"services": {"S": {"variables": {"A": {"value": {"b": 1}}}}}},
    {"services": {"S": {"variables": {"A": {}}}}},
    {"services": {"S": {"volumeMounts": "text"}}},
    {"services": {"S": {"volumeMounts": {NOBODY: {"mountPath": "/x"}}}}},
    {"services": {"S": {"volumeMounts": {"V": {"mountPath": 3}}}}},
    {"services": {"S": {"volumeMounts": {"V": {"backupSchedules": "DAILY"}}}}},
    {"services": {"S": {"volumeMounts": {"V": {"backupSchedules": ["HOURLY"]}}}}},
    {"services": {"S": {"source": "image"}}},
    {"services": {"S": {"source": {"image": 3}}}},
    {"services": {"S": {"networking": None}}},
    {"services": {"S": None}},
    {"sharedVariables": "text"},
    {"sharedVariables": {"A": 3}},
    {"volumes": "text"},
    {"volumes": {"V": "text"}},
    {"volumes": {NOBODY: {"sizeMB": 1}}},
    {"volumes": {"V": {"sizeMB": "big"}}},
    {"volumes": {"V": {"region": 3}}},
    {"buckets": "text"},
    {"buckets": {NOBODY: {"isCreated": True}}},
    {"buckets": {NOBODY: "text"}},
    {"nothing": {"known": [1, None, {"a": None}]}},
    {"volumes": {"V": None}},
    {"services": None, "volumes": None, "buckets": None, "sharedVariables": None},
]


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    return build_schema(SCHEMA.read_text())


def value(kind: Any, ids: dict[str, str], name: str, *, full: bool) -> Any:
    """Return a value of the right type and no sense; an id by the argument's name."""
    if isinstance(kind, GraphQLNonNull):
        return value(kind.of_type, ids, name, full=full)
    if isinstance(kind, GraphQLList):
        return [value(kind.of_type, ids, name, full=full)]
    if isinstance(kind, GraphQLEnumType):
        return next(iter(kind.values))
    if isinstance(kind, GraphQLInputObjectType):
        return {
            key: value(field.type, ids, key, full=full)
            for key, field in kind.fields.items()
            if full or isinstance(field.type, GraphQLNonNull)
        }
    plain = {"Int": 1, "Float": 1.0, "Boolean": True, "DateTime": "2026-11-22T00:00:00Z"}
    objects = {"EnvironmentVariables": {"A": "1"}, "JSON": {"version": 1}}
    if kind.name in {"String", "ID"}:
        return ids.get(name, "text")
    return plain.get(kind.name, objects.get(kind.name, {}))


def selection(kind: Any, depth: int = 1) -> str:
    """Select every plain field, and of objects inside down to a depth."""
    named = get_named_type(kind)
    if not is_object_type(named):
        return ""
    fields = []
    for key, field in named.fields.items():
        if is_leaf_type(get_named_type(field.type)):
            fields.append(key)
        elif depth:
            fields.append(f"{key} {selection(field.type, depth - 1)}")
    return "{ " + " ".join(fields) + " }" if fields else "{ __typename }"


def documents(
    schema: GraphQLSchema, ids: dict[str, str], *, full: bool
) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield (field, document, variables) of every field of query and mutation."""
    roots = (("query", schema.query_type), ("mutation", schema.mutation_type))
    for word, root in roots:
        assert root is not None
        for name, field in root.fields.items():
            wanted = {
                key: one
                for key, one in field.args.items()
                if full or isinstance(one.type, GraphQLNonNull)
            }
            head = ", ".join(f"${key}: {one.type}" for key, one in wanted.items())
            given = ", ".join(f"{key}: ${key}" for key in wanted)
            text = (
                f"{word}{f'({head})' if head else ''} "
                f"{{ {name}{f'({given})' if given else ''} {selection(field.type)} }}"
            )
            yield (
                name,
                text,
                {key: value(one.type, ids, key, full=full) for key, one in wanted.items()},
            )


def no_bug(railway: Railway, name: str, text: str, variables: dict[str, Any]) -> None:
    """Send it; a bug of the stand-in's own would read like one of Railway's, but for the truth.

    The truth is read once a test, by the fixture: it holds the tracebacks.
    """
    response = railway.post(text, **variables)
    assert response.status_code == 200
    answer = response.json()
    assert set(answer) <= {"data", "errors"}
    codes = [error["extensions"]["code"] for error in answer.get("errors", [])]
    assert "GRAPHQL_VALIDATION_FAILED" not in codes, (name, answer)


@pytest.mark.parametrize("full", [True, False])
def test_made_up_ids_are_refused(railway: Railway, schema: GraphQLSchema, full: bool) -> None:  # noqa: FBT001
    ids = dict.fromkeys(("id", "projectId", "environmentId", "serviceId", "volumeId"), NOBODY)
    for name, text, variables in documents(schema, ids, full=full):
        no_bug(railway, name, text, variables)


@pytest.mark.parametrize("full", [True, False])
def test_real_ids_with_senseless_values_are_refused_or_done(
    railway: Railway,
    schema: GraphQLSchema,
    full: bool,  # noqa: FBT001
) -> None:
    """Deletions come last; `id` is each kind of id in turn."""
    bot = railway.bot()
    identity = bot.up()
    ids = {
        "projectId": bot.project,
        "environmentId": bot.environment,
        "serviceId": bot.service,
        "volumeId": bot.volume,
        "volumeInstanceId": bot.disk,
        "deploymentId": identity,
        "workspaceId": railway.hello["workspace_id"],
        "customerId": railway.hello["workspace_id"],
    }
    for own in (bot.disk, bot.volume, identity, bot.service, bot.environment, bot.project):
        every = list(documents(schema, {**ids, "id": own}, full=full))
        for name, text, variables in every:
            if "elete" not in name and name != "webhookTest":
                no_bug(railway, name, text, variables)
    for own in (bot.disk, bot.service, bot.environment, bot.project):
        for name, text, variables in documents(schema, {**ids, "id": own}, full=full):
            if "elete" in name:
                no_bug(railway, name, text, variables)


def real(patch: Any, bot: Bot) -> Any:
    if isinstance(patch, dict):
        keys = {"S": bot.service, "V": bot.volume}
        return {keys.get(key, key): real(one, bot) for key, one in patch.items()}
    return patch


@pytest.mark.parametrize("patch", PATCHES, ids=str)
def test_a_patch_of_any_shape_is_refused_or_done(railway: Railway, patch: Any) -> None:
    """The scalar is opaque: nothing but the stand-in itself looks at it."""
    bot = railway.bot()
    commit = """mutation($e: String!, $p: EnvironmentConfig) {
                environmentPatchCommit(environmentId: $e, patch: $p) }"""
    read = """query($e: String!) { environment(id: $e) { config(decryptVariables: true) configEtag
              unmergedChangesCount serviceInstances(first: 9) { edges { node {
              startCommand numReplicas region source { image } watchPatterns
              restartPolicyMaxRetries latestDeployment { status meta } } } }
              variables(first: 9) { edges { node { name isSealed references } } } } }"""
    rendered = """query($p: String!, $e: String!, $s: String!) {
      variablesForServiceDeployment(projectId: $p, environmentId: $e, serviceId: $s) }"""
    no_bug(railway, "commit", commit, {"e": bot.environment, "p": real(patch, bot)})
    no_bug(railway, "read", read, {"e": bot.environment})
    place = {"p": bot.project, "e": bot.environment, "s": bot.service}
    no_bug(railway, "variables", rendered, place)
