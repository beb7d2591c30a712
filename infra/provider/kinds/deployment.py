"""Kind Deployment: `source`, and the one deployment at the end of an `up`.

Deploys only what is configured, only after the volume is mounted, and never because a deployment
is newer than the state says or was stopped: stopping is the kill switch's right.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated

from typing_extensions import override

from infra.provider.kinds import holding
from infra.provider.kinds.configuration import trigger_of
from infra.provider.kinds.kind import Impact, Kind, Known, Live, Made, Unfinished, id_parts
from infra.provider.kinds.project import not_blank, refuse_deleted
from infra.provider.kinds.property import Fault, Prop, changed
from infra.provider.kinds.rollout import follow, latest, start
from infra.provider.kinds.service_settings import positive
from infra.provider.ownership import Refusal, Urn, is_ours, not_ours
from infra.provider.session import Session
from infra.provider.wire import Value
from infra.railway import staging
from infra.railway.calls import deployments, environments, projects, services
from infra.railway.calls.deployments import STARTING
from infra.railway.calls.deployments import Deployment as Rollout
from infra.railway.calls.services import ServiceView
from infra.railway.errors import NotFound, RailwayError
from infra.railway.patch import Json, at

SHAPE = "project/environment/service"
DRIFT = "changed at Railway"
# Ours, not Railway's: it says SUCCESS of a container that has ended by itself, too, and nothing of
# one that had its time to start.
ENDED, STUCK = "ENDED", "STUCK"
SOURCE = ("image", "repo", "branch", "commit_sha")
SOURCE_KEYS = {"image": "image", "repo": "repo", "branch": "branch", "commit_sha": "commitSha"}


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentInputs:
    """What a deployment is declared with."""

    project_id: Annotated[str, Prop(text="Project of the service.")]
    environment_id: Annotated[str, Prop(text="Environment of the service.")]
    service_id: Annotated[str, Prop(text="Service that is deployed.")]
    image: Annotated[str | None, Prop(text="Image, by digest.", rule=not_blank)] = None
    repo: Annotated[str | None, Prop(text="owner/name at GitHub.", rule=not_blank)] = None
    branch: Annotated[str | None, Prop(text="Branch of the repo.", rule=not_blank)] = None
    commit_sha: Annotated[str | None, Prop(text="Commit of the branch.", rule=not_blank)] = None
    configuration: Annotated[
        Mapping[str, str], Prop(text="Fingerprints of all that configures the service.")
    ] = field(default_factory=dict)
    sealed_digests: Annotated[
        Mapping[str, str], Prop(text="Digests of the sealed variables.", secret=True)
    ] = field(default_factory=dict)
    healthy_within_seconds: Annotated[
        int, Prop(text="How long it may take to run.", rule=positive)
    ] = 300

    @property
    def source(self) -> dict[str, str | None]:
        """What it is made of, in Railway's words."""
        return {key: getattr(self, name) for name, key in SOURCE_KEYS.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentOutputs:
    """What Railway adds."""

    deployment_id: Annotated[str, Prop(text="Id of the deployment made last.")]
    trigger: Annotated[str, Prop(text="Hash of the configuration it was made of.")]
    status: Annotated[str, Prop(text="Its status when it was last looked at.")]
    deployed_digests: Annotated[
        Mapping[str, str], Prop(text="Digests the trigger was made with.", secret=True)
    ]


class Deployment(Kind[DeploymentInputs]):
    """The deployment of a service."""

    token = "railway:index:Deployment"  # noqa: S105 - a type token
    text = "What a service runs. Id: `<project>/<environment>/<service>`."
    inputs = DeploymentInputs
    outputs = DeploymentOutputs
    replacing = frozenset({"projectId", "environmentId", "serviceId"})
    renewed = frozenset({"deploymentId", "trigger", "status", "deployedDigests"})

    @override
    def faults(self, old: DeploymentInputs | None, new: DeploymentInputs) -> Iterator[Fault]:
        del old
        if (new.image is None) == (new.repo is None):
            yield Fault("image", "or repo must be given, and not both")
        if new.repo is not None and new.branch is None:
            # Railway takes it and then deploys nothing (terraform-provider-railway PR #21).
            yield Fault("branch", "must be given with repo")
        if new.repo is None and (new.branch or new.commit_sha):
            yield Fault("branch" if new.branch else "commitSha", "means nothing without repo")

    @override
    def impact(self, old: DeploymentInputs, new: DeploymentInputs) -> Mapping[str, Impact]:
        differing = set(changed(old, new)) - {"healthyWithinSeconds"}
        # An import finds a service as it is, and takes over what runs without a deployment.
        taken_over = not old.configuration
        maps = {"configuration", "sealedDigests"} & differing
        impacts = {
            name: Impact.REPLACE if name in self.replacing else Impact.SAFE
            for name in differing - maps
        }
        if taken_over:
            return impacts
        for wire, before, after in (
            ("configuration", old.configuration, new.configuration),
            ("sealedDigests", old.sealed_digests, new.sealed_digests),
        ):
            for name in {**before, **after}:
                if before.get(name) != after.get(name):
                    impacts[f"{wire}.{name}"] = Impact.SAFE
        return impacts

    @override
    def create(self, session: Session, urn: Urn, new: DeploymentInputs) -> Made:
        project = projects.read(session.api, new.project_id)
        refuse_deleted(project)
        identity = f"{new.project_id}/{new.environment_id}/{new.service_id}"
        view = self._view(session, new)
        ours = is_ours(project.description, urn)
        if _has_source(view) and not ours:
            raise not_ours(urn, f"the source of service {view.service.name!r}", identity)
        self._refuse_unmounted(session, new, view)
        untouched = _source_of(view) == _present(new.source)
        self._write_source(session, new)
        running = self._of_interrupted_run(session, new) if untouched and ours else None
        return Made(identity, self._deployed(session, identity, new, running))

    def _view(self, session: Session, new: DeploymentInputs) -> ServiceView:
        return services.view(
            session.api,
            project_id=new.project_id,
            environment_id=new.environment_id,
            service_id=new.service_id,
        )

    def _refuse_unmounted(self, session: Session, new: DeploymentInputs, view: ServiceView) -> None:
        # A container without its volume writes the ledger to a disk that is thrown away.
        path = at(view.config, ("deploy", "requiredMountPath"))
        if path is None:
            return

        def mounted() -> bool | None:
            held = holding.in_service(session, new.environment_id, new.service_id)
            ready = [one for one in held if one.mount_path == path and one.state in ("READY", None)]
            return True if ready else None

        if session.api.pace.until(mounted, session.api.pace.appear_s_max) is None:
            raise Refusal(
                f"service {view.service.name!r} requires a volume at {path} and none is mounted "
                "there: nothing was deployed"
            )

    def _write_source(self, session: Session, new: DeploymentInputs) -> None:
        staging.write(
            session.api,
            new.environment_id,
            lambda config: _source_patch(config, new),
            why="poly: source",
        )

    def _of_interrupted_run(self, session: Session, new: DeploymentInputs) -> Rollout | None:
        """Return the deployment an interrupted run has made of exactly this configuration."""
        found = latest(session, _ids(new))
        if found is None or not (found.healthy or found.status in STARTING):
            return None
        patch = environments.last_patch(session.api, new.environment_id)
        later = patch is not None and (patch.applied_at or "") > found.created_at
        return None if later else found

    def _deployed(
        self, session: Session, identity: str, new: DeploymentInputs, running: Rollout | None
    ) -> dict[str, Value]:
        trigger = trigger_of(self._view(session, new), new.sealed_digests)
        digests: dict[str, Value] = {**new.sealed_digests}
        # No trigger before something was deployed of it: the next run must not take what runs
        # for what was meant.
        seen: dict[str, Value] = {
            "trigger": "",
            "deployedDigests": digests,
            "status": "none",
            "deploymentId": "",
        }
        try:
            rollout = running or start(session, _ids(new), new.commit_sha)
            seen |= {"trigger": trigger, "deploymentId": rollout.id, "status": rollout.status}
            rollout, wrong = follow(session, rollout, _ids(new), new.healthy_within_seconds)
        except (RailwayError, Refusal) as error:
            raise Unfinished(identity, seen, str(error)) from error
        wrong = wrong or _wrong_image(rollout, new)
        status = rollout.status
        if wrong:
            status = STUCK if status in STARTING else ENDED if status == "SUCCESS" else status
        seen |= {"deploymentId": rollout.id, "status": status}
        if wrong:
            raise Unfinished(identity, seen, wrong)
        return seen

    @override
    def read(self, session: Session, known: Known[DeploymentInputs]) -> Live | None:
        project_id, environment_id, service_id = id_parts(known.id, SHAPE)
        try:
            view = services.view(
                session.api,
                project_id=project_id,
                environment_id=environment_id,
                service_id=service_id,
            )
        except NotFound:
            return None
        if not _has_source(view) or view.service.deleted_at is not None:
            return None
        inputs: dict[str, Value] = {
            "projectId": project_id,
            "environmentId": environment_id,
            "serviceId": service_id,
            **_source_of(view),
        }
        ids = {"projectId": project_id, "environmentId": environment_id, "serviceId": service_id}
        if not known.outputs:
            return Live(known.id, inputs, self._imported(session, view, inputs, ids))
        return self._refreshed(view, known, inputs)

    def _imported(
        self,
        session: Session,
        view: ServiceView,
        inputs: dict[str, Value],
        ids: Mapping[str, str],
    ) -> dict[str, Value]:
        if view.sealed:
            # What they hold cannot be known, so the first up writes and deploys them.
            inputs["configuration"] = {"sealed values": "unknown since the import"}
        rollout = latest(session, ids)
        return {
            "deploymentId": "" if rollout is None else rollout.id,
            "status": "none" if rollout is None else rollout.status,
            "trigger": trigger_of(view, {}),
            "deployedDigests": {},
        }

    def _refreshed(
        self, view: ServiceView, known: Known[DeploymentInputs], inputs: dict[str, Value]
    ) -> Live:
        digests = known.outputs.get("deployedDigests")
        kept = {str(k): str(v) for k, v in digests.items()} if isinstance(digests, dict) else {}
        now = trigger_of(view, kept)
        configuration: dict[str, Value] = {**known.inputs.configuration}
        if now != known.text("trigger"):
            configuration[DRIFT] = now
        if configuration:
            inputs["configuration"] = configuration
        if known.inputs.sealed_digests:
            inputs["sealedDigests"] = {**known.inputs.sealed_digests}
        inputs["healthyWithinSeconds"] = known.inputs.healthy_within_seconds
        return Live(known.id, inputs, {**known.outputs, "trigger": now})

    @override
    def update(
        self, session: Session, known: Known[DeploymentInputs], new: DeploymentInputs
    ) -> Mapping[str, Value]:
        view = self._view(session, new)
        self._refuse_unmounted(session, new, view)
        self._write_source(session, new)
        running = None
        if DRIFT not in known.inputs.configuration:
            running = self._same(session, known, new)
        if running is not None and not (running.healthy or running.status in STARTING):
            # stopped on purpose, of this very configuration: that is no difference
            return {
                **known.outputs,
                "status": running.status,
                "deployedDigests": {**new.sealed_digests},
            }
        return self._deployed(session, known.id, new, running)

    def _same(
        self, session: Session, known: Known[DeploymentInputs], new: DeploymentInputs
    ) -> Rollout | None:
        """Return the deployment of this very configuration that need not be made again."""
        trigger = trigger_of(self._view(session, new), new.sealed_digests)
        if trigger != known.text("trigger"):
            return None
        found = latest(session, _ids(new))
        if found is None or found.status not in {*STARTING, "SUCCESS", "SLEEPING"}:
            return None
        if known.text("status") == ENDED and not found.healthy:
            return None
        if found.status in STARTING and known.text("status") == STUCK:
            return _cancelled(session, found)
        return found

    @override
    def delete(self, session: Session, known: Known[DeploymentInputs]) -> None:
        project_id, environment_id, service_id = id_parts(known.id, SHAPE)
        ids = {"projectId": project_id, "environmentId": environment_id, "serviceId": service_id}
        patch: Json = {"services": {service_id: {"source": None}}}
        try:
            # The source first: without one Railway has nothing to deploy again by itself.
            staging.write(session.api, environment_id, lambda _: patch, why="poly: source removed")
            gone = session.api.pace.until(
                lambda: _all_removed(session, ids), session.api.pace.appear_s_max
            )
        except NotFound:
            return
        if gone is None:
            raise Refusal(f"a deployment of service {service_id} still runs: run again")


def _all_removed(session: Session, ids: Mapping[str, str]) -> bool | None:
    found = deployments.of_service(session.api, ids)
    for rollout in found:
        if rollout.status not in deployments.TERMINAL:
            deployments.remove(session.api, rollout.id)
    over = all(one.status in deployments.TERMINAL and not one.alive for one in found)
    return True if over else None


def _cancelled(session: Session, rollout: Rollout) -> Rollout | None:
    """Give a deployment up that had its time; None unless it came to life meanwhile."""
    try:
        deployments.cancel(session.api, rollout.id)
    except RailwayError:
        now = deployments.read(session.api, rollout.id)
        if now.status in STARTING:
            raise
        return now if now.healthy else None
    return None


def _ids(new: DeploymentInputs) -> dict[str, str]:
    return {
        "projectId": new.project_id,
        "environmentId": new.environment_id,
        "serviceId": new.service_id,
    }


def _has_source(view: ServiceView) -> bool:
    return bool(_source_of(view))


def _source_of(view: ServiceView) -> dict[str, Value]:
    source = view.config.get("source")
    if not isinstance(source, Mapping):
        return {}
    found = {key: source.get(key) for key in SOURCE_KEYS.values()}
    return {key: value for key, value in found.items() if isinstance(value, str) and value}


def _present(source: Mapping[str, str | None]) -> dict[str, str]:
    return {key: value for key, value in source.items() if value is not None}


def _source_patch(config: Json, new: DeploymentInputs) -> dict[str, object]:
    source: dict[str, object] = dict(new.source)
    if new.image is not None:
        # An image that changes under its tag would deploy without anybody asking.
        source["autoUpdates"] = {"type": "disabled"}
    elif at(config, ("services", new.service_id, "source", "autoUpdates")) is not None:
        source["autoUpdates"] = None
    return {"services": {new.service_id: {"source": source}}}


def _wrong_image(rollout: Rollout, new: DeploymentInputs) -> str:
    if new.image is None or rollout.image in (None, new.image):
        return ""
    return (
        f"deployment {rollout.id} runs {rollout.image} and not {new.image}: Railway deployed an "
        "older source; run again"
    )
