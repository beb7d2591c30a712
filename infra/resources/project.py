"""A Railway project: the outermost thing of one stack."""

from dataclasses import dataclass

import pulumi

from infra.resources.resource import Property, RailwayResource, whole


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectArgs:
    """What a project is declared with."""

    name: pulumi.Input[str]
    """Unique in the workspace as far as this stack is concerned: two of one name are refused."""
    workspace_id: pulumi.Input[str] | None = None
    """Left out: the provider's `railway:workspaceId`, else the only workspace of the token."""
    default_environment_name: pulumi.Input[str] = "production"
    """Name of the environment Railway makes with the project; read at creation only."""
    description: pulumi.Input[str] | None = None
    """Text before the mark `[pulumi <project>/<stack>]`, which the provider keeps there."""


class Project(RailwayResource):
    """A project. Id: `<project>`. Deleting schedules the deletion, which Railway keeps 48 h."""

    name = Property[str]("name")
    project_id = Property[str]("projectId")
    workspace_id = Property[str]("workspaceId")
    plan = Property[str]("plan")
    """The plan the project runs on, as Railway says it: `hobby`, `pro`, …"""
    backups_max = Property[int]("backupsMax", whole)
    """Most native volume backups the plan allows; 0 on Hobby."""

    def __init__(
        self, resource_name: str, args: ProjectArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(
            resource_name, args, ("projectId", "workspaceId", "plan", "backupsMax"), opts
        )
