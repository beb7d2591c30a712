"""Projects, environments and project tokens."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from sandbox.railway.model.records import Environment, Project, Token, TokenKind
from sandbox.railway.model.refusal import Refusal
from sandbox.railway.model.world import World
from sandbox.railway.rules import buckets, deployments, services

GRACE = dt.timedelta(hours=48)
"""How long a deletion can be undone. Source: docs.railway.com/projects, read 2026-11-22."""


def create(world: World, project: Project, environment_name: str) -> Project:
    """Keep a new project with its first environment."""
    world.throttle("projects", project.workspace_id)
    world.estate.projects[project.id] = project
    first = new_environment(world, project, environment_name)
    project.base_environment_id = first.id
    bind_waiting_tokens(world, project, first)
    return project


def new_environment(world: World, project: Project, name: str) -> Environment:
    """Keep a new environment, empty but for an instance of nothing."""
    for other in environments(world, project):
        if other.name == name:
            raise Refusal(f'An environment named "{name}" already exists in this project')
    now = world.now()
    environment = Environment(world.new_id(), name, project.id, now, now)
    environment.staged_id = world.new_id()
    world.estate.environments[environment.id] = environment
    return environment


def environments(world: World, project: Project) -> list[Environment]:
    """Return a project's environments that are not deleted, oldest first."""
    return [
        environment
        for environment in world.estate.environments.values()
        if environment.project_id == project.id and environment.deleted_at is None
    ]


def primary(world: World, project: Project) -> Environment | None:
    """Return the oldest environment that is not ephemeral."""
    kept = [one for one in environments(world, project) if not one.is_ephemeral]
    return kept[0] if kept else None


def bind_waiting_tokens(world: World, project: Project, environment: Environment) -> None:
    """Bind the project token that was given out at the start, before any project existed."""
    for token in world.estate.tokens.values():
        bound = world.estate.projects.get(token.project_id or "")
        if token.first_project and (bound is None or bound.deleted_at is not None):
            token.project_id, token.environment_id = project.id, environment.id
            token.workspace_id = project.workspace_id


def mint(world: World, environment: Environment, name: str) -> Token:
    """Make a project token: one environment of one project."""
    project = world.estate.projects[environment.project_id]
    token = Token(
        id=world.new_id(),
        kind=TokenKind.PROJECT,
        secret=world.new_id(),
        name=name,
        created_at=world.now(),
        workspace_id=project.workspace_id,
        project_id=project.id,
        environment_id=environment.id,
    )
    world.estate.tokens[token.id] = token
    return token


def delete(world: World, project: Project) -> None:
    """Delete a project at once, with everything in it; disks are wiped 48 hours later."""
    estate = world.estate
    for environment in environments(world, project):
        delete_environment(world, environment)
    mine = {bucket.id for bucket in estate.buckets.values() if bucket.project_id == project.id}
    _drop(estate.bucket_instances, lambda one: one.bucket_id in mine)
    for kept in (estate.services, estate.volumes, estate.buckets, estate.environments):
        _drop(kept, lambda one: one.project_id == project.id)
    _drop(estate.tokens, lambda one: one.project_id == project.id and not one.first_project)
    del estate.projects[project.id]
    buckets.publish(world)


def _drop(records: dict[str, Any], gone: Callable[[Any], bool]) -> None:
    for key in [key for key, one in records.items() if gone(one)]:
        del records[key]


def purge(world: World) -> None:
    """Delete the projects whose 48 hours are over."""
    for project in list(world.estate.projects.values()):
        if project.deleted_at is not None and world.now() - project.deleted_at >= GRACE:
            delete(world, project)


def delete_environment(world: World, environment: Environment) -> None:
    """Delete an environment: its containers, instances, volumes and bucket instances."""
    environment.deleted_at = world.now()
    for instance in services.instances_in(world, environment):
        services.delete_instance(world, instance)
    for deployment in list(world.estate.deployments.values()):
        if deployment.environment_id == environment.id:
            deployments.remove(world, deployment)
    for volume in world.estate.volume_instances.values():
        if volume.environment_id == environment.id and volume.deleted_at is None:
            volume.deleted_at, volume.state, volume.service_id = world.now(), "DELETING", None
    for bucket in world.estate.bucket_instances.values():
        if bucket.environment_id == environment.id and bucket.deleted_at is None:
            bucket.deleted_at = world.now()


def fork(world: World, source: Environment, target: Environment, *, deploy: bool) -> None:
    """Copy an environment's services and variables; sealed variables and volumes stay behind.

    Source: docs.railway.com/environments and /variables (sealed are not copied), 2026-11-22.
    """
    target.source_id = source.id
    for instance in services.instances_in(world, source):
        copy = services.add_instance(world, instance.service_id, target)
        services.copy_settings(source, target, instance.service_id)
        if deploy and deployments.has_source(target, copy.service_id):
            deployments.request(world, copy, "deploy")
