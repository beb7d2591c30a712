"""Variables: shared or of a service, sealed or not; each write redeploys unless told not to."""

from sandbox.railway.model.config import peek, section
from sandbox.railway.model.records import Environment, Json
from sandbox.railway.model.references import names_in, stored
from sandbox.railway.model.world import World
from sandbox.railway.rules import deployments, services


def upsert(
    world: World,
    environment: Environment,
    service_id: str | None,
    values: dict[str, str],
    *,
    replace: bool,
) -> None:
    """Write variables; with `replace` every other one goes, sealed ones too.

    A sealed variable that is written again stays sealed: nothing unseals.
    """
    target = _holder(environment, service_id)
    old = {name: dict(one) for name, one in target.items()}
    if replace:
        target.clear()
    for name, value in values.items():
        kept: Json = {"value": value}
        if old.get(name, {}).get("isSealed"):
            kept["isSealed"] = True
        target[name] = kept
    _touched(world, environment, service_id)


def delete(world: World, environment: Environment, service_id: str | None, name: str) -> None:
    """Delete one variable; there is no way to do that without a deployment here."""
    _holder(environment, service_id).pop(name, None)
    _touched(world, environment, service_id)


def redeploy(world: World, environment: Environment, service_id: str | None) -> None:
    """Deploy what a change of variables touches: the service, or all that use a shared one."""
    for instance in services.instances_in(world, environment):
        if not deployments.has_source(environment, instance.service_id):
            continue
        if service_id is None:
            values = stored(environment, instance.service_id).values()
            if not any(_uses_shared(one) for one in values):
                continue
        elif instance.service_id != service_id:
            continue
        deployments.request(world, instance, "deploy")


def shown(variables: dict[str, Json], rendered: dict[str, str] | None) -> Json:
    """Return name to value as a reader sees it: sealed ones are present and null."""
    return {
        name: None
        if one.get("isSealed")
        else (one.get("value") if rendered is None else rendered.get(name))
        for name, one in variables.items()
    }


def _uses_shared(variable: Json) -> bool:
    names = names_in(str(variable.get("value") or ""))
    return any(name.startswith("shared.") for name in names)


def _holder(environment: Environment, service_id: str | None) -> Json:
    if service_id is None:
        return section(environment.config, "sharedVariables")
    return section(environment.config, "services", service_id, "variables")


def _touched(world: World, environment: Environment, service_id: str | None) -> None:
    environment.updated_at = world.now()
    if service_id is not None and peek(environment.config, "services", service_id):
        instance = services.find_instance(world, service_id, environment.id)
        if instance is not None:
            instance.updated_at = world.now()
