"""Projects: what one is, and what can be asked of it."""

from collections.abc import Iterator, Mapping

import msgspec

from infra.railway.client import Connection, Railway

BACKUPS_KEY = "maxBackupsCount"


class Project(msgspec.Struct, frozen=True, rename="camel"):
    """A project as Railway has it."""

    id: str
    name: str
    description: str | None = None
    workspace_id: str | None = None
    deleted_at: str | None = None
    primary_environment_id: str | None = None
    subscription_type: str | None = None
    """The plan: `hobby`, `pro`, …; an open set."""
    subscription_plan_limit: dict[str, object] | None = None

    @property
    def backups_max(self) -> int | None:
        """Most volume backups the plan allows; None where the limits do not say.

        Observers found the key at different depths (railway facts 2.4), so it is looked for.
        """
        return _number(self.subscription_plan_limit or {}, BACKUPS_KEY)


def _number(limits: Mapping[str, object], key: str) -> int | None:
    found = limits.get(key)
    if isinstance(found, int | float):
        return int(found)
    for inner in limits.values():
        if isinstance(inner, Mapping):
            deeper = _number(inner, key)
            if deeper is not None:
                return deeper
    return None


class _Read(msgspec.Struct, frozen=True):
    project: Project


class _Created(msgspec.Struct, frozen=True, rename="camel"):
    project_create: Project


class _Page(msgspec.Struct, frozen=True):
    projects: Connection[Project]


def read(api: Railway, project_id: str) -> Project:
    """Return a project, also one that is scheduled for deletion.

    Raises:
        NotFound: there is none of that id.
        RailwayError: as `Railway.query`.

    """
    return api.query("ProjectRead", {"id": project_id}, _Read).project


def of_name(api: Railway, workspace_id: str, name: str) -> tuple[Project, ...]:
    """Return the projects of exactly that name which are not deleted; names are not unique.

    Raises:
        RailwayError: as `Railway.query`.

    """
    return tuple(
        project
        for project in in_workspace(api, workspace_id)
        if project.name == name and project.deleted_at is None
    )


def in_workspace(api: Railway, workspace_id: str | None) -> Iterator[Project]:
    """Yield the projects of a workspace, deleted ones too.

    Raises:
        RailwayError: as `Railway.query`.

    """
    scope = {} if workspace_id is None else {"workspaceId": workspace_id}
    return api.pages("ProjectsPage", scope, _Page, lambda reply: reply.projects)


def create(
    api: Railway, *, workspace_id: str, name: str, description: str, environment: str
) -> Project:
    """Make a project with one environment of that name.

    Raises:
        Throttled: about one in 30 s.
        RailwayError: as `Railway.mutate`.

    """
    asked = {
        "workspaceId": workspace_id,
        "name": name,
        "description": description,
        "defaultEnvironmentName": environment,
        "isPublic": False,
        "prDeploys": False,
    }
    return api.mutate("ProjectCreate", {"input": asked}, _Created).project_create


def update(api: Railway, project_id: str, *, name: str, description: str) -> None:
    """Set a project's name and description.

    Raises:
        RailwayError: as `Railway.mutate`.

    """
    asked = {"name": name, "description": description}
    api.mutate("ProjectUpdate", {"id": project_id, "input": asked}, dict[str, object])


def schedule_delete(api: Railway, project_id: str) -> None:
    """Have a project deleted in 48 hours; until then `cancel_delete` takes it back.

    Raises:
        RailwayError: as `Railway.mutate`.

    """
    api.mutate("ProjectScheduleDelete", {"id": project_id}, dict[str, object])


def cancel_delete(api: Railway, project_id: str) -> None:
    """Take back `schedule_delete`.

    Raises:
        RailwayError: as `Railway.mutate`.

    """
    api.mutate("ProjectScheduleDeleteCancel", {"id": project_id}, dict[str, object])
