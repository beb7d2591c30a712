"""Services: identity, the part of the configuration that is theirs, and autodeploy."""

from collections.abc import Mapping
from typing import cast

import msgspec

from infra.railway.calls.deployments import Deployment
from infra.railway.client import Connection, Railway


class Service(msgspec.Struct, frozen=True, rename="camel"):
    """A service as Railway has it, in all environments of its project."""

    id: str
    name: str
    project_id: str
    deleted_at: str | None = None


class ServiceView(msgspec.Struct, frozen=True):
    """A service in one environment: its configuration and its variables as written."""

    service: Service
    config: Mapping[str, object]
    """Its part of the environment's configuration; empty where it has no instance there."""
    variables: Mapping[str, str | None]
    """References unrendered; None for a sealed one. Never print it."""

    @property
    def sealed(self) -> frozenset[str]:
        """Names of the variables whose values Railway does not show."""
        declared = self.config.get("variables")
        flagged = {
            name
            for name, entry in (declared.items() if isinstance(declared, Mapping) else ())
            if isinstance(entry, Mapping) and entry.get("isSealed") is True
        }
        return frozenset(
            flagged | {name for name, value in self.variables.items() if value is None}
        )


class Source(msgspec.Struct, frozen=True):
    """Where a service's container comes from."""

    image: str | None = None
    repo: str | None = None


class Instance(msgspec.Struct, frozen=True, rename="camel"):
    """A service in one environment with what runs there."""

    id: str
    service_id: str
    service_name: str
    environment_id: str
    active_deployments: tuple[Deployment, ...] = ()
    latest_deployment: Deployment | None = None
    source: Source | None = None
    deleted_at: str | None = None


class AutoDeploy(msgspec.Struct, frozen=True, rename="camel"):
    """Whether a push to the repository deploys by itself."""

    enabled: bool
    can_enable: bool = False
    reason: str | None = None


class _Services(msgspec.Struct, frozen=True):
    services: Connection[Service]


class _Page(msgspec.Struct, frozen=True):
    project: _Services


class _Config(msgspec.Struct, frozen=True, rename="camel"):
    config: dict[str, object]
    deleted_at: str | None = None


class _Read(msgspec.Struct, frozen=True):
    service: Service
    environment: _Config
    variables: dict[str, str | None]


class _Lookup(msgspec.Struct, frozen=True):
    service: Service


class _Created(msgspec.Struct, frozen=True, rename="camel"):
    service_create: Service


class _InstanceRead(msgspec.Struct, frozen=True, rename="camel"):
    service_instance: Instance


class _AutoDeployRead(msgspec.Struct, frozen=True, rename="camel"):
    service_instance_auto_deploy_status: AutoDeploy


def of_project(api: Railway, project_id: str) -> tuple[Service, ...]:
    """Return a project's services that are not deleted.

    Raises:
        RailwayError: as `Railway.query`.

    """
    found = api.pages(
        "ProjectServicesPage", {"id": project_id}, _Page, lambda reply: reply.project.services
    )
    return tuple(service for service in found if service.deleted_at is None)


def view(api: Railway, *, project_id: str, environment_id: str, service_id: str) -> ServiceView:
    """Return a service with its configuration and variables, values in clear: never print it.

    Raises:
        NotFound: no such service or environment.
        RailwayError: as `Railway.query`.

    """
    asked = {"id": service_id, "projectId": project_id, "environmentId": environment_id}
    reply = api.query("ServiceRead", asked, _Read)
    services = reply.environment.config.get("services")
    config = services.get(service_id) if isinstance(services, dict) else None
    return ServiceView(
        service=reply.service,
        config=cast("dict[str, object]", config) if isinstance(config, dict) else {},
        variables=reply.variables,
    )


def lookup(api: Railway, service_id: str) -> Service:
    """Return a service by its id alone.

    Raises:
        NotFound: no such service.
        RailwayError: as `Railway.query`.

    """
    return api.query("ServiceLookup", {"id": service_id}, _Lookup).service


def instance(api: Railway, *, environment_id: str, service_id: str) -> Instance:
    """Return a service's instance in an environment with its deployments.

    Raises:
        NotFound: it has none there, or not yet.
        RailwayError: as `Railway.query`.

    """
    asked = {"environmentId": environment_id, "serviceId": service_id}
    return api.query("ServiceInstanceRead", asked, _InstanceRead).service_instance


def create(api: Railway, *, project_id: str, environment_id: str, name: str) -> Service:
    """Make a service without a source, which therefore deploys nothing.

    Railway makes an instance in every environment of the project that is not a fork.

    Raises:
        AlreadyExists: the project has a service of that name.
        RailwayError: as `Railway.mutate`.

    """
    asked = {"projectId": project_id, "environmentId": environment_id, "name": name}
    return api.mutate("ServiceCreate", {"input": asked}, _Created).service_create


def rename(api: Railway, service_id: str, name: str) -> None:
    """Give a service another name.

    Raises:
        RailwayError: as `Railway.mutate`.

    """
    api.mutate("ServiceUpdate", {"id": service_id, "input": {"name": name}}, dict[str, object])


def delete(api: Railway, service_id: str, environment_id: str | None) -> None:
    """Delete a service from one environment, or with None from all. Detach its volume first.

    Raises:
        RailwayError: as `Railway.mutate`.

    """
    here = {} if environment_id is None else {"environmentId": environment_id}
    api.mutate("ServiceDelete", {"id": service_id, **here}, dict[str, object])


def auto_deploy(
    api: Railway, *, project_id: str, environment_id: str, service_id: str
) -> AutoDeploy:
    """Return whether a push deploys by itself.

    Raises:
        RailwayError: as `Railway.query`.

    """
    asked = {"projectId": project_id, "environmentId": environment_id, "serviceId": service_id}
    return api.query("AutoDeployRead", asked, _AutoDeployRead).service_instance_auto_deploy_status


def set_auto_deploy(api: Railway, ids: Mapping[str, str], *, enabled: bool) -> None:
    """Have pushes deploy or not; `ids` holds projectId, environmentId and serviceId.

    Raises:
        RailwayError: as `Railway.mutate`.

    """
    api.mutate("AutoDeployUpdate", {"input": {**ids, "enabled": enabled}}, dict[str, object])


class Domain(msgspec.Struct, frozen=True, rename="camel"):
    """A public name of a service."""

    id: str
    domain: str
    deleted_at: str | None = None


class _AllDomains(msgspec.Struct, frozen=True, rename="camel"):
    service_domains: tuple[Domain, ...]
    custom_domains: tuple[Domain, ...]


class _Domains(msgspec.Struct, frozen=True):
    domains: _AllDomains


def domains(
    api: Railway, *, project_id: str, environment_id: str, service_id: str
) -> tuple[Domain, ...]:
    """Return the public names of a service; a bot should have none.

    Raises:
        RailwayError: as `Railway.query`.

    """
    asked = {"projectId": project_id, "environmentId": environment_id, "serviceId": service_id}
    found = api.query("DomainsRead", asked, _Domains).domains
    both = (*found.service_domains, *found.custom_domains)
    return tuple(domain for domain in both if domain.deleted_at is None)
