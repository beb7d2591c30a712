"""Kind Service: its name and everything under `deploy`; made without a source.

It never sets a source, a variable or a mount: those have owners of their own.
"""

from collections.abc import Iterator, Mapping

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
    made_or_found,
)
from infra.provider.kinds.project import refuse_deleted
from infra.provider.kinds.property import Fault, changed, untyped
from infra.provider.kinds.service_settings import (
    ServiceInputs,
    ServiceOutputs,
    settings_in,
    settings_patch,
)
from infra.provider.ownership import Refusal, Urn, is_ours, not_ours
from infra.provider.session import Session
from infra.provider.wire import Value
from infra.railway import staging
from infra.railway.calls import account, deployments, environments, projects, services, volumes
from infra.railway.errors import LostAnswer, NotFound
from infra.railway.lock import only_writer

SHAPE = "project/environment/service"


class Service(Kind[ServiceInputs]):
    """A service in one environment."""

    token = "railway:index:Service"  # noqa: S105 - a type token
    text = (
        "A service of an environment, without its source. Id: `<project>/<environment>/<service>`."
    )
    inputs = ServiceInputs
    outputs = ServiceOutputs

    @override
    def faults(self, old: ServiceInputs | None, new: ServiceInputs) -> Iterator[Fault]:
        del old
        if new.healthcheck_timeout_seconds is not None and new.healthcheck_path is None:
            yield Fault("healthcheckTimeoutSeconds", "means nothing without healthcheckPath")
        if new.cron_schedule is not None and new.sleep_application:
            yield Fault("sleepApplication", "cannot go with cronSchedule")

    @override
    def impact(self, old: ServiceInputs, new: ServiceInputs) -> Mapping[str, Impact]:
        def one(name: str) -> Impact:
            if name in self.replacing:
                return Impact.REPLACE
            # Railway moves an attached volume along with its service (railway facts 2.7)
            return Impact.DESTRUCTIVE if name == "region" else Impact.SAFE

        return {name: one(name) for name in changed(old, new)}

    @override
    def foreseen(self, new: ServiceInputs) -> Mapping[str, Value]:
        settings = untyped(new)
        for name in ("projectId", "environmentId", "name"):
            settings.pop(name)
        return {"fingerprint": fingerprint(settings)}

    @override
    def create(self, session: Session, urn: Urn, new: ServiceInputs) -> Made:
        refuse_region(session, new.region)
        project = projects.read(session.api, new.project_id)
        refuse_deleted(project)
        found = self._named(session, new)
        if found is None:
            found = self._made(session, new)
        elif not (is_ours(project.description, urn) and self._untouched(session, new, found.id)):
            identity = f"{new.project_id}/{new.environment_id}/{found.id}"
            raise not_ours(urn, f"service {new.name!r}", identity)
        identity = f"{new.project_id}/{new.environment_id}/{found.id}"
        with existing(identity, self._outputs(new, found.id, ["?"])):
            elsewhere = self._elsewhere(session, new, found.id)
            with existing(identity, self._outputs(new, found.id, elsewhere)):
                self._settle(session, new, found.id, elsewhere)
        return Made(identity, self._outputs(new, found.id, []))

    def _outputs(
        self, new: ServiceInputs, service_id: str, elsewhere: list[str]
    ) -> dict[str, Value]:
        return {**self.foreseen(new), "serviceId": service_id, "elsewhere": [*elsewhere]}

    def _named(self, session: Session, new: ServiceInputs) -> services.Service | None:
        found = services.of_project(session.api, new.project_id)
        return next((one for one in found if one.name == new.name), None)

    def _untouched(self, session: Session, new: ServiceInputs, service_id: str) -> bool:
        # What an interrupted run leaves has neither a source nor a deployment: those come last.
        ids = {"projectId": new.project_id, "environmentId": new.environment_id}
        view = services.view(
            session.api,
            project_id=new.project_id,
            environment_id=new.environment_id,
            service_id=service_id,
        )
        if view.config.get("source"):
            return False
        return not deployments.of_service(session.api, {**ids, "serviceId": service_id}, most=1)

    def _made(self, session: Session, new: ServiceInputs) -> services.Service:
        with only_writer(new.environment_id, session.api.pace):
            return made_or_found(
                session.api.pace,
                lambda: services.create(
                    session.api,
                    project_id=new.project_id,
                    environment_id=new.environment_id,
                    name=new.name,
                ),
                lambda: self._named(session, new),
            )

    def _elsewhere(self, session: Session, new: ServiceInputs, service_id: str) -> list[str]:
        # Railway makes an instance in every environment that is not a fork (railway facts 1.6).
        return [
            environment.name
            for environment in environments.of_project(session.api, new.project_id)
            if environment.id != new.environment_id
            and any(
                one.service_id == service_id
                for one in environments.services_in(session.api, environment.id)
            )
        ]

    def _settle(
        self, session: Session, new: ServiceInputs, service_id: str, elsewhere: list[str]
    ) -> None:
        if elsewhere:
            raise Refusal(
                f"service {new.name!r} ({service_id}) also came into being in the environments "
                f"{', '.join(elsewhere)}: delete it there in the dashboard, then run again. One "
                "project for each stack avoids it"
            )
        if (
            session.api.pace.until(
                lambda: self._is_in(session, new.environment_id, service_id) or None,
                session.api.pace.appear_s_max,
            )
            is None
        ):
            raise Refusal(
                f"service {new.name!r} ({service_id}) has no instance in environment "
                f"{new.environment_id} yet: run again"
            )
        self._write(session, new, service_id)

    def _is_in(self, session: Session, environment_id: str, service_id: str) -> bool:
        found = environments.services_in(session.api, environment_id)
        return any(one.service_id == service_id for one in found)

    def _write(self, session: Session, new: ServiceInputs, service_id: str) -> None:
        staging.write(
            session.api,
            new.environment_id,
            lambda config: settings_patch(config, service_id, new),
            why=f"poly: settings of {new.name}",
        )

    @override
    def read(self, session: Session, known: Known[ServiceInputs]) -> Live | None:
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
        if view.service.deleted_at is not None:
            return None
        if not view.config and not self._is_in(session, environment_id, service_id):
            return None
        inputs: dict[str, Value] = {
            "projectId": view.service.project_id,
            "environmentId": environment_id,
            "name": view.service.name,
            **settings_in(view.config),
        }
        outputs: dict[str, Value] = {
            "serviceId": service_id,
            "elsewhere": known.outputs.get("elsewhere") or [],
            "fingerprint": known.text("fingerprint") or fingerprint(settings_in(view.config)),
        }
        return Live(known.id, inputs, outputs)

    @override
    def guard_update(
        self, session: Session, known: Known[ServiceInputs], new: ServiceInputs
    ) -> None:
        if known.inputs.region == new.region:
            return
        refuse_region(session, new.region)
        _, environment_id, service_id = id_parts(known.id, SHAPE)
        held = holding.in_service(session, environment_id, service_id)
        held = [one for one in held if one.region != new.region]
        holding.refuse_loss(session, held, f"moving {new.name!r} to {new.region} migrates")

    @override
    def update(
        self, session: Session, known: Known[ServiceInputs], new: ServiceInputs
    ) -> Mapping[str, Value]:
        _, _, service_id = id_parts(known.id, SHAPE)
        self.guard_update(session, known, new)
        elsewhere: list[str] = []
        if known.outputs.get("elsewhere"):
            elsewhere = self._elsewhere(session, new, service_id)
        found = services.lookup(session.api, service_id)
        if found.name != new.name:
            self._rename(session, service_id, new.name)
        with existing(known.id, self._outputs(new, service_id, elsewhere)):
            self._settle(session, new, service_id, elsewhere)
        return self._outputs(new, service_id, [])

    def _rename(self, session: Session, service_id: str, name: str) -> None:
        try:
            services.rename(session.api, service_id, name)
        except LostAnswer:
            if services.lookup(session.api, service_id).name != name:
                raise

    @override
    def guard_delete(self, session: Session, known: Known[ServiceInputs]) -> None:
        _, environment_id, service_id = id_parts(known.id, SHAPE)
        held = holding.in_service(session, environment_id, service_id)
        holding.refuse_loss(session, held, f"deleting service {known.inputs.name!r} detaches")

    @override
    def delete(self, session: Session, known: Known[ServiceInputs]) -> None:
        project_id, environment_id, service_id = id_parts(known.id, SHAPE)
        if self._gone(session, environment_id, service_id):
            return
        self.guard_delete(session, known)
        with only_writer(environment_id, session.api.pace):
            for held in holding.in_service(session, environment_id, service_id):
                # Whether a deletion would take the volume along is not known (railway facts 1.6).
                volumes.detach(session.api, held.volume_id, environment_id)
            others = self._others(session, project_id, environment_id, service_id)
            try:
                services.delete(session.api, service_id, environment_id if others else None)
            except (LostAnswer, NotFound):
                if not self._gone(session, environment_id, service_id):
                    raise

    def _others(
        self, session: Session, project_id: str, environment_id: str, service_id: str
    ) -> bool:
        return any(
            self._is_in(session, environment.id, service_id)
            for environment in environments.of_project(session.api, project_id)
            if environment.id != environment_id
        )

    def _gone(self, session: Session, environment_id: str, service_id: str) -> bool:
        try:
            if services.lookup(session.api, service_id).deleted_at is not None:
                return True
            return not self._is_in(session, environment_id, service_id)
        except NotFound:
            return True


def refuse_region(session: Session, region: str) -> None:
    """Refuse a compute region Railway does not have or no longer wants.

    Raises:
        Refusal: names those there are.
        RailwayError: as the call.

    """
    known = {one.name: one for one in account.regions(session.api)}
    found = known.get(region)
    if found is None:
        raise Refusal(
            f"region {region!r} is unknown; nothing was changed. Railway has {', '.join(known)}"
        )
    if found.replaced_by is not None:
        raise Refusal(f"region {region!r} is being given up by Railway: use {found.replaced_by}")
