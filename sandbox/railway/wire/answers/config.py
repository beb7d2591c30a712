"""The environment's configuration: staged changes, commits, their history, change sets."""

from sandbox.railway.model.config import leaves, merged, shown
from sandbox.railway.model.records import Environment, Json
from sandbox.railway.model.refusal import Refusal, not_found
from sandbox.railway.rules import patches
from sandbox.railway.wire.answers import objects
from sandbox.railway.wire.call import Call


def _staged(call: Call, args: Json) -> Json:
    return objects.staged_patch(call.environment(args["environmentId"]))


def _stage(call: Call, args: Json) -> Json:
    environment = call.environment(args["environmentId"])
    patches.stage(call.world, environment, args["input"], merge=bool(args.get("merge")))
    return objects.staged_patch(environment)


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
    return call.connection([objects.patch(one) for one in mine[::-1]], args)


def _patch(call: Call, args: Json) -> Json:
    for environment in call.world.estate.environments.values():
        if environment.staged_id == args["id"]:
            return objects.staged_patch(call.environment(environment.id))
    patch = call.world.estate.patches.get(args["id"])
    if patch is None:
        raise not_found("EnvironmentPatch")
    call.environment(patch.environment_id)
    return objects.patch(patch)


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


QUERY = {
    "environmentStagedChanges": _staged,
    "environmentPatches": _patches,
    "environmentPatch": _patch,
    "environmentChangeSetApply": _status,
}
MUTATION = {
    "environmentStageChanges": _stage,
    "environmentPatchCommitStaged": _commit_staged,
    "environmentPatchCommit": _commit,
    "environmentPreviewChangeSet": _preview,
    "environmentApplyChangeSet": _apply,
}
