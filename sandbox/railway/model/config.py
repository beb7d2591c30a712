"""EnvironmentConfig as a document: merge, mask, compare. Pure; what it means is in `rules/`.

A key set to null is deleted by a patch, an absent one is kept. Unknown keys are accepted and kept,
so that a typing error is invisible to whoever does not read back: that is how Railway is.
Source: railwayapp/cli@df3838b src/iac/change_set.rs; published schema of EnvironmentConfig.
"""

import copy
import hashlib
import json
from collections.abc import Iterator

from sandbox.railway.model.records import Json

MASK = "*****"


def merged(base: Json, patch: Json, *, keep_null: bool = False) -> Json:
    """Return `base` with `patch` laid over it; nulls delete, or stay for a patch of patches."""
    result = copy.deepcopy(base)
    for key, value in patch.items():
        old = result.get(key)
        if value is None and not keep_null:
            result.pop(key, None)
        elif isinstance(value, dict):
            result[key] = merged(old if isinstance(old, dict) else {}, value, keep_null=keep_null)
        else:
            result[key] = copy.deepcopy(value)
    return result


def section(config: Json, *path: str) -> Json:
    """Return the object at a path, making it where it is missing."""
    for key in path:
        inner = config.get(key)
        if not isinstance(inner, dict):
            inner = config[key] = {}
        config = inner
    return config


def peek(config: Json, *path: str) -> Json:
    """Return the object at a path, or an empty one that belongs to nobody."""
    for key in path:
        inner = config.get(key)
        if not isinstance(inner, dict):
            return {}
        config = inner
    return config


def leaves(patch: Json, prefix: str = "") -> Iterator[str]:
    """Yield the dotted path of every value a patch sets or clears."""
    for key, value in patch.items():
        path = f"{prefix}{key}"
        if isinstance(value, dict) and value:
            yield from leaves(value, f"{path}.")
        else:
            yield path


def etag(config: Json) -> str:
    """Return a token that changes when the configuration does."""
    text = json.dumps(config, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def shown(config: Json, *, decrypt: bool) -> Json:
    """Return what a reader sees: sealed values are null, and without `decrypt` all are masked."""
    result = copy.deepcopy(config)
    holders = [result.get("sharedVariables"), *_variables(result)]
    for variables in holders:
        for variable in (variables or {}).values():
            if not isinstance(variable, dict) or "value" not in variable:
                continue
            if variable.get("isSealed"):
                variable["value"] = None
            elif not decrypt:
                variable["value"] = MASK
    for service in _services(result):
        credentials = (service.get("deploy") or {}).get("registryCredentials")
        if isinstance(credentials, dict):
            service["deploy"]["registryCredentials"] = dict.fromkeys(credentials, MASK)
    return result


def _services(config: Json) -> Iterator[Json]:
    for service in (config.get("services") or {}).values():
        if isinstance(service, dict):
            yield service


def _variables(config: Json) -> Iterator[Json]:
    for service in _services(config):
        if isinstance(service.get("variables"), dict):
            yield service["variables"]
