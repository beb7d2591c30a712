"""What every kind of resource is: typed inputs, a pure impact, and five verbs.

Works on plain values; the engine's messages are the server's business.
"""

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, TypeVar

from infra.provider.kinds.property import Fault
from infra.provider.ownership import Refusal, Urn
from infra.provider.session import Session
from infra.provider.wire import Value
from infra.railway.errors import LostAnswer, RailwayError
from infra.railway.pace import Pace

Inputs = TypeVar("Inputs")
Found = TypeVar("Found")


class Impact(StrEnum):
    """What changing one property does."""

    SAFE = "safe"
    REPLACE = "replace"
    """Another thing has to be made and the old one deleted."""
    DESTRUCTIVE = "destructive"
    """Can lose data: refused without the confirmation of a person."""


@dataclass(frozen=True, slots=True)
class Made:
    """What a creation gave."""

    id: str
    outputs: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Live:
    """What Railway has: in the shape of checked inputs, and the outputs."""

    id: str
    inputs: Mapping[str, Value]
    outputs: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Known(Generic[Inputs]):
    """What the state says of a resource that exists."""

    urn: Urn
    id: str
    inputs: Inputs
    outputs: Mapping[str, Value]

    def text(self, name: str) -> str:
        """Return an output that is text; empty where the state has none."""
        value = self.outputs.get(name)
        return value if isinstance(value, str) else ""


class Unfinished(Exception):  # noqa: N818 - an outcome the engine keeps
    """The thing exists and is not as declared: the engine keeps its id and tries again."""

    def __init__(self, identity: str, outputs: Mapping[str, Value], reason: str) -> None:
        """Keep what exists and why it is not finished."""
        super().__init__(reason)
        self.id = identity
        self.outputs = outputs
        self.reason = reason


@contextmanager
def existing(identity: str, outputs: Mapping[str, Value]) -> Iterator[None]:
    """From here on the thing exists: a failure must not lose its id."""
    try:
        yield
    except (RailwayError, Refusal) as error:
        raise Unfinished(identity, outputs, str(error)) from error


def made_or_found(pace: Pace, make: Callable[[], Found], find: Callable[[], Found | None]) -> Found:
    """Make a thing once; after a lost answer look for it, and never make it again.

    Raises:
        LostAnswer: it did not show itself in time: it may or may not exist.

    """
    try:
        return make()
    except LostAnswer:
        found = pace.until(find, pace.look_s_max)
        if found is None:
            raise
        return found


def fingerprint(value: object) -> str:
    """Return a short hash of a plain value, the same for the same content."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def id_parts(identity: str, shape: str) -> list[str]:
    """Return the parts of an id of this shape, such as `project/environment`.

    Raises:
        Refusal: it has another shape.

    """
    parts = identity.split("/")
    if len(parts) != len(shape.split("/")) or not all(parts):
        raise Refusal(f"id {identity!r} must read {shape}")
    return parts


class Kind(ABC, Generic[Inputs]):
    """One kind of resource; instances hold nothing."""

    token: str
    text: str
    inputs: type[Inputs]
    outputs: type[Any]
    replacing: frozenset[str] = frozenset({"projectId", "environmentId"})
    """Properties another value of which makes another thing."""
    renewed: frozenset[str] = frozenset()
    """Outputs that any update gives another value."""

    @abstractmethod
    def impact(self, old: Inputs, new: Inputs) -> Mapping[str, Impact]:
        """Say by property path what applying `new` over `old` does; pure. Empty: nothing."""

    @abstractmethod
    def create(self, session: Session, urn: Urn, new: Inputs) -> Made:
        """Make the thing, or take over what an interrupted run of this stack made.

        Raises:
            Refusal: nothing was changed.
            Unfinished: it exists; trying again is an update.
            RailwayError: nothing is known to exist.

        """

    @abstractmethod
    def read(self, session: Session, known: Known[Inputs]) -> Live | None:
        """Return what Railway has; None only where Railway says that it does not exist.

        With empty inputs and outputs it is an import: everything comes from the id.
        """

    @abstractmethod
    def update(self, session: Session, known: Known[Inputs], new: Inputs) -> Mapping[str, Value]:
        """Make the thing as declared and return its outputs; idempotent.

        Raises:
            Refusal: nothing was changed.
            Unfinished: some of it was.
            RailwayError: as the calls.

        """

    @abstractmethod
    def delete(self, session: Session, known: Known[Inputs]) -> None:
        """Delete the thing; nothing happens where it is gone already."""

    def faults(self, old: Inputs | None, new: Inputs) -> Iterator[Fault]:
        """Yield what is wrong with inputs whose properties are right one by one; pure."""
        del old, new
        return iter(())

    def foreseen(self, new: Inputs) -> Mapping[str, Value]:
        """Return the outputs that follow from the inputs alone."""
        del new
        return {}

    def guard_update(self, session: Session, known: Known[Inputs], new: Inputs) -> None:
        """Refuse an update that could lose data; called in previews too, changes nothing."""
        del session, known, new

    def guard_delete(self, session: Session, known: Known[Inputs]) -> None:
        """Refuse a deletion or replacement that could lose data; changes nothing."""
        del session, known
