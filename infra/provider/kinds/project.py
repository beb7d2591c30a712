"""Kind Project: the outermost thing, marked as this stack's."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from typing_extensions import override

from infra.provider.kinds import holding
from infra.provider.kinds.kind import Impact, Kind, Known, Live, Made, existing, made_or_found
from infra.provider.kinds.property import Prop, changed
from infra.provider.ownership import Refusal, Urn, described, is_ours, not_ours, owner_in, text_in
from infra.provider.session import Session
from infra.provider.wire import Value
from infra.railway.calls import projects
from infra.railway.errors import LostAnswer, NotFound


def not_blank(text: str) -> str | None:
    """Refuse a name of nothing or with space around it."""
    return None if text and text == text.strip() else f"must be a name, was {text!r}"


def _description(text: str) -> str | None:
    if owner_in(text) is not None:
        return "ends with a mark of a stack, which the provider keeps there: leave it out"
    return not_blank(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectInputs:
    """What a project is declared with."""

    name: Annotated[str, Prop(text="Name of the project.", rule=not_blank)]
    workspace_id: Annotated[
        str | None, Prop(text="Workspace it is made in; another one replaces it.")
    ] = None
    default_environment_name: Annotated[
        str, Prop(text="Environment made with it; read at creation only.", rule=not_blank)
    ] = "production"
    description: Annotated[
        str | None,
        Prop(text="Text before the stack's mark in the description.", rule=_description),
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectOutputs:
    """What Railway adds."""

    project_id: Annotated[str, Prop(text="Id at Railway.")]
    workspace_id: Annotated[str, Prop(text="Workspace it is in.")]
    plan: Annotated[str, Prop(text="Plan it runs on: hobby, pro, …")]
    backups_max: Annotated[int, Prop(text="Most native volume backups the plan allows.")]


class Project(Kind[ProjectInputs]):
    """A project, by its id."""

    token = "railway:index:Project"  # noqa: S105 - a type token
    text = "A Railway project. Id: `<project>`."
    inputs = ProjectInputs
    outputs = ProjectOutputs
    replacing = frozenset({"workspaceId"})

    @override
    def impact(self, old: ProjectInputs, new: ProjectInputs) -> Mapping[str, Impact]:
        differing = set(changed(old, new)) - {"defaultEnvironmentName"}
        if new.workspace_id is None or old.workspace_id is None:
            differing -= {"workspaceId"}
        if new.description is None:
            differing -= {"description"}
        replaces = self.replacing
        return {name: Impact.REPLACE if name in replaces else Impact.SAFE for name in differing}

    @override
    def create(self, session: Session, urn: Urn, new: ProjectInputs) -> Made:
        workspace = session.workspace(new.workspace_id)
        found = self._of_this_stack(session, urn, workspace, new.name)
        if found is None:
            found = self._made(session, urn, workspace, new)
        with existing(found.id, _outputs(found)):
            # an interrupted run may have been of an older program
            self._describe(session, urn, found, new)
        return Made(found.id, _outputs(found))

    def _of_this_stack(
        self, session: Session, urn: Urn, workspace: str, name: str
    ) -> projects.Project | None:
        found = projects.of_name(session.api, workspace, name)
        ours = [project for project in found if is_ours(project.description, urn)]
        ids = ", ".join(project.id for project in found)
        if len(ours) > 1 or (not ours and len(found) > 1):
            raise Refusal(
                f"{len(found)} projects are named {name!r} ({ids}); nothing was changed. Give this "
                f"one another name, or take one over: {not_ours_command(urn)}"
            )
        if ours:
            return projects.read(session.api, ours[0].id)
        if found:
            raise not_ours(urn, f"project {name!r}", found[0].id)
        return None

    def _made(
        self, session: Session, urn: Urn, workspace: str, new: ProjectInputs
    ) -> projects.Project:
        return made_or_found(
            session.api.pace,
            lambda: projects.create(
                session.api,
                workspace_id=workspace,
                name=new.name,
                description=described(new.description, urn),
                environment=new.default_environment_name,
            ),
            lambda: self._of_this_stack(session, urn, workspace, new.name),
        )

    @override
    def read(self, session: Session, known: Known[ProjectInputs]) -> Live | None:
        try:
            found = projects.read(session.api, known.id)
        except NotFound:
            return None
        refreshes = bool(known.outputs)
        if found.deleted_at is not None:
            if not refreshes:
                return None
            raise Refusal(
                f"project {known.id} of this stack is deleted at Railway since {found.deleted_at}: "
                "bring it back within 48 hours in the dashboard, or take it out of the stack with "
                f"pulumi state delete --stack {known.urn.stack}"
            )
        inputs: dict[str, Value] = {
            "name": found.name,
            "defaultEnvironmentName": known.inputs.default_environment_name or "production",
        }
        text = text_in(found.description)
        if text is not None and (known.inputs.description is not None or not refreshes):
            inputs["description"] = text
        if known.inputs.workspace_id is not None or not refreshes:
            inputs["workspaceId"] = found.workspace_id
        return Live(found.id, inputs, _outputs(found))

    @override
    def update(
        self, session: Session, known: Known[ProjectInputs], new: ProjectInputs
    ) -> Mapping[str, Value]:
        found = projects.read(session.api, known.id)
        refuse_deleted(found)
        self._describe(session, known.urn, found, new)
        return _outputs(projects.read(session.api, known.id))

    def _describe(
        self, session: Session, urn: Urn, found: projects.Project, new: ProjectInputs
    ) -> None:
        text = text_in(found.description) if new.description is None else new.description
        # A project that was imported carries no mark and gets none: what is in it is not ours.
        wanted = described(text, urn) if is_ours(found.description, urn) else (text or "")
        if (found.name, found.description or "") == (new.name, wanted):
            return
        try:
            projects.update(session.api, found.id, name=new.name, description=wanted)
        except LostAnswer:
            now = projects.read(session.api, found.id)
            if (now.name, now.description or "") != (new.name, wanted):
                raise

    @override
    def guard_delete(self, session: Session, known: Known[ProjectInputs]) -> None:
        held = holding.in_project(session, known.id)
        holding.refuse_loss(session, held, f"deleting project {known.inputs.name!r} deletes")

    @override
    def delete(self, session: Session, known: Known[ProjectInputs]) -> None:
        if self._gone(session, known.id):
            return
        self.guard_delete(session, known)
        try:
            projects.schedule_delete(session.api, known.id)
        except (LostAnswer, NotFound):
            if not self._gone(session, known.id):
                raise

    def _gone(self, session: Session, project_id: str) -> bool:
        try:
            return projects.read(session.api, project_id).deleted_at is not None
        except NotFound:
            return True


def not_ours_command(urn: Urn) -> str:
    """Return the import command with a place for the id a person has to choose."""
    return f"pulumi import --stack {urn.stack} {urn.type} {urn.name} <id>"


def refuse_deleted(project: projects.Project) -> None:
    """Refuse to work in a project that is deleted.

    Raises:
        Refusal: names it and the way out.

    """
    if project.deleted_at is not None:
        raise Refusal(
            f"projectId {project.id} is deleted at Railway since {project.deleted_at}; nothing was "
            "changed. Bring it back within 48 hours in the dashboard, or point the stack elsewhere"
        )


def _outputs(found: projects.Project) -> dict[str, Value]:
    return {
        "projectId": found.id,
        "workspaceId": found.workspace_id,
        "plan": found.subscription_type or "unknown",
        "backupsMax": found.backups_max or 0,
    }
