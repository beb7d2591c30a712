"""The environment's configuration: variables, staged changes, commits, change sets."""

from sandbox.railway.deploy import injected
from sandbox.railway.model.config import leaves, merged, shown
from sandbox.railway.model.records import Environment, Json
from sandbox.railway.model.references import Renderer, stored
from sandbox.railway.model.refusal import Refusal, not_authorized, not_found
from sandbox.railway.rules import patches, services, variables
from sandbox.railway.wire.answers import plain
from sandbox.railway.wire.call import Call


def _staged(call: Call, args: Json) -> Json:
    return plain.staged_patch(call.environment(args["environmentId"]))


def _stage(call: Call, args: Json) -> Json:
    environment = call.environment(args["environmentId"])
    patches.stage(call.world, environment, args["input"], merge=bool(args.get("merge")))
    return plain.staged_patch(environment)


def _commit_staged(call: Call, args: Json) -> str:
    environment = call.environment(args["environmentId"])
    message = args.get("commitMessage") or ""
    deploy = not args.get("skipDeploys")
    return patches.commit_staged(call.world, environment, message, deploy=deploy).id


def _commit(call: Call, args: Json) -> str:
    environment = call.environment(args["environmentId"])
    patch, message = args.get("patch") or {}, args.get("commitMessage") or ""
    return patches.commit(call.world, environment, patch, message, deploy=True).id


def _patches(call: Call, args: Json) -> Json:
    environment = call.environment(args["environmentId"])
    mine = [p for p in call.world.estate.patches.values() if p.environment_id == environment.id]
    return call.connection([plain.patch(one) for one in mine[::-1]], args)


def _patch(call: Call, args: Json) -> Json:
    for environment in call.world.estate.environments.values():
        if environment.staged_id == args["id"]:
            return plain.staged_patch(call.environment(environment.id))
    patch = call.world.estate.patches.get(args["id"])
    if patch is None:
        raise not_found("EnvironmentPatch")
    call.environment(patch.environment_id)
    return plain.patch(patch)


def _preview(call: Call, args: Json) -> Json:
    environment = call.environment(args["environmentId"])
    patch = _as_patch(args["input"])
    patches.check(call.world, environment, patch)
    effects = [{"kind": "update", "path": path} for path in leaves(patch)]
    return {"changeSet": args["input"], "diagnostics": [], "effects": effects}


def _apply(call: Call, args: Json) -> Json:
    environment = call.environment(args["environmentId"])
    expected = args.get("baseConfigEtag")
    if expected is not None and expected != patches.config_etag(call.world, environment):
        raise Refusal("The environment has changed since the plan was made", "CONFLICT")
    patch = _as_patch(args["input"])
    record = patches.commit(
        call.world, environment, patch, args.get("commitMessage") or "", deploy=True
    )
    return _result(environment, record.id, record.status, patch)


def _status(call: Call, args: Json) -> Json:
    environment = call.environment(args["environmentId"])
    record = call.world.estate.patches.get(args["id"])
    if record is None or record.environment_id != environment.id:
        raise not_found("ChangeSetApply")
    return _result(environment, record.id, record.status, record.patch)


def _result(environment: Environment, identity: str, status: str, patch: Json) -> Json:
    return {
        "id": identity,
        "status": status,
        "deploymentId": None,
        "stagedPatchId": environment.staged_id,
        "diagnostics": [],
        "changes": [
            {"kind": "update", "path": path, "summary": path, "status": status, "outputs": None}
            for path in leaves(shown(patch, decrypt=False))
        ],
    }


def _as_patch(document: object) -> Json:
    """Merge the patches of a change set; its published shape is `version`, `changes`."""
    if not isinstance(document, dict) or document.get("version") != 1:
        raise Refusal("Error in input - Invalid input", "BAD_USER_INPUT")
    patch: Json = {}
    for change in document.get("changes") or []:
        if isinstance(change, dict) and isinstance(change.get("patch"), dict):
            patch = merged(patch, change["patch"], keep_null=True)
    return patch


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


def _delete_variable(call: Call, args: Json) -> bool:
    given = args["input"]
    environment, service_id = _place(call, given)
    variables.delete(call.world, environment, service_id, given["name"])
    variables.redeploy(call.world, environment, service_id)
    return True


def _variables(call: Call, args: Json) -> Json:
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


QUERY = {
    "variables": _variables,
    "variablesForServiceDeployment": _for_deployment,
    "environmentStagedChanges": _staged,
    "environmentPatches": _patches,
    "environmentPatch": _patch,
    "environmentChangeSetApply": _status,
}
MUTATION = {
    "variableUpsert": _upsert,
    "variableCollectionUpsert": _upsert_many,
    "variableDelete": _delete_variable,
    "environmentStageChanges": _stage,
    "environmentPatchCommitStaged": _commit_staged,
    "environmentPatchCommit": _commit,
    "environmentPreviewChangeSet": _preview,
    "environmentApplyChangeSet": _apply,
}
