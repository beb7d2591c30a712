"""What a token is for, what the plan allows, where Railway runs things, and what was used."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from infra.railway.client import Railway
from infra.railway.token import TokenKind


class Named(msgspec.Struct, frozen=True):
    """A thing by id and name."""

    id: str
    name: str


class TokenScope(msgspec.Struct, frozen=True, rename="camel"):
    """What a token reaches: workspaces, or one environment of one project."""

    kind: TokenKind
    workspaces: tuple[Named, ...] = ()
    project: Named | None = None
    environment: Named | None = None


class _Workspaces(msgspec.Struct, frozen=True):
    workspaces: tuple[Named, ...]


class _ApiToken(msgspec.Struct, frozen=True, rename="camel"):
    api_token: _Workspaces


class _ProjectToken(msgspec.Struct, frozen=True, rename="camel"):
    id: str
    name: str
    project_id: str
    environment_id: str
    project: Named
    environment: Named


class _ProjectTokenReply(msgspec.Struct, frozen=True, rename="camel"):
    project_token: _ProjectToken


def token_scope(api: Railway) -> TokenScope:
    """Return what the client's token reaches.

    Raises:
        NotAuthorized: the line says whether the token is dead or of the other kind.
        RailwayError: as `Railway.query`.

    """
    if api.token.kind is TokenKind.BEARER:
        reply = api.query("TokenScope", {}, _ApiToken)
        return TokenScope(kind=TokenKind.BEARER, workspaces=reply.api_token.workspaces)
    token = api.query("ProjectTokenScope", {}, _ProjectTokenReply).project_token
    return TokenScope(kind=TokenKind.PROJECT, project=token.project, environment=token.environment)


class _Deprecation(msgspec.Struct, frozen=True, rename="camel"):
    is_deprecated: bool = False
    replacement_region: str | None = None


class _Constraints(msgspec.Struct, frozen=True, rename="camel"):
    deprecation_info: _Deprecation | None = None


class Region(msgspec.Struct, frozen=True, rename="camel"):
    """A place Railway runs containers in; its name is what a service is configured with."""

    name: str
    location: str = ""
    country: str = ""
    deployment_constraints: _Constraints | None = None

    @property
    def replaced_by(self) -> str | None:
        """The region to use instead, if this one is deprecated."""
        constraints = self.deployment_constraints
        if constraints is None or constraints.deprecation_info is None:
            return None
        info = constraints.deprecation_info
        return (info.replacement_region or "another region") if info.is_deprecated else None


class _Regions(msgspec.Struct, frozen=True):
    regions: tuple[Region, ...]


def regions(api: Railway, project_id: str | None = None) -> tuple[Region, ...]:
    """Return the regions services may run in.

    Raises:
        RailwayError: as `Railway.query`.

    """
    variables = {} if project_id is None else {"projectId": project_id}
    return api.query("RegionsRead", variables, _Regions).regions


class Notice(msgspec.Struct, frozen=True):
    """An incident or a maintenance Railway tells of."""

    id: str
    message: str
    status: str
    url: str


class Platform(msgspec.Struct, frozen=True, rename="camel"):
    """How Railway says it is."""

    is_stable: bool
    incident: Notice | None = None
    maintenance: Notice | None = None


class _Platform(msgspec.Struct, frozen=True, rename="camel"):
    platform_status: Platform


def platform(api: Railway) -> Platform:
    """Return how Railway says it is.

    Raises:
        RailwayError: as `Railway.query`.

    """
    return api.query("PlatformRead", {}, _Platform).platform_status


class Used(msgspec.Struct, frozen=True, rename="camel"):
    """One measured quantity, in the unit its name ends with; minutes of it for CPU and memory."""

    measurement: str
    value: float


class Estimate(msgspec.Struct, frozen=True, rename="camel"):
    """One quantity as estimated for the whole billing period."""

    measurement: str
    estimated_value: float
    project_id: str = ""


class _Usage(msgspec.Struct, frozen=True):
    usage: tuple[Used, ...]


class _Estimates(msgspec.Struct, frozen=True, rename="camel"):
    estimated_usage: tuple[Estimate, ...]


def usage(
    api: Railway, project_id: str, measurements: Sequence[str], *, since: datetime
) -> tuple[Used, ...]:
    """Return what a project has used since then.

    Raises:
        RailwayError: as `Railway.query`.

    """
    asked = {
        "projectId": project_id,
        "measurements": list(measurements),
        "startDate": since.isoformat(),
    }
    return api.query("UsageRead", asked, _Usage).usage


def estimated_usage(
    api: Railway, project_id: str, measurements: Sequence[str]
) -> tuple[Estimate, ...]:
    """Return what Railway expects a project to use in the billing period.

    Raises:
        RailwayError: as `Railway.query`.

    """
    asked = {"projectId": project_id, "measurements": list(measurements)}
    return api.query("EstimatedUsageRead", asked, _Estimates).estimated_usage


class Sample(msgspec.Struct, frozen=True):
    """A measured value at a Unix second."""

    ts: int
    value: float


class Metric(msgspec.Struct, frozen=True):
    """One measurement over time."""

    measurement: str
    values: tuple[Sample, ...]


class _Metrics(msgspec.Struct, frozen=True):
    metrics: tuple[Metric, ...]


def metrics(
    api: Railway, scope: Mapping[str, str], measurements: Sequence[str], *, since: datetime
) -> tuple[Metric, ...]:
    """Return measurements of a project, environment, service or volume (`scope` holds the ids).

    Raises:
        RailwayError: as `Railway.query`.

    """
    asked = {**scope, "measurements": list(measurements), "startDate": since.isoformat()}
    return api.query("MetricsRead", asked, _Metrics).metrics
