"""Records as objects of the schema that hold no connection; `objects.py` has the others."""

from sandbox.railway.model.config import peek, shown
from sandbox.railway.model.records import (
    Backup,
    Bucket,
    Domain,
    Environment,
    Json,
    Patch,
    Time,
    Trigger,
)
from sandbox.railway.model.references import names_in
from sandbox.railway.wire.call import Call


def stamp(at: Time | None) -> str | None:
    """Return a time as the DateTime scalar has it."""
    return (
        None if at is None else at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond:06}"[:3] + "Z"
    )


def variables(one: Environment) -> list[Json]:
    """Return the `Variable` objects of an environment: names and flags, never values."""
    holders = [(None, peek(one.config, "sharedVariables"))] + [
        (service_id, peek(one.config, "services", service_id, "variables"))
        for service_id in peek(one.config, "services")
    ]
    return [
        {
            "id": f"{service_id or one.id}:{name}",
            "name": name,
            "serviceId": service_id,
            "environmentId": one.id,
            "isSealed": bool(kept.get("isSealed")),
            "references": [] if kept.get("isSealed") else names_in(str(kept.get("value") or "")),
            "createdAt": stamp(one.created_at),
            "updatedAt": stamp(one.updated_at),
        }
        for service_id, held in holders
        for name, kept in held.items()
        if isinstance(kept, dict)
    ]


def backup(one: Backup) -> Json:
    """Return `VolumeInstanceBackup`."""
    return {
        "id": one.id,
        "name": one.name,
        "createdAt": stamp(one.created_at),
        "expiresAt": stamp(one.expires_at),
        "externalId": f"bak_{one.id[:12]}",
        "scheduleId": one.schedule_id,
        "creatorId": None,
        "usedMB": one.used_mb,
        "referencedMB": one.used_mb,
        "volumeInstanceSizeMB": one.size_mb,
    }


def bucket(one: Bucket) -> Json:
    """Return `Bucket`."""
    return {
        "id": one.id,
        "name": one.name,
        "projectId": one.project_id,
        "createdAt": stamp(one.created_at),
        "updatedAt": stamp(one.updated_at),
    }


def patch(one: Patch) -> Json:
    """Return a committed `EnvironmentPatch`."""
    return {
        "id": one.id,
        "environmentId": one.environment_id,
        "status": one.status,
        "message": one.message,
        "createdAt": stamp(one.created_at),
        "updatedAt": stamp(one.applied_at or one.created_at),
        "appliedAt": stamp(one.applied_at),
        "lastAppliedError": one.error,
        "patch": lambda _info, **args: shown(one.patch, decrypt=bool(args.get("decryptVariables"))),
    }


def staged_patch(one: Environment) -> Json:
    """Return what is staged; an empty placeholder, never null, where nothing is."""
    at = stamp(one.staged_at or one.updated_at)
    return {
        "id": one.staged_id,
        "environmentId": one.id,
        "status": "STAGED",
        "message": None,
        "createdAt": at,
        "updatedAt": at,
        "appliedAt": None,
        "lastAppliedError": None,
        "patch": lambda _info, **args: shown(
            one.staged, decrypt=bool(args.get("decryptVariables"))
        ),
    }


def trigger(one: Trigger) -> Json:
    """Return `DeploymentTrigger`."""
    return {
        "id": one.id,
        "branch": one.branch,
        "repository": one.repository,
        "provider": one.provider,
        "checkSuites": one.check_suites,
    }


def domains(call: Call, service_id: str, environment_id: str) -> Json:
    """Return `AllDomains` of a service in an environment."""
    mine = [
        one
        for one in call.world.estate.domains.values()
        if one.service_id == service_id and one.environment_id == environment_id
    ]
    return {
        "serviceDomains": [domain(one) for one in mine if not one.custom],
        "customDomains": [domain(one) for one in mine if one.custom],
    }


def domain(one: Domain) -> Json:
    """Return `ServiceDomain` or `CustomDomain`."""
    record = {
        "fqdn": one.domain,
        "hostlabel": one.domain.split(".")[0],
        "recordType": "DNS_RECORD_TYPE_CNAME",
        "requiredValue": f"{one.id[:8]}.up.railway.app",
        "currentValue": "",
        "status": "DNS_RECORD_STATUS_REQUIRES_UPDATE",
    }
    return {
        "id": one.id,
        "domain": one.domain,
        "suffix": None if one.custom else "up.railway.app",
        "targetPort": one.target_port,
        "syncStatus": "ACTIVE",
        "deletedAt": None,
        "status": {
            "verified": False,
            "verificationDnsHost": f"_railway-verify.{one.domain}",
            "verificationToken": f"railway-verify={one.id}",
            "dnsRecords": [record],
        },
    }
