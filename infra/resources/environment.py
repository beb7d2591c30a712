"""An environment of a Railway project: one per stack."""

from dataclasses import dataclass

import pulumi

from infra.resources.resource import Property, RailwayResource


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentArgs:
    """What an environment is declared with."""

    project_id: pulumi.Input[str]
    """`Project.project_id`; another one replaces the environment."""
    name: pulumi.Input[str]
    """The project's `default_environment_name` adopts the environment made with the project."""


class Environment(RailwayResource):
    """An environment. Id: `<project>/<environment>`."""

    name = Property[str]("name")
    environment_id = Property[str]("environmentId")
    project_id = Property[str]("projectId")

    def __init__(
        self, resource_name: str, args: EnvironmentArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(resource_name, args, ("environmentId",), opts)
