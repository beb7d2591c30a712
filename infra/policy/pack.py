"""The rules as a mandatory policy pack: translates what the engine sends, decides nothing.

In a preview the engine does not know every value; a rule that needs an unknown one becomes a
remark there and is enforced in `up`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

from pulumi_policy import (
    EnforcementLevel,
    PolicyPack,
    PolicyResource,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.proxy import UnknownValueError
from typing_extensions import override

from infra.policy.rules import RESOURCE_RULES, STACK_RULES, Declared

NAME = "poly"


class Known(Mapping[str, object]):
    """Properties as the engine knows them: asking for an unknown one raises, a walk skips it.

    A rule that names a property has to be told that it is not known yet; one that looks at all of
    them must not be silenced for the rest by a single unknown id.
    """

    def __init__(self, properties: Mapping[str, object]) -> None:
        self._properties = properties

    @override
    def __getitem__(self, name: str) -> object:
        value = self._properties[name]
        return Known(value) if isinstance(value, Mapping) else value

    @override
    def __iter__(self) -> Iterator[str]:
        for name in self._properties:
            try:
                self._properties[name]
            except UnknownValueError:
                continue
            yield name

    @override
    def __len__(self) -> int:
        return sum(1 for _ in self)


def resource_policy(
    name: str, rule: Callable[[Declared], Iterator[str]]
) -> ResourceValidationPolicy:
    """Return one rule about one resource as the engine calls it."""

    def validate(args: ResourceValidationArgs, report: Callable[..., None]) -> None:
        seen = Declared(
            args.resource_type, args.name, Known(args.props), protected=args.opts.protect
        )
        for line in rule(seen):
            report(line)

    return ResourceValidationPolicy(
        name=name,
        description=(rule.__doc__ or name).splitlines()[0],
        validate=validate,
        enforcement_level=EnforcementLevel.MANDATORY,
    )


def stack_policy(
    name: str, rule: Callable[[Sequence[Declared]], Iterator[str]]
) -> StackValidationPolicy:
    """Return one rule about a whole stack as the engine calls it."""

    def validate(args: StackValidationArgs, report: Callable[..., None]) -> None:
        for line in rule([declared(resource) for resource in args.resources]):
            report(line)

    return StackValidationPolicy(
        name=name,
        description=(rule.__doc__ or name).splitlines()[0],
        validate=validate,
        enforcement_level=EnforcementLevel.MANDATORY,
    )


def declared(resource: PolicyResource) -> Declared:
    """Translate one resource of the engine's list."""
    uses = {
        name: [used.name for used in resources]
        for name, resources in resource.property_dependencies.items()
    }
    return Declared(
        resource.resource_type,
        resource.name,
        Known(resource.props),
        protected=resource.opts.protect,
        uses=uses,
    )


def serve() -> None:
    """Serve the pack to the engine that started this process; returns when the engine ends."""
    PolicyPack(
        name=NAME,
        enforcement_level=EnforcementLevel.MANDATORY,
        policies=[
            *(resource_policy(*rule) for rule in RESOURCE_RULES.items()),
            *(stack_policy(*rule) for rule in STACK_RULES.items()),
        ],
    )
