"""Variables as a container gets them: references rendered, Railway's own ones added.

A reference is `${{NAME}}`, `${{shared.NAME}}`, `${{<service>.NAME}}` or `${{<bucket>.KEY}}`; one
that leads nowhere renders to nothing.
Source: docs.railway.com/variables, /storage-buckets, read 2026-11-22.
"""

import re
from collections.abc import Iterator

from sandbox.railway.model.config import peek
from sandbox.railway.model.records import Environment, Estate, Json, Service

REFERENCE = re.compile(r"\$\{\{\s*([^{}]+?)\s*\}\}")
DEPTH_MAX = 10


def stored(environment: Environment, service_id: str | None) -> dict[str, Json]:
    """Return the variables as they were written, by name: of a service, or the shared ones."""
    if service_id is None:
        return peek(environment.config, "sharedVariables")
    return peek(environment.config, "services", service_id, "variables")


def names_in(value: str) -> list[str]:
    """Return what a value refers to."""
    return [match.strip() for match in REFERENCE.findall(value)]


class Renderer:
    """Renders references within one environment."""

    def __init__(self, estate: Estate, environment: Environment, endpoint: str) -> None:
        """Look in this estate; `endpoint` is where buckets are served."""
        self._estate = estate
        self._environment = environment
        self._endpoint = endpoint

    def service(self, service: Service) -> dict[str, str]:
        """Return a service's variables with every reference rendered."""
        return {
            name: self._render(_value(variable), service.id, 0)
            for name, variable in stored(self._environment, service.id).items()
        }

    def shared(self) -> dict[str, str]:
        """Return the shared variables, rendered."""
        return {
            name: self._render(_value(variable), None, 0)
            for name, variable in stored(self._environment, None).items()
        }

    def _render(self, text: str, service_id: str | None, depth: int) -> str:
        if depth > DEPTH_MAX:
            return ""
        return REFERENCE.sub(
            lambda match: self._look_up(match.group(1).strip(), service_id, depth + 1), text
        )

    def _look_up(self, name: str, service_id: str | None, depth: int) -> str:
        owner, _, key = name.rpartition(".")
        if not owner:
            variables, holder = stored(self._environment, service_id), service_id
        elif owner == "shared":
            variables, holder = stored(self._environment, None), None
        else:
            found = self._named(owner)
            if found is None:
                return self._bucket(owner, key)
            variables, holder = stored(self._environment, found), found
        if key in variables:
            return self._render(_value(variables[key]), holder, depth)
        return dict(self._identity(holder)).get(key, "")

    def _identity(self, service_id: str | None) -> Iterator[tuple[str, str]]:
        yield "RAILWAY_PROJECT_ID", self._environment.project_id
        yield "RAILWAY_ENVIRONMENT_ID", self._environment.id
        yield "RAILWAY_ENVIRONMENT_NAME", self._environment.name
        if service_id is not None and service_id in self._estate.services:
            name = self._estate.services[service_id].name
            yield "RAILWAY_SERVICE_ID", service_id
            yield "RAILWAY_SERVICE_NAME", name
            yield "RAILWAY_PRIVATE_DOMAIN", f"{name}.railway.internal"

    def _named(self, name: str) -> str | None:
        for service in self._estate.services.values():
            here = service.project_id == self._environment.project_id
            if here and service.name == name and service.deleted_at is None:
                return service.id
        return None

    def _bucket(self, name: str, key: str) -> str:
        for instance in self._estate.bucket_instances.values():
            bucket = self._estate.buckets[instance.bucket_id]
            if (
                instance.environment_id != self._environment.id
                or instance.deleted_at is not None
                or bucket.name != name
            ):
                continue
            return {
                "BUCKET": instance.store_name,
                "ACCESS_KEY_ID": instance.access_key,
                "SECRET_ACCESS_KEY": instance.secret_key,
                "REGION": "auto",
                "ENDPOINT": self._endpoint,
            }.get(key, "")
        return ""


def _value(variable: Json) -> str:
    value = variable.get("value", variable.get("defaultValue"))
    return "" if value is None else str(value)
