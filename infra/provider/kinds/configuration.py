"""A service's whole configuration as one hash: what a deployment is the deployment of. Pure.

Left out: what may change without a new deployment (backup schedules), what the kill switch and the
platform set, and everything that is null. A sealed value never reads back, so its digest from the
state stands for it.
"""

import hashlib
import hmac
from collections.abc import Mapping

from infra.provider.kinds.kind import fingerprint
from infra.railway.calls.services import ServiceView

RESERVED = frozenset({"POLY_HALT", "POLY_RESUME"})
PLATFORM = "RAILWAY_"
NOT_DEPLOYED = frozenset({"variables", "networking", "isCreated", "isDeleted"})


def is_reserved(name: str) -> bool:
    """Say whether a variable belongs to the kill switch or to Railway."""
    return name in RESERVED or name.startswith(PLATFORM)


def digest(service_id: str, name: str, value: str) -> str:
    """Return what stands for a sealed value: the same value of another name differs."""
    key = f"{service_id}/{name}".encode()
    return hmac.new(key, value.encode(), hashlib.sha256).hexdigest()


def trigger_of(view: ServiceView, sealed_digests: Mapping[str, str]) -> str:
    """Return the hash of a service's configuration as Railway has it."""
    declared = {key: entry for key, entry in view.config.items() if key not in NOT_DEPLOYED}
    mounts = declared.get("volumeMounts")
    if isinstance(mounts, Mapping):
        declared["volumeMounts"] = {
            key: {"mountPath": entry.get("mountPath")}
            for key, entry in mounts.items()
            if isinstance(entry, Mapping)
        }
    variables = {
        name: f"sealed {sealed_digests.get(name, '')}" if name in view.sealed else value
        for name, value in view.variables.items()
        if not is_reserved(name)
    }
    return fingerprint(_without_nothing({**declared, "variables": variables}))


def _without_nothing(value: object) -> object:
    if not isinstance(value, Mapping):
        return value
    kept = {key: _without_nothing(entry) for key, entry in value.items()}
    return {key: entry for key, entry in kept.items() if entry is not None and entry != {}}
