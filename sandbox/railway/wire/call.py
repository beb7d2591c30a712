"""One call: who asks, and every record it may reach, looked up with its rights.

A thing that never was or is gone is `… not found`; one the token does not open, or ids that do not
belong together, are `Not Authorized`.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass

from sandbox.railway.deploy.rollout import Rollouts
from sandbox.railway.model.config import section
from sandbox.railway.model.records import (
    Bucket,
    Deployment,
    Environment,
    Json,
    Project,
    Service,
    ServiceInstance,
    TokenKind,
    Volume,
    VolumeInstance,
)
from sandbox.railway.model.refusal import not_authorized, not_found
from sandbox.railway.model.world import World
from sandbox.railway.rules import services
from sandbox.railway.wire.budget import Budget
from sandbox.railway.wire.rights import Caller

PAGE = 20
"""Edges of a page nobody gave a size for; Railway's own default is not published."""


@dataclass(frozen=True, slots=True)
class Call:
    """What a resolver gets as its context."""

    world: World
    caller: Caller
    budget: Budget
    rollouts: Rollouts

    def strikes(self, fault: str) -> bool:
        """Say whether a fault strikes at this call."""
        return self.world.arms.strikes(fault)

    def workspace(self, workspace_id: str) -> str:
        """Return a workspace's id if the token opens it.

        Raises:
            Refusal: it does not.

        """
        known = workspace_id in self.world.estate.workspaces
        if not known or not self.caller.sees_workspace(workspace_id):
            raise not_authorized()
        return workspace_id

    def project(self, project_id: str) -> Project:
        """Return a project.

        Raises:
            Refusal: none of that id, or not open to the token.

        """
        project = self.world.estate.projects.get(project_id)
        if project is None:
            raise not_found("Project")
        if not self.caller.sees_workspace(project.workspace_id):
            raise not_authorized()
        token = self.caller.token
        if token is None or token.kind is not TokenKind.PROJECT:
            return project
        if token.project_id != project.id or self.strikes("project-token-narrow"):
            raise not_authorized()
        return project

    def caller_project(self, project_id: str) -> None:
        """Refuse a project the token does not open, without reading it.

        Raises:
            Refusal: none of that id, or not open to the token.

        """
        project = self.world.estate.projects.get(project_id)
        if project is None:
            raise not_found("Project")
        token = self.caller.token
        bound = token.project_id if token and token.kind is TokenKind.PROJECT else None
        if not self.caller.sees_workspace(project.workspace_id) or bound not in {None, project_id}:
            raise not_authorized()

    def environment(self, environment_id: str, project_id: str | None = None) -> Environment:
        """Return an environment, after whatever somebody did to it in the dashboard.

        Raises:
            Refusal: none of that id, of another project, or not open to the token.

        """
        environment = self.world.estate.environments.get(environment_id)
        if environment is None or environment.deleted_at is not None:
            raise not_found("Environment")
        if not self.caller.sees_environment(environment.id):
            raise not_authorized()
        project = self.world.estate.projects[environment.project_id]
        if not self.caller.sees_workspace(project.workspace_id):
            raise not_authorized()
        if project_id is not None and project_id != environment.project_id:
            raise not_authorized()
        self._by_hand(environment)
        return environment

    def _by_hand(self, environment: Environment) -> None:
        instances = services.instances_in(self.world, environment)
        if not instances:
            return
        service_id = instances[0].service_id
        if self.strikes("staged-by-hand"):
            staged = section(environment.staged, "services", service_id, "variables")
            staged["EDITED_BY_HAND"] = {"value": "1"}
            environment.staged_at = self.world.now()
        if self.strikes("edited-by-hand"):
            deploy = section(environment.config, "services", service_id, "deploy")
            deploy["startCommand"] = "python -m edited_by_hand"

    def service(self, service_id: str) -> Service:
        """Return a service, also a deleted one.

        Raises:
            Refusal: none of that id, or not open to the token.

        """
        service = self.world.estate.services.get(service_id)
        if service is None:
            raise not_found("Service")
        project = self.world.estate.projects[service.project_id]
        token = self.caller.token
        if not self.caller.sees_workspace(project.workspace_id):
            raise not_authorized()
        if token is not None and token.project_id not in {None, service.project_id}:
            raise not_authorized()
        return service

    def living_service(self, service_id: str) -> Service:
        """Return a service that is not deleted.

        Raises:
            Refusal: as `service`, and for a deleted one.

        """
        service = self.service(service_id)
        if service.deleted_at is not None:
            raise not_found("Service")
        return service

    def instance(self, service_id: str, environment_id: str) -> ServiceInstance:
        """Return a service's instance in an environment.

        Raises:
            Refusal: there is none, it cannot be seen yet, or the ids do not belong together.

        """
        service = self.service(service_id)
        environment = self.environment(environment_id)
        if service.project_id != environment.project_id:
            raise not_authorized()
        instance = services.find_instance(self.world, service.id, environment.id)
        if instance is None or self.strikes("service-instance-late"):
            raise not_found("ServiceInstance")
        return instance

    def deployment(self, deployment_id: str) -> Deployment:
        """Return a deployment.

        Raises:
            Refusal: none of that id, or not open to the token.

        """
        deployment = self.world.estate.deployments.get(deployment_id)
        if deployment is None or deployment.project_id not in self.world.estate.projects:
            raise not_found("Deployment")
        project = self.world.estate.projects[deployment.project_id]
        if not self.caller.sees_workspace(project.workspace_id):
            raise not_authorized()
        if not self.caller.sees_environment(deployment.environment_id):
            raise not_authorized()
        return deployment

    def volume(self, volume_id: str) -> Volume:
        """Return a volume.

        Raises:
            Refusal: none of that id, or not open to the token.

        """
        volume = self.world.estate.volumes.get(volume_id)
        if volume is None:
            raise not_found("Volume")
        self.project(volume.project_id)
        return volume

    def volume_instance(self, instance_id: str) -> VolumeInstance:
        """Return a volume's instance, also a deleted one.

        Raises:
            Refusal: none of that id or not visible yet, or not open to the token.

        """
        instance = self.world.estate.volume_instances.get(instance_id)
        if instance is None or not self.visible(instance):
            raise not_found("VolumeInstance")
        environment = self.world.estate.environments.get(instance.environment_id)
        if environment is None:
            raise not_found("VolumeInstance")
        if not self.caller.sees_environment(environment.id):
            raise not_authorized()
        project = self.world.estate.projects[environment.project_id]
        if not self.caller.sees_workspace(project.workspace_id):
            raise not_authorized()
        return instance

    def visible(self, instance: VolumeInstance) -> bool:
        """Say whether a volume instance is shown by this read: new ones are not for a while."""
        return self.world.now() >= instance.visible_at and not self.strikes("volume-instance-late")

    def bucket(self, bucket_id: str) -> Bucket:
        """Return a bucket.

        Raises:
            Refusal: none of that id, or not open to the token.

        """
        bucket = self.world.estate.buckets.get(bucket_id)
        if bucket is None:
            raise not_found("Bucket")
        self.project(bucket.project_id)
        return bucket

    # ------------------------------------------------------------------ pages

    def connection(self, nodes: Sequence[Json], args: Json) -> Json:
        """Return one page, Relay's way; a cursor names the edge by its id."""
        cursors = [_cursor(node) for node in nodes]
        start = cursors.index(args["after"]) + 1 if args.get("after") in cursors else 0
        end = cursors.index(args["before"]) if args.get("before") in cursors else len(nodes)
        size = args.get("first")
        if self.strikes("pages-of-2"):
            size = min(2, size or 2)
        if args.get("last") is not None and size is None:
            first = max(start, end - args["last"])
        else:
            first, end = start, min(end, start + (PAGE if size is None else size))
        return {
            "edges": [
                {"node": node, "cursor": cursor}
                for node, cursor in zip(nodes[first:end], cursors[first:end], strict=True)
            ],
            "pageInfo": {
                "hasNextPage": end < len(nodes),
                "hasPreviousPage": first > 0,
                "startCursor": cursors[first] if first < end else None,
                "endCursor": cursors[end - 1] if first < end else None,
            },
        }


def _cursor(node: Json) -> str:
    return base64.urlsafe_b64encode(str(node["id"]).encode()).decode()
