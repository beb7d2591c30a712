"""Services, their instances in environments, and the settings each instance deploys with."""

import copy

from sandbox.railway.model import shape
from sandbox.railway.model.config import peek, section
from sandbox.railway.model.records import Environment, Json, Service, ServiceInstance
from sandbox.railway.model.refusal import Refusal
from sandbox.railway.model.world import World
from sandbox.railway.rules import deployments

DEPLOY_KEYS = (
    "cronSchedule",
    "drainingSeconds",
    "healthcheckPath",
    "healthcheckTimeout",
    "ipv6EgressEnabled",
    "multiRegionConfig",
    "numReplicas",
    "overlapSeconds",
    "preDeployCommand",
    "registryCredentials",
    "restartPolicyMaxRetries",
    "restartPolicyType",
    "sleepApplication",
    "startCommand",
)
LEAST = {
    "drainingSeconds": 0,
    "healthcheckTimeout": 0,
    "numReplicas": 1,
    "overlapSeconds": 0,
    "restartPolicyMaxRetries": 0,
}
BUILD_KEYS = ("buildCommand", "builder", "dockerfilePath", "nixpacksPlan", "watchPatterns")


def create(world: World, service: Service, environment: Environment | None) -> Service:
    """Keep a new service and give it its instances.

    In the given environment only if that is a fork; otherwise in *every* environment that is not.
    Source: the published schema's description of ServiceCreateInput.environmentId.
    """
    for other in world.estate.services.values():
        same = other.project_id == service.project_id and other.name == service.name
        if same and other.deleted_at is None:
            raise Refusal(f'A service named "{service.name}" already exists in this project')
    world.estate.services[service.id] = service
    if environment is not None and environment.source_id is not None:
        add_instance(world, service.id, environment)
        return service
    for candidate in world.estate.environments.values():
        mine = candidate.project_id == service.project_id and candidate.deleted_at is None
        if mine and candidate.source_id is None:
            add_instance(world, service.id, candidate)
    return service


def add_instance(world: World, service_id: str, environment: Environment) -> ServiceInstance:
    """Give a service an instance in an environment."""
    existing = find_instance(world, service_id, environment.id)
    if existing is not None:
        return existing
    now = world.now()
    instance = ServiceInstance(
        world.new_id(), service_id, environment.id, now, now, world.due("service_instance_visible")
    )
    world.estate.service_instances[instance.id] = instance
    section(environment.config, "services", service_id)
    return instance


def find_instance(world: World, service_id: str, environment_id: str) -> ServiceInstance | None:
    """Return the instance that is not deleted, or None."""
    for instance in world.estate.service_instances.values():
        here = instance.service_id == service_id and instance.environment_id == environment_id
        if here and instance.deleted_at is None:
            return instance
    return None


def instances_in(world: World, environment: Environment) -> list[ServiceInstance]:
    """Return an environment's instances that are not deleted."""
    return [
        instance
        for instance in world.estate.service_instances.values()
        if instance.environment_id == environment.id and instance.deleted_at is None
    ]


def instances_of(world: World, service: Service) -> list[ServiceInstance]:
    """Return a service's instances that are not deleted, in every environment."""
    return [
        instance
        for instance in world.estate.service_instances.values()
        if instance.service_id == service.id and instance.deleted_at is None
    ]


def delete(world: World, service: Service, environment: Environment | None) -> None:
    """Delete a service, or only its instance in one environment. Its volume is left detached."""
    for instance in instances_of(world, service):
        if environment is None or instance.environment_id == environment.id:
            delete_instance(world, instance)
    if environment is None:
        service.deleted_at = world.now()


def delete_instance(world: World, instance: ServiceInstance) -> None:
    """Delete an instance with its deployments and settings."""
    instance.deleted_at = world.now()
    takes_volume = world.arms.strikes("service-delete-takes-volume")
    for volume in world.estate.volume_instances.values():
        attached = volume.service_id == instance.service_id
        if attached and volume.environment_id == instance.environment_id:
            volume.service_id = None
            if takes_volume:
                volume.deleted_at, volume.state = world.now(), "DELETING"
    for deployment in list(world.estate.deployments.values()):
        mine = deployment.service_id == instance.service_id
        if mine and deployment.environment_id == instance.environment_id:
            deployments.remove(world, deployment)
    environment = world.estate.environments[instance.environment_id]
    section(environment.config, "services").pop(instance.service_id, None)
    for key, domain in list(world.estate.domains.items()):
        mine = domain.service_id == instance.service_id
        if mine and domain.environment_id == instance.environment_id:
            del world.estate.domains[key]


def update_instance(world: World, instance: ServiceInstance, given: Json) -> None:
    """Set settings as `serviceInstanceUpdate` does: no deployment, `region` is ignored.

    Raises:
        Refusal: a value Railway does not accept; nothing was changed.

    """
    if given.get("railwayConfigFile") is not None:
        raise Refusal("Config as Code is not available for this service", "BAD_USER_INPUT")
    check_settings(world, given)
    environment = world.estate.environments[instance.environment_id]
    body = section(environment.config, "services", instance.service_id)
    deploy, build = section(body, "deploy"), section(body, "build")
    for keys, target in ((DEPLOY_KEYS, deploy), (BUILD_KEYS, build)):
        for key in set(keys) & set(given):
            _put(target, key, given[key])
    if given.get("source") is not None:
        section(body, "source").update(_known(given["source"]))
    if "rootDirectory" in given:
        _put(section(body, "source"), "rootDirectory", given["rootDirectory"])
    if world.arms.strikes("partial-update-resets"):
        _reset_unnamed(deploy, given)
    instance.updated_at = world.now()


def _reset_unnamed(deploy: Json, given: Json) -> None:
    for key in {"healthcheckPath", "multiRegionConfig"} - set(given):
        deploy.pop(key, None)
    if "numReplicas" not in given:
        deploy["numReplicas"] = 1


def check_settings(world: World, given: Json) -> None:
    """Refuse what no service may have.

    Raises:
        Refusal: names the field as Railway does.

    """
    shape.check(given.get("multiRegionConfig"), shape.REGIONS, "multiRegionConfig")
    for key, least in LEAST.items():
        value = given.get(key)
        if value is not None and (not isinstance(value, int) or value < least):
            raise Refusal(f"Error in {key} - Invalid input")
    if given.get("restartPolicyType") not in {None, "ON_FAILURE", "ALWAYS", "NEVER"}:
        raise Refusal("Error in restartPolicyType - Invalid input")
    if given.get("registryCredentials") is not None and world.plan.name == "hobby":
        raise Refusal("Not Authorized")


def copy_settings(source: Environment, target: Environment, service_id: str) -> None:
    """Copy an instance's settings into a fork; sealed variables stay behind."""
    body = copy.deepcopy(peek(source.config, "services", service_id))
    variables = body.get("variables") or {}
    body["variables"] = {k: v for k, v in variables.items() if not v.get("isSealed")}
    section(target.config, "services")[service_id] = body


def _known(source: Json) -> Json:
    return {key: value for key, value in source.items() if value is not None}


def _put(target: Json, key: str, value: object) -> None:
    if value is None:
        target.pop(key, None)
    else:
        target[key] = copy.deepcopy(value)
