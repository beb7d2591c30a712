"""What all typed resources share: how arguments become properties, and how outputs are read.

Properties travel under the provider's own names (camelCase); the SDK's name translation is not
used, because it would also rename the keys inside a map of variables.
"""

import dataclasses
from collections.abc import Callable, Sequence
from typing import ClassVar, Generic, Protocol, TypeVar, cast

import pulumi

Value_co = TypeVar("Value_co", covariant=True)

PACKAGE = "railway:index"


class Args(Protocol):
    """A frozen dataclass whose fields are the inputs of one resource."""

    __dataclass_fields__: ClassVar[dict[str, dataclasses.Field[object]]]


def wire_name(field: str) -> str:
    """Return the property's name on the wire: `mount_path` is `mountPath`."""
    head, *rest = field.split("_")
    return head + "".join(part.capitalize() for part in rest)


def whole(value: object) -> int:
    """Return a number of the wire, where all are doubles, as the integer it is."""
    return int(cast("float", value))


class Property(Generic[Value_co]):
    """One output property of a resource, read by its name on the wire.

    All numbers on the wire are doubles, hence `convert`.
    """

    def __init__(self, wire: str, convert: Callable[[object], Value_co] | None = None) -> None:
        self.wire = wire
        self.convert = convert

    def __get__(
        self, resource: pulumi.CustomResource, owner: type[pulumi.CustomResource]
    ) -> pulumi.Output[Value_co]:
        output = cast("pulumi.Output[object]", pulumi.get(resource, self.wire))
        if self.convert is not None:
            return output.apply(self.convert)
        return cast("pulumi.Output[Value_co]", output)


class RailwayResource(pulumi.CustomResource):
    """A resource of the railway provider."""

    def __init__(
        self,
        resource_name: str,
        args: Args,
        computed: Sequence[str],
        opts: pulumi.ResourceOptions | None,
    ) -> None:
        values = {
            wire_name(field.name): getattr(args, field.name) for field in dataclasses.fields(args)
        }
        properties = {**dict.fromkeys(computed), **values}
        super().__init__(
            f"{PACKAGE}:{type(self).__name__}", resource_name, properties, _at_the_root_too(opts)
        )


def _at_the_root_too(opts: pulumi.ResourceOptions | None) -> pulumi.ResourceOptions | None:
    # `pulumi import <type> <name> <id>` puts a resource at the root of the stack. A program which
    # declares it inside a component finds it there by this alias, so that the import command the
    # provider prints is complete without a --parent nobody can know.
    if opts is None or opts.parent is None:
        return opts
    root = pulumi.ResourceOptions(aliases=[pulumi.Alias(parent=pulumi.ROOT_STACK_RESOURCE)])
    return pulumi.ResourceOptions.merge(opts, root)
