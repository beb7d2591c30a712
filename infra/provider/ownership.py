"""Who made a thing at Railway: the stack's mark, and the refusal to take what is not ours.

Railway has no labels, so the mark is in the project's description. Only what lies in a project
with this stack's mark can be the work of an interrupted run; everything else is somebody's.
"""

import re
from dataclasses import dataclass

MARK = re.compile(r"\s*\[pulumi (?P<owner>[^\]]+)\]\s*$")


class Refusal(Exception):  # noqa: N818 - an expected outcome, told to a person
    """The provider will not do it: one clear line with the remedy; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Urn:
    """The engine's name of a resource."""

    stack: str
    project: str
    type: str
    name: str

    @property
    def owner(self) -> str:
        """The stack as it stands in the mark."""
        return f"{self.project}/{self.stack}"


def urn_of(text: str) -> Urn:
    """Return the parts of `urn:pulumi:<stack>::<project>::<types>::<name>`.

    Raises:
        Refusal: it is none.

    """
    head, _, rest = text.removeprefix("urn:pulumi:").partition("::")
    project, _, rest = rest.partition("::")
    types, _, name = rest.partition("::")
    if not (head and project and types and name):
        raise Refusal(f"{text!r} is not the URN of a resource")
    return Urn(head, project, types.rpartition("$")[2], name)


def described(text: str | None, urn: Urn) -> str:
    """Return a project's description with this stack's mark at its end."""
    return f"{(text or '').strip()} [pulumi {urn.owner}]".strip()


def owner_in(description: str | None) -> str | None:
    """Return which stack a description's mark names."""
    found = MARK.search(description or "")
    return found["owner"] if found else None


def text_in(description: str | None) -> str | None:
    """Return a description without a mark; None where nothing is left."""
    return MARK.sub("", description or "") or None


def is_ours(description: str | None, urn: Urn) -> bool:
    """Say whether a project carries this stack's mark."""
    return owner_in(description) == urn.owner


def not_ours(urn: Urn, what: str, identity: str) -> Refusal:
    """Return the refusal to take a thing this stack did not make, with the way to take it."""
    return Refusal(
        f"{what} exists already and was not made by this stack; nothing was changed. "
        f"To take it over: {import_command(urn, identity)}"
    )


def import_command(urn: Urn, identity: str) -> str:
    """Return the exact command that takes a thing into the stack."""
    return f"pulumi import --stack {urn.stack} {urn.type} {urn.name} {identity}"
