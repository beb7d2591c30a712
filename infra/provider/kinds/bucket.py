"""Kind Bucket: `buckets.<id>` of one environment. Its keys stay with Railway."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated

from typing_extensions import override

from infra.provider.kinds.kind import (
    Impact,
    Kind,
    Known,
    Live,
    Made,
    existing,
    id_parts,
    made_or_found,
)
from infra.provider.kinds.project import not_blank, refuse_deleted
from infra.provider.kinds.property import Fault, Prop, changed
from infra.provider.ownership import Refusal, Urn, is_ours, not_ours
from infra.provider.session import Session
from infra.provider.wire import Value
from infra.railway import staging
from infra.railway.calls import buckets, projects
from infra.railway.errors import LostAnswer, NotFound

SHAPE = "project/environment/bucket"
# Source: docs.railway.com/storage-buckets and railwayapp/cli@df3838b src/commands/bucket.rs.
REGIONS = ("sjc", "iad", "ams", "sin")
KEYS = ("BUCKET", "ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "REGION", "ENDPOINT")


def _region(text: str) -> str | None:
    if text in REGIONS:
        return None
    return f"must be one of {', '.join(REGIONS)} (not a compute region), was {text!r}"


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketInputs:
    """What a bucket is declared with."""

    project_id: Annotated[str, Prop(text="Project it is in.")]
    environment_id: Annotated[str, Prop(text="Environment it is in.")]
    name: Annotated[str, Prop(text="Display name, used in references.", rule=not_blank)]
    region: Annotated[str, Prop(text="sjc, iad, ams or sin; fixed for ever.", rule=_region)]


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketOutputs:
    """What Railway adds."""

    bucket_id: Annotated[str, Prop(text="Id at Railway.")]
    references: Annotated[Mapping[str, str], Prop(text="References to its keys, by key.")]


class Bucket(Kind[BucketInputs]):
    """A bucket in one environment."""

    token = "railway:index:Bucket"  # noqa: S105 - a type token
    text = "A storage bucket. Id: `<project>/<environment>/<bucket>`."
    inputs = BucketInputs
    outputs = BucketOutputs

    @override
    def faults(self, old: BucketInputs | None, new: BucketInputs) -> Iterator[Fault]:
        if old is not None and old.region and old.region != new.region:
            yield Fault(
                "region",
                f"is {new.region}, and the bucket was made in {old.region} for ever: declare "
                "another bucket and copy, or leave the region",
            )

    @override
    def impact(self, old: BucketInputs, new: BucketInputs) -> Mapping[str, Impact]:
        def one(name: str) -> Impact:
            if name in self.replacing:
                return Impact.REPLACE
            return Impact.DESTRUCTIVE if name == "region" else Impact.SAFE

        return {name: one(name) for name in changed(old, new)}

    @override
    def foreseen(self, new: BucketInputs) -> Mapping[str, Value]:
        return {"references": {key: f"${{{{{new.name}.{key}}}}}" for key in KEYS}}

    @override
    def create(self, session: Session, urn: Urn, new: BucketInputs) -> Made:
        project = projects.read(session.api, new.project_id)
        refuse_deleted(project)
        found = self._named(session, new)
        if found is None:
            found = self._made(session, new)
        elif not is_ours(project.description, urn):
            identity = f"{new.project_id}/{new.environment_id}/{found.id}"
            raise not_ours(urn, f"bucket {new.name!r}", identity)
        identity = f"{new.project_id}/{new.environment_id}/{found.id}"
        outputs = {"bucketId": found.id, **self.foreseen(new)}
        with existing(identity, outputs):
            self._settle(session, new, found.id)
        return Made(identity, outputs)

    def _named(self, session: Session, new: BucketInputs) -> buckets.Bucket | None:
        view = buckets.view(
            session.api, project_id=new.project_id, environment_id=new.environment_id
        )
        return next((one for one in view.buckets if one.name == new.name), None)

    def _made(self, session: Session, new: BucketInputs) -> buckets.Bucket:
        return made_or_found(
            session.api.pace,
            lambda: buckets.create(session.api, project_id=new.project_id, name=new.name),
            lambda: self._named(session, new),
        )

    def _settle(self, session: Session, new: BucketInputs, bucket_id: str) -> None:
        patch = {"buckets": {bucket_id: {"region": new.region, "isCreated": True}}}
        staging.write(
            session.api, new.environment_id, lambda _: patch, why=f"poly: bucket {new.name}"
        )

        def opened() -> bool | None:
            try:
                found = buckets.credentials(
                    session.api,
                    project_id=new.project_id,
                    environment_id=new.environment_id,
                    bucket_id=bucket_id,
                )
            except NotFound:
                return None
            return bool(found) or None

        if session.api.pace.until(opened, session.api.pace.appear_s_max) is None:
            raise Refusal(f"bucket {new.name!r} ({bucket_id}) has no keys yet: run again")

    @override
    def read(self, session: Session, known: Known[BucketInputs]) -> Live | None:
        project_id, environment_id, bucket_id = id_parts(known.id, SHAPE)
        try:
            view = buckets.view(session.api, project_id=project_id, environment_id=environment_id)
        except NotFound:
            return None
        found = next((one for one in view.buckets if one.id == bucket_id), None)
        instance = view.instances.get(bucket_id)
        if found is None or instance is None:
            return None
        region = instance.get("region")
        inputs: dict[str, Value] = {
            "projectId": project_id,
            "environmentId": environment_id,
            "name": found.name,
            "region": region if isinstance(region, str) else known.inputs.region,
        }
        named = BucketInputs(
            project_id=project_id, environment_id=environment_id, name=found.name, region=""
        )
        return Live(known.id, inputs, {"bucketId": bucket_id, **self.foreseen(named)})

    @override
    def update(
        self, session: Session, known: Known[BucketInputs], new: BucketInputs
    ) -> Mapping[str, Value]:
        bucket_id = id_parts(known.id, SHAPE)[2]
        view = buckets.view(
            session.api, project_id=new.project_id, environment_id=new.environment_id
        )
        found = next((one for one in view.buckets if one.id == bucket_id), None)
        if found is not None and found.name != new.name:
            self._rename(session, new, bucket_id)
        outputs = {"bucketId": bucket_id, **self.foreseen(new)}
        with existing(known.id, outputs):
            self._settle(session, new, bucket_id)
        return outputs

    def _rename(self, session: Session, new: BucketInputs, bucket_id: str) -> None:
        try:
            buckets.rename(session.api, bucket_id, new.name)
        except LostAnswer:
            found = self._named(session, new)
            if found is None or found.id != bucket_id:
                raise

    @override
    def delete(self, session: Session, known: Known[BucketInputs]) -> None:
        _, environment_id, bucket_id = id_parts(known.id, SHAPE)
        if self.read(session, known) is None:
            return
        patch = {"buckets": {bucket_id: {"isDeleted": True}}}
        staging.write(session.api, environment_id, lambda _: patch, why="poly: bucket deleted")
