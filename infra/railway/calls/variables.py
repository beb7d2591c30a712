"""Variables of a service: what is set, which are sealed, and writing some of them quietly."""

from collections.abc import Iterator, Mapping

import msgspec

from infra.railway.client import Connection, Railway


class VariableFlag(msgspec.Struct, frozen=True, rename="camel"):
    """A variable without its value."""

    id: str
    name: str
    is_sealed: bool
    service_id: str | None = None
    references: tuple[str, ...] = ()


class _Flags(msgspec.Struct, frozen=True):
    variables: Connection[VariableFlag]


class _FlagsPage(msgspec.Struct, frozen=True):
    environment: _Flags


class _Read(msgspec.Struct, frozen=True):
    variables: dict[str, str | None]


def read(
    api: Railway, *, project_id: str, environment_id: str, service_id: str
) -> dict[str, str | None]:
    """Return a service's variables as written; None for a sealed one. Never print it.

    Raises:
        RailwayError: as `Railway.query`.

    """
    asked = {"projectId": project_id, "environmentId": environment_id, "serviceId": service_id}
    return api.query("VariablesRead", asked, _Read).variables


def flags(api: Railway, environment_id: str) -> Iterator[VariableFlag]:
    """Yield an environment's variables without their values.

    Raises:
        RailwayError: as `Railway.query`.

    """
    return api.pages(
        "VariableFlagsPage",
        {"environmentId": environment_id},
        _FlagsPage,
        lambda reply: reply.environment.variables,
    )


def upsert(api: Railway, ids: Mapping[str, str], values: Mapping[str, str]) -> None:
    """Set these variables and no other, without a deployment.

    `ids` holds projectId, environmentId and serviceId. Idempotent.

    Raises:
        RailwayError: as `Railway.mutate`.

    """
    asked = {**ids, "variables": dict(values), "replace": False, "skipDeploys": True}
    api.mutate("VariableCollectionUpsert", {"input": asked}, dict[str, object])
