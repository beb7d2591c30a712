"""Kind Environment: one per stack; the one made with the project is adopted."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from typing_extensions import override

from infra.provider.kinds import holding
from infra.provider.kinds.kind import Impact, Kind, Known, Live, Made, id_parts, made_or_found
from infra.provider.kinds.project import not_blank, refuse_deleted
from infra.provider.kinds.property import Prop, changed
from infra.provider.ownership import Urn, is_ours, not_ours
from infra.provider.session import Session
from infra.provider.wire import Value
from infra.railway.calls import environments, projects
from infra.railway.errors import LostAnswer, NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentInputs:
    """What an environment is declared with."""

    project_id: Annotated[str, Prop(text="Project it is in; another one replaces it.")]
    name: Annotated[str, Prop(text="Name of the environment.", rule=not_blank)]


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentOutputs:
    """What Railway adds."""

    environment_id: Annotated[str, Prop(text="Id at Railway.")]


class Environment(Kind[EnvironmentInputs]):
    """An environment, by `project/environment`."""

    token = "railway:index:Environment"  # noqa: S105 - a type token
    text = "An environment of a project. Id: `<project>/<environment>`."
    inputs = EnvironmentInputs
    outputs = EnvironmentOutputs
    replacing = frozenset({"projectId"})

    @override
    def impact(self, old: EnvironmentInputs, new: EnvironmentInputs) -> Mapping[str, Impact]:
        return {
            name: Impact.REPLACE if name in self.replacing else Impact.SAFE
            for name in changed(old, new)
        }

    @override
    def create(self, session: Session, urn: Urn, new: EnvironmentInputs) -> Made:
        project = projects.read(session.api, new.project_id)
        refuse_deleted(project)
        found = self._named(session, new)
        if found is None:
            found = self._made(session, new)
        elif not is_ours(project.description, urn):
            raise not_ours(urn, f"environment {new.name!r}", f"{new.project_id}/{found.id}")
        return Made(f"{new.project_id}/{found.id}", {"environmentId": found.id})

    def _named(self, session: Session, new: EnvironmentInputs) -> environments.Environment | None:
        found = environments.of_project(session.api, new.project_id)
        return next((one for one in found if one.name == new.name), None)

    def _made(self, session: Session, new: EnvironmentInputs) -> environments.Environment:
        return made_or_found(
            session.api.pace,
            lambda: environments.create(session.api, project_id=new.project_id, name=new.name),
            lambda: self._named(session, new),
        )

    @override
    def read(self, session: Session, known: Known[EnvironmentInputs]) -> Live | None:
        project_id, environment_id = id_parts(known.id, "project/environment")
        try:
            found = environments.read(session.api, environment_id, project_id)
        except NotFound:
            return None
        if found.deleted_at is not None:
            return None
        inputs: dict[str, Value] = {"projectId": found.project_id, "name": found.name}
        return Live(known.id, inputs, {"environmentId": found.id})

    @override
    def update(
        self, session: Session, known: Known[EnvironmentInputs], new: EnvironmentInputs
    ) -> Mapping[str, Value]:
        _, environment_id = id_parts(known.id, "project/environment")
        if environments.read(session.api, environment_id).name != new.name:
            try:
                environments.rename(session.api, environment_id, new.name)
            except LostAnswer:
                if environments.read(session.api, environment_id).name != new.name:
                    raise
        return {"environmentId": environment_id}

    @override
    def guard_delete(self, session: Session, known: Known[EnvironmentInputs]) -> None:
        _, environment_id = id_parts(known.id, "project/environment")
        held = holding.in_environment(session, environment_id)
        holding.refuse_loss(session, held, f"deleting environment {known.inputs.name!r} deletes")

    @override
    def delete(self, session: Session, known: Known[EnvironmentInputs]) -> None:
        project_id, environment_id = id_parts(known.id, "project/environment")
        if self._gone(session, known):
            return
        self.guard_delete(session, known)
        if len(environments.of_project(session.api, project_id)) == 1:
            # Railway keeps at least one; it was made with the project and goes with it.
            session.warn(known.urn, "is the project's last environment and stays with it")
            return
        try:
            environments.delete(session.api, environment_id)
        except (LostAnswer, NotFound):
            if not self._gone(session, known):
                raise

    def _gone(self, session: Session, known: Known[EnvironmentInputs]) -> bool:
        return self.read(session, known) is None
