"""The schema with its answers attached, and one execution with errors in Railway's shape."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    FieldNode,
    GraphQLError,
    GraphQLResolveInfo,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    build_schema,
    execute_sync,
    parse,
    validate,
)

from sandbox.railway.model.records import Json
from sandbox.railway.model.refusal import Refusal
from sandbox.railway.wire.answers import (
    account,
    bucket,
    config,
    deployment,
    project,
    service,
    volume,
)
from sandbox.railway.wire.call import Call

SCHEMA = Path(__file__).parents[1] / "schema.graphql"
SUBJECTS = (account, bucket, config, deployment, project, service, volume)
DOCUMENTS_MAX = 256
"""Documents kept parsed: a client sends the same few again and again."""
FAILED = "Problem processing request"

Resolver = Callable[[Call, Json], Any]


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a document, and what it asks for."""

    document: DocumentNode
    name: str | None
    kind: OperationType
    fields: frozenset[str]

    @property
    def is_mutation(self) -> bool:
        """Whether it may change anything."""
        return self.kind is OperationType.MUTATION


class Invalid(Exception):  # noqa: N818 - the caller's document, answered with its errors
    """The document cannot be executed."""

    def __init__(self, errors: list[Json]) -> None:
        """Keep the errors as they are answered."""
        super().__init__(errors[0]["message"])
        self.errors = errors


def load() -> GraphQLSchema:
    """Build the schema and attach an answer to every field of its roots.

    Raises:
        AssertionError: a field of a root has no answer, or an answer no field.

    """
    schema = build_schema(SCHEMA.read_text(encoding="utf-8"))
    for root, part in ((schema.query_type, "QUERY"), (schema.mutation_type, "MUTATION")):
        answers: dict[str, Resolver] = {}
        for subject in SUBJECTS:
            answers |= getattr(subject, part)
        if root is None or set(root.fields) != set(answers):
            raise AssertionError(f"{part}: schema and answers differ")
        for name, field in root.fields.items():
            field.resolve = _attached(answers[name])
    return schema


def _attached(answer: Resolver) -> Callable[..., Any]:
    def resolve(_root: object, info: GraphQLResolveInfo[Call], **args: Any) -> Any:
        return answer(info.context, args)

    return resolve


@lru_cache(maxsize=DOCUMENTS_MAX)
def read(schema: GraphQLSchema, text: str, operation_name: str | None) -> Operation:
    """Parse and validate a document and pick the operation.

    Raises:
        Invalid: it cannot be parsed, is not valid, or has no such operation.

    """
    try:
        document = parse(text, no_location=False)
    except GraphQLError as error:
        raise Invalid([_shaped(error, "GRAPHQL_PARSE_FAILED")]) from None
    errors = validate(schema, document)
    if errors:
        raise Invalid([_shaped(error, "GRAPHQL_VALIDATION_FAILED") for error in errors])
    operations = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
    for one in operations:
        name = one.name.value if one.name else None
        if len(operations) == 1 or (name is not None and name == operation_name):
            selected = one.selection_set.selections
            fields = frozenset(f.name.value for f in selected if isinstance(f, FieldNode))
            return Operation(document, name, one.operation, fields)
    raise Invalid([_error(f"Unknown operation named {operation_name!r}.", "BAD_USER_INPUT")])


def run(schema: GraphQLSchema, operation: Operation, variables: Json, call: Call) -> Json:
    """Execute and return the answer document."""
    result = execute_sync(
        schema,
        operation.document,
        variable_values=variables,
        operation_name=operation.name,
        context_value=call,
    )
    return answer(result, call)


def answer(result: ExecutionResult, call: Call) -> Json:
    """Return a result as Railway gives it; a bug of ours reads like one of theirs."""
    if not result.errors:
        return {"data": result.data}
    errors = []
    for error in result.errors:
        original = error.original_error
        if isinstance(original, Refusal):
            errors.append(_shaped(error, original.code, original.message))
        elif original is None:
            errors.append(_shaped(error, "BAD_USER_INPUT"))
        else:
            call.world.bug(original)
            errors.append(_shaped(error, "INTERNAL_SERVER_ERROR", FAILED))
    return {"data": result.data, "errors": errors}


def refused(refusal: Refusal) -> Json:
    """Return the answer of a call that was refused as a whole."""
    return {"data": None, "errors": [_error(refusal.message, refusal.code)]}


def _shaped(error: GraphQLError, code: str, message: str | None = None) -> Json:
    shaped = _error(message or error.message, code)
    if error.path is not None:
        shaped["path"] = list(error.path)
    if error.locations:
        shaped["locations"] = [{"line": at.line, "column": at.column} for at in error.locations]
    return shaped


def _error(message: str, code: str) -> Json:
    identity = secrets.token_hex(8)
    return {"message": message, "extensions": {"code": code}, "traceId": identity}
