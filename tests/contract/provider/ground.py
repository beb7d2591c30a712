"""What the fault tests stand on: a small estate that stays, and one resource that comes and goes.

Each case has two versions of its resource, A to make and B to change it into, and says what there
may be at Railway of it: nothing lost and nothing doubled is a count.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.contract.provider.engine import Declared
from tests.contract.provider.estate import IMAGE, OTHER_IMAGE, REGION
from tests.contract.provider.stand_in import StandIn

Output = Callable[[str, str], Any]


def declared(resource: str, kind: str, /, **inputs: Any) -> Declared:
    """Declare a resource; a callable input is given the outputs of what is there."""

    def resolved(output: Output) -> dict[str, Any]:
        return {key: _given(entry, output) for key, entry in inputs.items()}

    return Declared(resource, kind, resolved)


def _given(entry: Any, output: Output) -> Any:
    if isinstance(entry, dict):
        return {key: _given(inner, output) for key, inner in entry.items()}
    return entry(output) if callable(entry) else entry


def out(resource: str, name: str) -> Callable[[Output], Any]:
    """Take an output of an earlier resource."""
    return lambda output: output(resource, name)


IN_PROJECT = {"projectId": out("project", "projectId")}
HERE = {**IN_PROJECT, "environmentId": out("environment", "environmentId")}


def service(name: str, **more: Any) -> Declared:
    """Declare a service under its own name."""
    settings: dict[str, Any] = {
        "region": REGION,
        "startCommand": "sleep 3600",
        "drainingSeconds": 1,
        **more,
    }
    return declared(name, "Service", **HERE, name=name, **settings)


def ground(workspace_id: str, name: str) -> list[Declared]:
    """Declare what stays."""
    return [
        declared("project", "Project", name=name, workspaceId=workspace_id),
        declared("environment", "Environment", **IN_PROJECT, name="production"),
        service("host"),
        service("mounter"),
        declared(
            "kept",
            "Volume",
            **HERE,
            serviceId=out("host", "serviceId"),
            name="kept",
            mountPath="/app/data",
        ),
    ]


@dataclass(frozen=True, slots=True)
class Case:
    """One kind's resource in two versions, and how many of it there are at Railway."""

    kind: str
    make: Declared
    change: Declared
    count: Callable[[StandIn], int]
    holds_volume: bool = False
    left_over: Callable[[StandIn], int] = lambda _: 0
    """How much of what only A declares is there."""


def _live(stand_in: StandIn, section: str, name: str) -> int:
    rows = stand_in.truth()[section]
    return sum(1 for row in rows if row.get("name") == name and not row["deleted"])


def _variables(stand_in: StandIn, name: str) -> int:
    environments = stand_in.truth()["environments"].values()
    return sum(
        name in (service.get("variables") or {})
        for environment in environments
        for service in environment["config"]["services"].values()
    )


def _buckets(stand_in: StandIn) -> int:
    return sum(len(one["config"].get("buckets") or {}) for one in _environments(stand_in))


def _environments(stand_in: StandIn) -> list[dict[str, Any]]:
    return list(stand_in.truth()["environments"].values())


def _schedules(stand_in: StandIn) -> int:
    return sum(
        "backupSchedules" in mount
        for one in _environments(stand_in)
        for service in one["config"]["services"].values()
        for mount in (service.get("volumeMounts") or {}).values()
    )


def _live_volumes(stand_in: StandIn) -> int:
    return sum(1 for one in stand_in.truth()["volumes"] if not one["deleted"]) - 1


def _running(stand_in: StandIn) -> int:
    return sum(1 for one in stand_in.truth()["deployments"] if one["live"])


def _variable_set(plain: dict[str, str]) -> Declared:
    return declared(
        "target",
        "VariableSet",
        **HERE,
        serviceId=out("host", "serviceId"),
        plain=plain,
        secret={"TARGET_SECRET": "planted-secret"},
        sealed={"TARGET_SEALED": "planted-sealed"},
    )


def _deployment(image: str, seconds: int = 10) -> Declared:
    return declared(
        "target",
        "Deployment",
        **HERE,
        serviceId=out("host", "serviceId"),
        image=image,
        configuration={"service": out("host", "fingerprint")},
        healthyWithinSeconds=seconds,
    )


def _volume(name: str) -> Declared:
    mounted = {"serviceId": out("mounter", "serviceId"), "mountPath": "/app/data"}
    return declared("target", "Volume", **HERE, **mounted, name=name, sizeMb=60_000)


def _bucket(name: str) -> Declared:
    return declared("target", "Bucket", **HERE, name=name, region="ams")


def _schedule(*kinds: str) -> Declared:
    volume = out("kept", "volumeId")
    return declared("target", "BackupSchedule", **HERE, volumeId=volume, kinds=list(kinds))


def _extra(seconds: int) -> Declared:
    made = service("extra", drainingSeconds=seconds)
    return Declared("target", "Service", made.inputs)


def cases(workspace_id: str, number: int) -> dict[str, Case]:
    """Return a case for each kind, under names no earlier one had: deleted ones linger."""

    def project(text: str) -> Declared:
        where = {"workspaceId": workspace_id, "name": f"target-{number}"}
        return declared("target", "Project", **where, description=text)

    def environment(name: str) -> Declared:
        return declared("target", "Environment", **IN_PROJECT, name=name)

    return {
        case.kind: case
        for case in (
            Case(
                "Project",
                project("one"),
                project("two"),
                lambda railway: _live(railway, "projects", f"target-{number}"),
            ),
            Case(
                "Environment",
                environment("side"),
                environment("aside"),
                lambda railway: sum("side" in one["name"] for one in _environments(railway)),
            ),
            Case(
                "Service", _extra(2), _extra(5), lambda railway: _live(railway, "services", "extra")
            ),
            Case(
                "Volume",
                _volume(f"spare-{number}"),
                _volume(f"reserve-{number}"),
                _live_volumes,
                holds_volume=True,
            ),
            Case(
                "VariableSet",
                _variable_set({"TARGET": "a", "OTHER": "x"}),
                _variable_set({"TARGET": "b"}),
                lambda railway: _variables(railway, "TARGET"),
                left_over=lambda railway: _variables(railway, "OTHER"),
            ),
            Case("Bucket", _bucket(f"spare-{number}"), _bucket(f"reserve-{number}"), _buckets),
            Case("BackupSchedule", _schedule("DAILY"), _schedule("WEEKLY"), _schedules),
            Case("Deployment", _deployment(IMAGE), _deployment(OTHER_IMAGE), _running),
        )
    }
