"""Variables: written one or many at once, read as they are stored or as a container gets them."""

from sandbox.railway.deploy import injected
from sandbox.railway.model.records import Environment, Json
from sandbox.railway.model.references import Renderer, stored
from sandbox.railway.model.refusal import Refusal, not_authorized
from sandbox.railway.rules import services, variables
from sandbox.railway.wire.call import Call


def _place(call: Call, given: Json) -> tuple[Environment, str | None]:
    call.caller_project(given["projectId"])
    environment = call.environment(given["environmentId"], given["projectId"])
    service_id = given.get("serviceId")
    if service_id is not None and call.living_service(service_id).project_id != given["projectId"]:
        raise not_authorized()
    return environment, service_id


def _upsert(call: Call, args: Json) -> bool:
    given = args["input"]
    _write(call, given, {given["name"]: given["value"]})
    return True


def _upsert_many(call: Call, args: Json) -> bool:
    given = args["input"]
    if not isinstance(given["variables"], dict):
        raise Refusal("Error in variables - Invalid input", "BAD_USER_INPUT")
    values = {str(name): str(value) for name, value in given["variables"].items()}
    _write(call, given, values, replace=bool(given.get("replace")))
    return True


def _write(call: Call, given: Json, values: dict[str, str], *, replace: bool = False) -> None:
    environment, service_id = _place(call, given)
    if any(not name for name in values):
        raise Refusal("Error in name - Invalid input", "BAD_USER_INPUT")
    variables.upsert(call.world, environment, service_id, values, replace=replace)
    if not given.get("skipDeploys"):
        variables.redeploy(call.world, environment, service_id)


def _delete(call: Call, args: Json) -> bool:
    given = args["input"]
    environment, service_id = _place(call, given)
    variables.delete(call.world, environment, service_id, given["name"])
    variables.redeploy(call.world, environment, service_id)
    return True


def _read(call: Call, args: Json) -> Json:
    environment, service_id = _place(call, args)
    kept = stored(environment, service_id)
    if args.get("unrendered"):
        return variables.shown(kept, None)
    renderer = Renderer(call.world.estate, environment, call.world.s3_url)
    if service_id is None:
        return variables.shown(kept, renderer.shared())
    rendered = renderer.service(call.service(service_id))
    return {**_provided(call, environment, service_id), **variables.shown(kept, rendered)}


def _for_deployment(call: Call, args: Json) -> Json:
    environment, service_id = _place(call, args)
    kept = stored(environment, service_id)
    renderer = Renderer(call.world.estate, environment, call.world.s3_url)
    rendered = renderer.service(call.service(service_id or ""))
    return {
        **variables.shown(kept, rendered),
        **_provided(call, environment, service_id or ""),
    }


def _provided(call: Call, environment: Environment, service_id: str) -> Json:
    world = call.world
    if services.find_instance(world, service_id, environment.id) is None:
        return {}
    return injected.provided(world, environment, service_id)


QUERY = {"variables": _read, "variablesForServiceDeployment": _for_deployment}
MUTATION = {
    "variableUpsert": _upsert,
    "variableCollectionUpsert": _upsert_many,
    "variableDelete": _delete,
}
