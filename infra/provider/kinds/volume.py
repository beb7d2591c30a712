"""Kind Volume: `volumes.<id>` and where it is mounted. The ledger lives on it.

Never replaced, shrunk, detached, moved or deleted without a person's confirmation by its id.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated

from typing_extensions import override

from infra.provider.kinds import holding
from infra.provider.kinds.kind import (
    Impact,
    Kind,
    Known,
    Live,
    Made,
    existing,
    fingerprint,
    id_parts,
)
from infra.provider.kinds.project import not_blank, refuse_deleted
from infra.provider.kinds.property import Fault, Prop, changed
from infra.provider.kinds.service_settings import absolute, positive, settings_in
from infra.provider.ownership import Refusal, Urn, is_ours, not_ours
from infra.provider.session import Session
from infra.provider.wire import Value
from infra.railway import staging
from infra.railway.calls import projects, services, volumes
from infra.railway.calls.volumes import NewVolume, VolumeInstance
from infra.railway.errors import LostAnswer, NotFound
from infra.railway.lock import only_writer
from infra.railway.patch import Json

SHAPE = "project/environment/volume"
READY = ("READY", None)
LOOKS_BEFORE_GONE_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeInputs:
    """What a volume is declared with."""

    project_id: Annotated[str, Prop(text="Project it is in.")]
    environment_id: Annotated[str, Prop(text="Environment it is in.")]
    service_id: Annotated[str, Prop(text="Service it is mounted in.")]
    name: Annotated[str, Prop(text="Name; unique in the project.", rule=not_blank)]
    mount_path: Annotated[str, Prop(text="Where the container sees it.", rule=absolute)]
    size_mb: Annotated[
        int | None, Prop(text="Size; grows, never shrinks. Left out: as made.", rule=positive)
    ] = None
    region: Annotated[
        str | None, Prop(text="Region; left out: where the service is.", rule=not_blank)
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeOutputs:
    """What Railway adds."""

    volume_id: Annotated[str, Prop(text="Id at Railway.")]
    volume_instance_id: Annotated[str, Prop(text="What backups are keyed by.")]
    state: Annotated[str, Prop(text="READY, UPDATING, MIGRATING, …")]
    fingerprint: Annotated[str, Prop(text="Hash of what is mounted where.")]


class Volume(Kind[VolumeInputs]):
    """A volume in one environment."""

    token = "railway:index:Volume"  # noqa: S105 - a type token
    text = "A volume and its mount. Id: `<project>/<environment>/<volume>`."
    inputs = VolumeInputs
    outputs = VolumeOutputs

    @override
    def faults(self, old: VolumeInputs | None, new: VolumeInputs) -> Iterator[Fault]:
        if old is not None and old.size_mb and new.size_mb and new.size_mb < old.size_mb:
            yield Fault(
                "sizeMb",
                f"is {new.size_mb}, less than the {old.size_mb} the volume has: Railway cannot "
                "shrink a volume. Declare the old size, or leave it out",
            )

    @override
    def impact(self, old: VolumeInputs, new: VolumeInputs) -> Mapping[str, Impact]:
        """Only growth and a new name keep the data for certain.

        Source: docs.railway.com/volumes/reference, railwayapp/docs@c2a634f, read 2026-11-22.
        """
        impacts: dict[str, Impact] = {}
        for name in changed(old, new):
            if name in self.replacing:
                impacts[name] = Impact.REPLACE
            elif name == "name" or (name == "sizeMb" and (new.size_mb or 0) > (old.size_mb or 0)):
                impacts[name] = Impact.SAFE
            elif name in ("sizeMb", "region") and _left_out(new, name):
                continue
            else:
                impacts[name] = Impact.SAFE if _was_nothing(old, name) else Impact.DESTRUCTIVE
        return impacts

    @override
    def create(self, session: Session, urn: Urn, new: VolumeInputs) -> Made:
        project = projects.read(session.api, new.project_id)
        refuse_deleted(project)
        mine = is_ours(project.description, urn)
        with only_writer(new.environment_id, session.api.pace):
            volume_id = self._taken_over(session, urn, new, ours=mine)
            if volume_id is None:
                volume_id = self._made(session, new)
        identity = f"{new.project_id}/{new.environment_id}/{volume_id}"
        return Made(identity, self._settled(session, identity, new))

    def _taken_over(
        self, session: Session, urn: Urn, new: VolumeInputs, *, ours: bool
    ) -> str | None:
        for instance in volumes.in_environment(session.api, new.environment_id):
            identity = f"{new.project_id}/{new.environment_id}/{instance.volume_id}"
            here = instance.service_id == new.service_id
            if here and ours and instance.mount_path == new.mount_path:
                return instance.volume_id
            if here:
                what = f"a volume mounted in this service ({instance.volume.name})"
                raise not_ours(urn, what, identity)
            if instance.volume.name == new.name:
                raise not_ours(urn, f"volume {new.name!r}", identity)
        return None

    def _made(self, session: Session, new: VolumeInputs) -> str:
        asked = NewVolume(
            project_id=new.project_id,
            environment_id=new.environment_id,
            service_id=new.service_id,
            mount_path=new.mount_path,
            region=new.region or self._region_of_service(session, new),
        )
        try:
            return volumes.create(session.api, asked).id
        except LostAnswer:
            found = session.api.pace.until(
                lambda: self._mounted_in(session, new), session.api.pace.appear_s_max
            )
            if found is None:
                raise
            return found.volume_id

    def _region_of_service(self, session: Session, new: VolumeInputs) -> str | None:
        # With none given Railway takes the account's preferred region, not the service's.
        view = services.view(
            session.api,
            project_id=new.project_id,
            environment_id=new.environment_id,
            service_id=new.service_id,
        )
        region = settings_in(view.config).get("region")
        return region if isinstance(region, str) else None

    def _mounted_in(self, session: Session, new: VolumeInputs) -> VolumeInstance | None:
        found = holding.in_service(session, new.environment_id, new.service_id)
        return found[0] if found else None

    def _settled(self, session: Session, identity: str, new: VolumeInputs) -> dict[str, Value]:
        volume_id = id_parts(identity, SHAPE)[2]
        with existing(identity, {"volumeId": volume_id, **_fingerprint(new, volume_id)}):
            instance = self._instance(session, new, volume_id)
            with existing(identity, _outputs(instance, new)):
                self._name(session, instance, new.name)
                self._configure(session, instance, new)
                return _outputs(self._ready(session, instance), new)

    def _instance(self, session: Session, new: VolumeInputs, volume_id: str) -> VolumeInstance:
        pace = session.api.pace

        def seen() -> VolumeInstance | None:
            return _of(volumes.in_environment(session.api, new.environment_id), volume_id)

        found = pace.until(seen, pace.appear_s_max)
        if found is None:
            # volumeCreate has made volumes without an instance (terraform-provider-railway #61).
            patch: Json = {
                "volumes": {volume_id: {"isCreated": True, "mountPath": new.mount_path}},
                "services": {
                    new.service_id: {"volumeMounts": {volume_id: {"mountPath": new.mount_path}}}
                },
            }
            staging.write(session.api, new.environment_id, lambda _: patch, why="poly: volume")
            found = pace.until(seen, pace.appear_s_max)
        if found is None:
            raise Refusal(
                f"volume {volume_id} has no instance in environment {new.environment_id}: run "
                "again; if it stays, delete that volume in the dashboard and run pulumi refresh"
            )
        return found

    def _name(self, session: Session, instance: VolumeInstance, name: str) -> None:
        if instance.volume.name == name:
            return
        try:
            volumes.rename(session.api, instance.volume_id, name)
        except LostAnswer:
            found = volumes.in_environment(session.api, instance.environment_id)
            now = _of(found, instance.volume_id)
            if now is None or now.volume.name != name:
                raise

    def _configure(self, session: Session, instance: VolumeInstance, new: VolumeInputs) -> None:
        if new.size_mb is not None and new.size_mb < instance.size_mb:
            raise Refusal(
                f"sizeMb {new.size_mb} is less than the {instance.size_mb} MB Railway has made, "
                "and a volume cannot shrink: declare that size, or leave it out"
            )
        patch = _patch(instance, new)
        if patch:
            staging.write(
                session.api,
                new.environment_id,
                lambda _: patch,
                why=f"poly: volume {new.name}",
            )

    def _ready(self, session: Session, instance: VolumeInstance) -> VolumeInstance:
        last = [instance]

        def ready() -> VolumeInstance | None:
            found = volumes.in_environment(session.api, instance.environment_id)
            last[0] = _of(found, instance.volume_id) or last[0]
            return last[0] if last[0].state in READY else None

        if session.api.pace.until(ready, session.api.pace.appear_s_max) is None:
            raise Refusal(
                f"volume {instance.volume_id} is {last[0].state} and not READY: run again"
            )
        return last[0]

    @override
    def read(self, session: Session, known: Known[VolumeInputs]) -> Live | None:
        project_id, environment_id, volume_id = id_parts(known.id, SHAPE)
        found = self._alive(session, environment_id, volume_id, known.text("volumeInstanceId"))
        if found is None:
            return None
        refreshes = bool(known.outputs)
        inputs: dict[str, Value] = {
            "projectId": project_id,
            "environmentId": environment_id,
            "serviceId": found.service_id,
            "name": found.volume.name,
            "mountPath": found.mount_path,
            "sizeMb": found.size_mb,
            "region": found.region,
        }
        for name in ("size_mb", "region"):
            if refreshes and getattr(known.inputs, name) is None:
                del inputs[{"size_mb": "sizeMb", "region": "region"}[name]]
        kept = {name: value for name, value in inputs.items() if value is not None}
        outputs = _outputs(found, known.inputs)
        if known.text("fingerprint"):
            outputs["fingerprint"] = known.text("fingerprint")
        return Live(known.id, kept, outputs)

    def _alive(
        self, session: Session, environment_id: str, volume_id: str, instance_id: str
    ) -> VolumeInstance | None:
        """Return the instance; None only when several looks agree that there is none."""
        pace = session.api.pace

        def seen() -> VolumeInstance | None:
            return _of(holding.in_environment(session, environment_id), volume_id)

        found = seen()
        if found is not None:
            return found
        if instance_id:
            try:
                known = volumes.instance(session.api, instance_id)
            except NotFound:
                pass
            else:
                return None if known.gone else known
        return pace.until(seen, min(LOOKS_BEFORE_GONE_S, pace.appear_s_max))

    @override
    def guard_update(self, session: Session, known: Known[VolumeInputs], new: VolumeInputs) -> None:
        impacts = self.impact(known.inputs, new)
        risky = sorted(name for name, one in impacts.items() if one is Impact.DESTRUCTIVE)
        _, environment_id, volume_id = id_parts(known.id, SHAPE)
        found = _of(holding.in_environment(session, environment_id), volume_id)
        if found is not None and new.region is not None and found.region != new.region:
            risky = sorted({*risky, "region"})
        if not risky or volume_id in session.confirmed:
            return
        held = [found] if found is not None else []
        what = f"changing {', '.join(risky)} of {known.inputs.name!r} detaches or moves"
        if not held:
            raise Refusal(f"volume {volume_id} is not in environment {environment_id}: refresh")
        holding.refuse_loss(session, held, what)

    @override
    def update(
        self, session: Session, known: Known[VolumeInputs], new: VolumeInputs
    ) -> Mapping[str, Value]:
        self.guard_update(session, known, new)
        return self._settled(session, known.id, new)

    @override
    def guard_delete(self, session: Session, known: Known[VolumeInputs]) -> None:
        _, environment_id, volume_id = id_parts(known.id, SHAPE)
        found = _of(holding.in_environment(session, environment_id), volume_id)
        if found is not None:
            holding.refuse_loss(session, [found], "this deletes")

    @override
    def delete(self, session: Session, known: Known[VolumeInputs]) -> None:
        project_id, environment_id, volume_id = id_parts(known.id, SHAPE)
        if self._alive(session, environment_id, volume_id, known.text("volumeInstanceId")) is None:
            return
        self.guard_delete(session, known)
        elsewhere = [
            one.environment_id
            for one in holding.in_project(session, project_id)
            if one.volume_id == volume_id and one.environment_id != environment_id
        ]
        if elsewhere:
            raise Refusal(
                f"volume {volume_id} is also in environment {', '.join(elsewhere)}, and Railway "
                "deletes volumes in all at once; nothing was changed"
            )
        with only_writer(environment_id, session.api.pace):
            try:
                volumes.delete(session.api, volume_id)
            except (LostAnswer, NotFound):
                if _of(holding.in_environment(session, environment_id), volume_id) is not None:
                    raise


def _left_out(new: VolumeInputs, name: str) -> bool:
    return (new.size_mb if name == "sizeMb" else new.region) is None


def _was_nothing(old: VolumeInputs, name: str) -> bool:
    # detached by hand, or a region nobody has declared before
    values = {"serviceId": old.service_id, "mountPath": old.mount_path, "region": old.region}
    return not values.get(name, True)


def _of(
    found: tuple[VolumeInstance, ...] | list[VolumeInstance], volume_id: str
) -> VolumeInstance | None:
    return next((one for one in found if one.volume_id == volume_id), None)


def _patch(instance: VolumeInstance, new: VolumeInputs) -> Json:
    volume_id = instance.volume_id
    patch: dict[str, object] = {}
    body: dict[str, object] = {}
    if new.size_mb is not None and new.size_mb > instance.size_mb:
        body["sizeMB"] = new.size_mb
    if new.region is not None and new.region != instance.region:
        body["region"] = new.region
    if body:
        patch["volumes"] = {volume_id: body}
    if (instance.service_id, instance.mount_path) != (new.service_id, new.mount_path):
        mounts: dict[str, object] = {
            new.service_id: {"volumeMounts": {volume_id: {"mountPath": new.mount_path}}}
        }
        if instance.service_id not in (None, new.service_id):
            mounts[str(instance.service_id)] = {"volumeMounts": {volume_id: None}}
        patch["services"] = mounts
    return patch


def _fingerprint(new: VolumeInputs, volume_id: str) -> dict[str, Value]:
    return {"fingerprint": fingerprint([volume_id, new.service_id, new.mount_path])}


def _outputs(instance: VolumeInstance, new: VolumeInputs) -> dict[str, Value]:
    return {
        "volumeId": instance.volume_id,
        "volumeInstanceId": instance.id,
        "state": instance.state or "READY",
        **_fingerprint(new, instance.volume_id),
    }
