"""Kind BackupSchedule: when Railway backs a volume up by itself, where the plan has it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from typing_extensions import override

from infra.provider.kinds import holding
from infra.provider.kinds.kind import Impact, Kind, Known, Live, Made, id_parts
from infra.provider.kinds.project import refuse_deleted
from infra.provider.kinds.property import Prop
from infra.provider.ownership import Refusal, Urn, is_ours, not_ours
from infra.provider.session import Session
from infra.provider.wire import Value
from infra.railway.calls import backups, projects
from infra.railway.calls.volumes import VolumeInstance
from infra.railway.errors import LostAnswer, NotApplied

SHAPE = "project/environment/volume"
KINDS = ("DAILY", "WEEKLY", "MONTHLY")


def _kinds(kinds: Sequence[str]) -> str | None:
    wrong = [kind for kind in kinds if kind not in KINDS]
    if wrong or not kinds or len({*kinds}) != len(kinds):
        return f"must be some of {', '.join(KINDS)}, each once, was {', '.join(kinds) or 'empty'}"
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupScheduleInputs:
    """What a schedule is declared with."""

    project_id: Annotated[str, Prop(text="Project of the volume.")]
    environment_id: Annotated[str, Prop(text="Environment of the volume.")]
    volume_id: Annotated[str, Prop(text="Volume that is backed up.")]
    kinds: Annotated[tuple[str, ...], Prop(text="DAILY, WEEKLY, MONTHLY.", rule=_kinds)]


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupScheduleOutputs:
    """What Railway adds."""

    volume_instance_id: Annotated[str, Prop(text="What the schedule is keyed by.")]


class BackupSchedule(Kind[BackupScheduleInputs]):
    """The backup schedule of a volume."""

    token = "railway:index:BackupSchedule"  # noqa: S105 - a type token
    text = "Backups of a volume on a schedule. Id: `<project>/<environment>/<volume>`."
    inputs = BackupScheduleInputs
    outputs = BackupScheduleOutputs
    replacing = frozenset({"projectId", "environmentId", "volumeId"})

    @override
    def impact(self, old: BackupScheduleInputs, new: BackupScheduleInputs) -> Mapping[str, Impact]:
        impacts = {
            "projectId": (old.project_id, new.project_id),
            "environmentId": (old.environment_id, new.environment_id),
            "volumeId": (old.volume_id, new.volume_id),
        }
        found = {name: Impact.REPLACE for name, (one, other) in impacts.items() if one != other}
        if {*old.kinds} != {*new.kinds}:
            found["kinds"] = Impact.SAFE
        return found

    @override
    def create(self, session: Session, urn: Urn, new: BackupScheduleInputs) -> Made:
        project = projects.read(session.api, new.project_id)
        refuse_deleted(project)
        if project.backups_max == 0:
            raise Refusal(
                f"kinds {', '.join(new.kinds)}: the {project.subscription_type} plan has no volume "
                "backups; nothing was changed. Leave the schedule out, or take the Pro plan"
            )
        instance = self._instance(session, new.environment_id, new.volume_id)
        if instance is None:
            raise Refusal(f"volumeId {new.volume_id} is not in environment {new.environment_id}")
        identity = f"{new.project_id}/{new.environment_id}/{new.volume_id}"
        there = self._there(session, instance.id)
        if there and there != {*new.kinds} and not is_ours(project.description, urn):
            raise not_ours(urn, f"a backup schedule of volume {instance.volume.name!r}", identity)
        self._set(session, instance.id, new.kinds)
        return Made(identity, {"volumeInstanceId": instance.id})

    def _instance(
        self, session: Session, environment_id: str, volume_id: str
    ) -> VolumeInstance | None:
        return session.api.pace.until(
            lambda: next(
                (
                    one
                    for one in holding.in_environment(session, environment_id)
                    if one.volume_id == volume_id
                ),
                None,
            ),
            session.api.pace.look_s_max,
        )

    def _there(self, session: Session, instance_id: str) -> set[str]:
        return {one.kind for one in backups.schedules(session.api, instance_id)}

    def _set(self, session: Session, instance_id: str, kinds: Sequence[str]) -> None:
        wanted = {*kinds}
        if self._there(session, instance_id) == wanted:
            return
        try:
            backups.set_schedules(session.api, instance_id, sorted(wanted))
        except LostAnswer:
            if self._there(session, instance_id) != wanted:
                raise
        if self._there(session, instance_id) != wanted:
            line = (
                f"the schedule of volume instance {instance_id} reads back differently: run again"
            )
            raise NotApplied(line, ("kinds",))

    @override
    def read(self, session: Session, known: Known[BackupScheduleInputs]) -> Live | None:
        project_id, environment_id, volume_id = id_parts(known.id, SHAPE)
        instance = self._instance(session, environment_id, volume_id)
        if instance is None:
            return None
        there = self._there(session, instance.id)
        if not there:
            return None
        inputs: dict[str, Value] = {
            "projectId": project_id,
            "environmentId": environment_id,
            "volumeId": volume_id,
            "kinds": [kind for kind in KINDS if kind in there],
        }
        return Live(known.id, inputs, {"volumeInstanceId": instance.id})

    @override
    def update(
        self, session: Session, known: Known[BackupScheduleInputs], new: BackupScheduleInputs
    ) -> Mapping[str, Value]:
        instance = self._instance(session, new.environment_id, new.volume_id)
        if instance is None:
            raise Refusal(f"volumeId {new.volume_id} is not in environment {new.environment_id}")
        self._set(session, instance.id, new.kinds)
        return {"volumeInstanceId": instance.id}

    @override
    def delete(self, session: Session, known: Known[BackupScheduleInputs]) -> None:
        _, environment_id, volume_id = id_parts(known.id, SHAPE)
        instance = self._instance(session, environment_id, volume_id)
        if instance is not None:
            self._set(session, instance.id, ())
