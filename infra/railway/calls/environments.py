"""Environments: their configuration, what is staged over it, and who lives in them."""

from collections.abc import Iterator, Mapping

import msgspec

from infra.railway.client import Connection, Railway
from infra.railway.patch import Json


class Environment(msgspec.Struct, frozen=True, rename="camel"):
    """An environment as Railway has it."""

    id: str
    name: str
    project_id: str
    is_ephemeral: bool = False
    """A fork for a pull request; deleted with it."""
    deleted_at: str | None = None
    config_etag: str = ""
    unmerged_changes_count: int | None = None


class EnvironmentState(msgspec.Struct, frozen=True):
    """An environment's configuration with the changes staged over it."""

    id: str
    project_id: str
    config: dict[str, object]
    staged: dict[str, object]
    """Empty where nothing is staged: Railway then answers with an empty placeholder patch."""
    last_applied_error: str | None = None
    deleted: bool = False


class ServiceInstance(msgspec.Struct, frozen=True, rename="camel"):
    """A service's presence in an environment."""

    id: str
    service_id: str
    service_name: str
    environment_id: str
    deleted_at: str | None = None


class AppliedPatch(msgspec.Struct, frozen=True, rename="camel"):
    """A committed change of an environment; the values stay with Railway."""

    id: str
    status: str
    created_at: str
    message: str | None = None
    applied_at: str | None = None
    last_applied_error: str | None = None


class _Read(msgspec.Struct, frozen=True):
    environment: Environment


class _Page(msgspec.Struct, frozen=True):
    environments: Connection[Environment]


class _Created(msgspec.Struct, frozen=True, rename="camel"):
    environment_create: Environment


class _Config(msgspec.Struct, frozen=True, rename="camel"):
    id: str
    project_id: str
    config: dict[str, object]
    deleted_at: str | None = None


class _Staged(msgspec.Struct, frozen=True, rename="camel"):
    id: str
    status: str
    patch: dict[str, object] | None = None
    last_applied_error: str | None = None


class _State(msgspec.Struct, frozen=True, rename="camel"):
    environment: _Config
    environment_staged_changes: _Staged | None = None


class _StagedReply(msgspec.Struct, frozen=True, rename="camel"):
    environment_stage_changes: _Staged


class _Instances(msgspec.Struct, frozen=True, rename="camel"):
    service_instances: Connection[ServiceInstance]


class _InstancesPage(msgspec.Struct, frozen=True):
    environment: _Instances


class _PatchesPage(msgspec.Struct, frozen=True, rename="camel"):
    environment_patches: Connection[AppliedPatch]


def read(api: Railway, environment_id: str, project_id: str | None = None) -> Environment:
    """Return an environment.

    Raises:
        NotFound: there is none of that id.
        RailwayError: as `Railway.query`.

    """
    asked = {"id": environment_id, **({} if project_id is None else {"projectId": project_id})}
    return api.query("EnvironmentRead", asked, _Read).environment


def of_project(api: Railway, project_id: str) -> tuple[Environment, ...]:
    """Return a project's environments that are not deleted.

    Raises:
        RailwayError: as `Railway.query`.

    """
    found = api.pages(
        "EnvironmentsPage", {"projectId": project_id}, _Page, lambda reply: reply.environments
    )
    return tuple(environment for environment in found if environment.deleted_at is None)


def create(api: Railway, *, project_id: str, name: str) -> Environment:
    """Make an empty environment, which deploys nothing.

    Raises:
        Throttled: about one in 30 s.
        RailwayError: as `Railway.mutate`.

    """
    asked = {
        "projectId": project_id,
        "name": name,
        "ephemeral": False,
        "skipInitialDeploys": True,
        "applyChangesInBackground": False,
    }
    return api.mutate("EnvironmentCreate", {"input": asked}, _Created).environment_create


def rename(api: Railway, environment_id: str, name: str) -> None:
    """Give an environment another name.

    Raises:
        RailwayError: as `Railway.mutate`.

    """
    asked = {"id": environment_id, "input": {"name": name}}
    api.mutate("EnvironmentRename", asked, dict[str, object])


def delete(api: Railway, environment_id: str) -> None:
    """Delete an environment with everything in it.

    Raises:
        RailwayError: as `Railway.mutate`.

    """
    api.mutate("EnvironmentDelete", {"id": environment_id}, dict[str, object])


def state(api: Railway, environment_id: str) -> EnvironmentState:
    """Return configuration and staged changes, with values in clear: never print it.

    Raises:
        NotFound: there is none of that id.
        RailwayError: as `Railway.query`.

    """
    reply = api.query("EnvironmentStateRead", {"id": environment_id}, _State)
    staged = reply.environment_staged_changes
    open_changes = _open(staged)
    return EnvironmentState(
        id=reply.environment.id,
        project_id=reply.environment.project_id,
        config=reply.environment.config,
        staged=open_changes,
        last_applied_error=None if staged is None else staged.last_applied_error,
        deleted=reply.environment.deleted_at is not None,
    )


def _open(staged: _Staged | None) -> dict[str, object]:
    # The schema calls it "the latest staged commit": a committed one is not staged any more.
    if staged is None or staged.status == "COMMITTED":
        return {}
    return _without_empty(staged.patch or {})


def _without_empty(patch: Mapping[str, object]) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in patch.items():
        inner = _without_empty(value) if isinstance(value, Mapping) else value
        if inner != {}:
            found[key] = inner
    return found


def stage(api: Railway, environment_id: str, patch: Json) -> dict[str, object]:
    """Stage a patch over what is staged already; returns all that is staged then.

    Raises:
        RailwayError: as `Railway.mutate`.

    """
    asked = {"environmentId": environment_id, "input": patch, "merge": True}
    reply = api.mutate("EnvironmentStageChanges", asked, _StagedReply)
    return _open(reply.environment_stage_changes)


def commit_staged(
    api: Railway, environment_id: str, why: str, *, skip_deploys: bool = True
) -> None:
    """Apply everything that is staged; without a deployment unless asked for.

    Raises:
        RailwayError: as `Railway.mutate`.

    """
    asked = {"environmentId": environment_id, "commitMessage": why, "skipDeploys": skip_deploys}
    api.mutate("EnvironmentPatchCommitStaged", asked, dict[str, object])


def last_patch(api: Railway, environment_id: str) -> AppliedPatch | None:
    """Return the change committed last; None where nothing ever was.

    Raises:
        RailwayError: as `Railway.query`.

    """
    asked = {"environmentId": environment_id}
    found = api.pages(
        "EnvironmentPatchesPage", asked, _PatchesPage, lambda reply: reply.environment_patches
    )
    applied = [patch for patch in found if patch.applied_at is not None]
    return max(applied, key=lambda patch: patch.applied_at or "", default=None)


def services_in(api: Railway, environment_id: str) -> Iterator[ServiceInstance]:
    """Yield the service instances of an environment that are not deleted.

    Raises:
        RailwayError: as `Railway.query`.

    """
    found = api.pages(
        "EnvironmentServicesPage",
        {"id": environment_id},
        _InstancesPage,
        lambda reply: reply.environment.service_instances,
    )
    return (instance for instance in found if instance.deleted_at is None)
