"""What a service is declared with, and how that stands in Railway's configuration: pure.

The whole set is owned: what is not declared is Railway's default, so that a neighbour's setting is
never reset by half an update (railway facts 1.6).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from infra.provider.kinds.project import not_blank
from infra.provider.kinds.property import Prop
from infra.provider.wire import Value
from infra.railway.patch import Json, at

MIB = 1024 * 1024
POLICIES = ("ON_FAILURE", "ALWAYS", "NEVER")
RETRIES_DEFAULT = 10


def not_negative(number: int) -> str | None:
    """Refuse a number below zero."""
    return None if number >= 0 else f"must be 0 or more, was {number}"


def positive(number: float) -> str | None:
    """Refuse a number that is not above zero."""
    return None if number > 0 else f"must be more than 0, was {number}"


def absolute(path: str) -> str | None:
    """Refuse what is no absolute path below the root."""
    good = path.startswith("/") and len(path) > 1 and ".." not in path.split("/")
    return None if good else f"must be an absolute path such as /app/data, was {path!r}"


def _policy(text: str) -> str | None:
    return None if text in POLICIES else f"must be one of {', '.join(POLICIES)}, was {text!r}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceInputs:
    """What a service is declared with."""

    project_id: Annotated[str, Prop(text="Project it is in; another one replaces it.")]
    environment_id: Annotated[str, Prop(text="Environment it is in; another one replaces it.")]
    name: Annotated[str, Prop(text="Name of the service.", rule=not_blank)]
    region: Annotated[str, Prop(text="Compute region, with its suffix.", rule=not_blank)]
    num_replicas: Annotated[int, Prop(text="Containers; 1 with a volume.", rule=positive)] = 1
    start_command: Annotated[str | None, Prop(text="What the container runs.")] = None
    pre_deploy_command: Annotated[
        str | None, Prop(text="Runs before each deployment, without the volume.")
    ] = None
    healthcheck_path: Annotated[
        str | None, Prop(text="Path asked at each deployment.", rule=absolute)
    ] = None
    healthcheck_timeout_seconds: Annotated[
        int | None, Prop(text="How long it may take to answer 200.", rule=positive)
    ] = None
    restart_policy_type: Annotated[str, Prop(text="ON_FAILURE, ALWAYS or NEVER.", rule=_policy)] = (
        "ON_FAILURE"
    )
    restart_policy_max_retries: Annotated[
        int, Prop(text="Restarts before it counts as crashed.", rule=not_negative)
    ] = RETRIES_DEFAULT
    sleep_application: Annotated[bool, Prop(text="Sleep when nothing is sent.")] = False
    draining_seconds: Annotated[
        int, Prop(text="Seconds from SIGTERM to SIGKILL.", rule=not_negative)
    ] = 0
    overlap_seconds: Annotated[
        int, Prop(text="Seconds old and new run together.", rule=not_negative)
    ] = 0
    required_mount_path: Annotated[
        str | None, Prop(text="No start without a volume there.", rule=absolute)
    ] = None
    cron_schedule: Annotated[str | None, Prop(text="Run at times instead of always.")] = None
    vcpus_max: Annotated[float | None, Prop(text="Most vCPUs.", rule=positive)] = None
    memory_mib_max: Annotated[int | None, Prop(text="Most memory, in MiB.", rule=positive)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceOutputs:
    """What Railway adds."""

    service_id: Annotated[str, Prop(text="Id at Railway.")]
    fingerprint: Annotated[str, Prop(text="Hash of the declared settings.")]
    elsewhere: Annotated[
        tuple[str, ...], Prop(text="Other environments it came into being in; none is right.")
    ]


# Where a setting stands in `deploy`, and what it is where Railway's configuration has nothing.
SIMPLE: Mapping[str, tuple[str, Value]] = {
    "num_replicas": ("numReplicas", 1),
    "start_command": ("startCommand", None),
    "healthcheck_path": ("healthcheckPath", None),
    "healthcheck_timeout_seconds": ("healthcheckTimeout", None),
    "restart_policy_type": ("restartPolicyType", "ON_FAILURE"),
    "restart_policy_max_retries": ("restartPolicyMaxRetries", RETRIES_DEFAULT),
    "sleep_application": ("sleepApplication", False),
    "draining_seconds": ("drainingSeconds", 0),
    "overlap_seconds": ("overlapSeconds", 0),
    "required_mount_path": ("requiredMountPath", None),
    "cron_schedule": ("cronSchedule", None),
}
WIRE = {
    "numReplicas": "numReplicas",
    "startCommand": "startCommand",
    "healthcheckPath": "healthcheckPath",
    "healthcheckTimeout": "healthcheckTimeoutSeconds",
    "restartPolicyType": "restartPolicyType",
    "restartPolicyMaxRetries": "restartPolicyMaxRetries",
    "sleepApplication": "sleepApplication",
    "drainingSeconds": "drainingSeconds",
    "overlapSeconds": "overlapSeconds",
    "requiredMountPath": "requiredMountPath",
    "cronSchedule": "cronSchedule",
}


def settings_patch(config: Json, service_id: str, new: ServiceInputs) -> dict[str, object]:
    """Return the patch that makes a service's `deploy` what is declared."""
    deploy: dict[str, object] = {key: getattr(new, field) for field, (key, _) in SIMPLE.items()}
    deploy["preDeployCommand"] = (
        None if new.pre_deploy_command is None else [new.pre_deploy_command]
    )
    others = at(config, ("services", service_id, "deploy", "multiRegionConfig"))
    regions: dict[str, object] = dict.fromkeys(others if isinstance(others, Mapping) else ())
    regions[new.region] = {"numReplicas": new.num_replicas}
    deploy["multiRegionConfig"] = regions
    memory = None if new.memory_mib_max is None else new.memory_mib_max * MIB
    deploy["limitOverride"] = {"containers": {"cpu": new.vcpus_max, "memoryBytes": memory}}
    return {"services": {service_id: {"deploy": deploy}}}


def settings_in(config: Json) -> dict[str, Value]:
    """Return a service's configuration in the shape of checked inputs."""
    deploy = config.get("deploy")
    found: Json = deploy if isinstance(deploy, Mapping) else {}
    settings: dict[str, Value] = {}
    for key, default in SIMPLE.values():
        value = found.get(key)
        kept = default if value is None else _value(value)
        if kept is not None:
            settings[WIRE[key]] = kept
    return {**settings, **_composed(found)}


def _composed(deploy: Json) -> dict[str, Value]:
    regions = deploy.get("multiRegionConfig")
    used = (
        [name for name, entry in regions.items() if entry] if isinstance(regions, Mapping) else []
    )
    command = deploy.get("preDeployCommand")
    first = command[0] if isinstance(command, list) and command else command
    memory = at(deploy, ("limitOverride", "containers", "memoryBytes"))
    found: dict[str, Value] = {
        # several regions are no state a declaration can have: shown joined, it is a drift
        "region": "+".join(sorted(used)) or None,
        "preDeployCommand": first if isinstance(first, str) else None,
        "vcpusMax": _number(at(deploy, ("limitOverride", "containers", "cpu"))),
        "memoryMibMax": int(memory) // MIB if isinstance(memory, int | float) else None,
    }
    return {name: value for name, value in found.items() if value is not None}


def _number(value: object) -> Value:
    return value if isinstance(value, int | float) else None


def _value(value: object) -> Value:
    return value if isinstance(value, bool | int | float | str) else str(value)
