"""The known part of EnvironmentConfig: which key holds what. Unknown keys are nobody's business.

Source: railway-sdk 0.7.0 `schema.ts`, read 2026-11-22.
"""

from typing import Any

from sandbox.railway.model.refusal import Refusal

ANY = "*"
"""Stands for every key of a map whose keys are ids or names."""

Shape = dict[str, Any] | tuple[type, ...]
"""Keys and their shapes, or the types a value may have; null may stand anywhere."""

TEXT, NUMBER, FLAG, OBJECT = (str,), (int,), (bool,), (dict,)
SCALAR = (str, int, float, bool)

REGIONS: Shape = {ANY: {"numReplicas": NUMBER}}
DEPLOY: Shape = {
    "cronSchedule": TEXT,
    "drainingSeconds": NUMBER,
    "healthcheckPath": TEXT,
    "healthcheckTimeout": NUMBER,
    "ipv6EgressEnabled": FLAG,
    "limitOverride": {"containers": {ANY: (int, float)}},
    "multiRegionConfig": REGIONS,
    "numReplicas": NUMBER,
    "overlapSeconds": NUMBER,
    "preDeployCommand": (str, list),
    "registryCredentials": OBJECT,
    "requiredMountPath": TEXT,
    "restartPolicyMaxRetries": NUMBER,
    "restartPolicyType": TEXT,
    "sleepApplication": FLAG,
    "startCommand": TEXT,
}
VARIABLES: Shape = {ANY: {"value": SCALAR, "isSealed": FLAG, "defaultValue": SCALAR}}
SERVICE: Shape = {
    "build": {
        "buildCommand": TEXT,
        "builder": TEXT,
        "dockerfilePath": TEXT,
        "watchPatterns": (list,),
    },
    "deploy": DEPLOY,
    "isCreated": FLAG,
    "isDeleted": FLAG,
    "source": {
        "autoUpdates": OBJECT,
        "branch": TEXT,
        "commitSha": TEXT,
        "image": TEXT,
        "repo": TEXT,
        "rootDirectory": TEXT,
    },
    "variables": VARIABLES,
    "volumeMounts": {ANY: {"mountPath": TEXT, "backupSchedules": (list,)}},
}
CONFIG: Shape = {
    "buckets": {ANY: {"isCreated": FLAG, "isDeleted": FLAG, "region": TEXT}},
    "services": {ANY: SERVICE},
    "sharedVariables": VARIABLES,
    "volumes": {ANY: {"isCreated": FLAG, "isDeleted": FLAG, "region": TEXT, "sizeMB": NUMBER}},
}


def check(value: object, shape: Shape, path: str) -> None:
    """Refuse a value of another shape.

    Raises:
        Refusal: names the path as Railway does.

    """
    if value is None:
        return
    if isinstance(shape, tuple):
        # a bool is an int to Python and to nobody else
        wrong = isinstance(value, bool) and bool not in shape
        if wrong or not isinstance(value, shape):
            raise invalid(path)
        return
    if not isinstance(value, dict):
        raise invalid(path)
    for key, inner in value.items():
        wanted = shape.get(key, shape.get(ANY))
        if wanted is not None and not (shape is VARIABLES and isinstance(inner, SCALAR)):
            check(inner, wanted, f"{path}.{key}")


def invalid(path: str) -> Refusal:
    """Say which value cannot be."""
    return Refusal(f"Error in {path.removeprefix('config.')} - Invalid input")
