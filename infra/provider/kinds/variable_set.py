"""Kind VariableSet: the variables it names and no other, written without a deployment."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated

from typing_extensions import override

from infra.provider.kinds.configuration import digest, is_reserved
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
from infra.provider.kinds.project import refuse_deleted
from infra.provider.kinds.property import Fault, Prop, changed
from infra.provider.ownership import Refusal, Urn, is_ours, not_ours
from infra.provider.session import Session
from infra.provider.wire import Value
from infra.railway import staging
from infra.railway.calls import projects, services
from infra.railway.calls.services import ServiceView
from infra.railway.errors import NotFound

SHAPE = "project/environment/service/NAME,NAME"
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
REFERENCE = "${{"
SORTS = ("plain", "secret", "sealed", "references")


def _names(variables: Mapping[str, str]) -> str | None:
    for name in variables:
        if not NAME.fullmatch(name):
            return f"has {name!r}, which is no name of a variable"
        if is_reserved(name):
            return f"has {name}, which belongs to the kill switch or to Railway: leave it out"
    return None


def _values(variables: Mapping[str, str]) -> str | None:
    for name, value in variables.items():
        if REFERENCE in value:
            return f"has a reference at {name}: declare it under references"
    return _names(variables)


def _references(variables: Mapping[str, str]) -> str | None:
    for name, value in variables.items():
        if REFERENCE not in value:
            return f"has no ${{{{…}}}} at {name}: declare it under plain, secret or sealed"
    return _names(variables)


@dataclass(frozen=True, slots=True, kw_only=True)
class VariableSetInputs:
    """What a set of variables is declared with."""

    project_id: Annotated[str, Prop(text="Project of the service.")]
    environment_id: Annotated[str, Prop(text="Environment of the service.")]
    service_id: Annotated[str, Prop(text="Service that gets them.")]
    plain: Annotated[Mapping[str, str], Prop(text="Shown in previews.", rule=_values)] = field(
        default_factory=dict
    )
    secret: Annotated[
        Mapping[str, str], Prop(text="Encrypted in state.", rule=_values, secret=True)
    ] = field(default_factory=dict)
    sealed: Annotated[
        Mapping[str, str],
        Prop(text="Never readable at Railway again.", rule=_values, secret=True),
    ] = field(default_factory=dict)
    references: Annotated[
        Mapping[str, str], Prop(text="Railway's ${{…}} references.", rule=_references)
    ] = field(default_factory=dict)

    @property
    def readable(self) -> dict[str, str]:
        """Everything Railway shows again; how secret a value is makes no difference there."""
        return {**self.plain, **self.secret, **self.references}

    @property
    def names(self) -> tuple[str, ...]:
        """All names, sorted."""
        return tuple(sorted({**self.readable, **self.sealed}))

    def sort_of(self, name: str) -> str:
        """Return under which property a name is declared; empty where it is not."""
        return next((sort for sort in SORTS if name in getattr(self, sort)), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class VariableSetOutputs:
    """What the provider adds."""

    fingerprint: Annotated[str, Prop(text="Hash of names and values.")]
    sealed_digests: Annotated[
        Mapping[str, str], Prop(text="Digest of each sealed value.", secret=True)
    ]


class VariableSet(Kind[VariableSetInputs]):
    """Some variables of a service."""

    token = "railway:index:VariableSet"  # noqa: S105 - a type token
    text = "Variables of a service. Id: `<project>/<environment>/<service>/NAME,NAME`."
    inputs = VariableSetInputs
    outputs = VariableSetOutputs
    replacing = frozenset({"projectId", "environmentId", "serviceId"})

    @override
    def faults(self, old: VariableSetInputs | None, new: VariableSetInputs) -> Iterator[Fault]:
        for name in new.names:
            sorts = [sort for sort in SORTS if name in getattr(new, sort)]
            if len(sorts) > 1:
                yield Fault(sorts[1], f"has {name}, which is declared under {sorts[0]} as well")
            if old is not None and name in old.sealed and name not in new.sealed:
                yield Fault(
                    sorts[0],
                    f"has {name}, which is sealed at Railway and cannot be unsealed: declare it "
                    "under sealed, or leave it out of one up and declare it in the next",
                )
        if not new.names:
            yield Fault("plain", "names no variable, and no other property does: name one")

    @override
    def impact(self, old: VariableSetInputs, new: VariableSetInputs) -> Mapping[str, Impact]:
        replaced = {name: Impact.REPLACE for name in changed(old, new) if name in self.replacing}
        before, after = old.readable, new.readable
        differing = [name for name in {**before, **after} if before.get(name) != after.get(name)]
        sealed = [
            name
            for name in {**old.sealed, **new.sealed}
            if old.sealed.get(name) != new.sealed.get(name)
        ]
        return replaced | {
            f"{new.sort_of(name) or old.sort_of(name)}.{name}": Impact.SAFE
            for name in sorted({*differing, *sealed})
        }

    @override
    def foreseen(self, new: VariableSetInputs) -> Mapping[str, Value]:
        digests: dict[str, Value] = {
            name: digest(new.service_id, name, value) for name, value in new.sealed.items()
        }
        content = {"readable": new.readable, "sealed": digests}
        return {"fingerprint": fingerprint(content), "sealedDigests": digests}

    @override
    def create(self, session: Session, urn: Urn, new: VariableSetInputs) -> Made:
        project = projects.read(session.api, new.project_id)
        refuse_deleted(project)
        view = self._view(session, new)
        taken = sorted(set(new.names) & set(view.variables))
        where = f"{new.project_id}/{new.environment_id}/{new.service_id}"
        if taken and not is_ours(project.description, urn):
            what = f"variable {', '.join(taken)} of service {view.service.name!r}"
            raise not_ours(urn, what, f"{where}/{','.join(taken)}")
        identity = f"{where}/{','.join(new.names)}"
        # From here on the names are ours; no digest stands for a sealed value nobody has proved.
        with existing(identity, {"fingerprint": "unfinished", "sealedDigests": {}}):
            self._write(session, new, removed=(), sealed=new.sealed)
        return Made(identity, self.foreseen(new))

    def _view(self, session: Session, new: VariableSetInputs) -> ServiceView:
        return services.view(
            session.api,
            project_id=new.project_id,
            environment_id=new.environment_id,
            service_id=new.service_id,
        )

    def _write(
        self,
        session: Session,
        new: VariableSetInputs,
        *,
        removed: tuple[str, ...],
        sealed: Mapping[str, str],
    ) -> None:
        variables: dict[str, object] = {
            **dict.fromkeys(removed),
            **{name: {"value": value} for name, value in new.readable.items()},
            **{name: {"value": value, "isSealed": True} for name, value in sealed.items()},
        }
        if not variables:
            return
        patch = {"services": {new.service_id: {"variables": variables}}}
        staging.write(session.api, new.environment_id, lambda _: patch, why="poly: variables")

    @override
    def read(self, session: Session, known: Known[VariableSetInputs]) -> Live | None:
        project_id, environment_id, service_id, names = id_parts(known.id, SHAPE)
        imports = not known.outputs
        try:
            view = services.view(
                session.api,
                project_id=project_id,
                environment_id=environment_id,
                service_id=service_id,
            )
        except NotFound:
            return None
        wanted = tuple(names.split(",")) if imports else known.inputs.names
        if imports:
            _refuse_reserved(wanted)
        present = [name for name in wanted if name in view.variables]
        if not present or view.service.deleted_at is not None:
            return None
        missing = sorted(set(wanted) - set(present))
        if imports and missing:
            raise Refusal(f"service {view.service.name!r} has no variable {', '.join(missing)}")
        found = _sorted(view, present, known.inputs)
        inputs: dict[str, Value] = {
            "projectId": project_id,
            "environmentId": environment_id,
            "serviceId": service_id,
            **{sort: {**entries} for sort, entries in found.items() if entries},
        }
        outputs: dict[str, Value] = dict(known.outputs) if not imports else {}
        outputs.setdefault("fingerprint", fingerprint([sorted(present)]))
        outputs.setdefault("sealedDigests", {})
        return Live(known.id, inputs, outputs)

    @override
    def update(
        self, session: Session, known: Known[VariableSetInputs], new: VariableSetInputs
    ) -> Mapping[str, Value]:
        before = known.outputs.get("sealedDigests")
        digests = before if isinstance(before, Mapping) else {}
        sealed = {
            name: value
            for name, value in new.sealed.items()
            if known.inputs.sealed.get(name) != value
            or digests.get(name) != digest(new.service_id, name, value)
        }
        removed = tuple(sorted(set(known.inputs.names) - set(new.names)))
        # A failure leaves the state as it was: what is to be removed is known from there only.
        self._write(session, new, removed=removed, sealed=sealed)
        return self.foreseen(new)

    @override
    def delete(self, session: Session, known: Known[VariableSetInputs]) -> None:
        _, environment_id, service_id, names = id_parts(known.id, SHAPE)
        ours = known.inputs.names or tuple(names.split(","))
        patch = {"services": {service_id: {"variables": dict.fromkeys(ours)}}}
        try:
            staging.write(session.api, environment_id, lambda _: patch, why="poly: variables")
        except NotFound:
            return


def _refuse_reserved(names: tuple[str, ...]) -> None:
    reserved = [name for name in names if is_reserved(name)]
    if reserved:
        raise Refusal(
            f"{', '.join(reserved)} belong to the kill switch or to Railway and are not imported: "
            "leave them out of the id"
        )


def _sorted(
    view: ServiceView, present: list[str], before: VariableSetInputs
) -> dict[str, dict[str, str]]:
    """Put what is live under the property it was declared under, as far as that still holds."""
    found: dict[str, dict[str, str]] = {sort: {} for sort in SORTS}
    for name in present:
        value = view.variables[name]
        if name in view.sealed or value is None:
            # Railway shows no sealed value: what we last wrote stands for it, nothing after import
            found["sealed"][name] = before.sealed.get(name, "")
            continue
        declared = before.sort_of(name)
        guess = "references" if REFERENCE in value else "secret"
        is_reference = REFERENCE in value
        fits = declared in ("plain", "secret") if not is_reference else declared == "references"
        found[declared if fits else guess][name] = value
    return found
