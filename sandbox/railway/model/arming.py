"""Which faults strike at which call: the shared machinery, narrowed to an operation or a turn.

Nothing here knows what a fault does.
"""

from dataclasses import dataclass, field

from sandbox.faults import Faults


@dataclass(frozen=True, slots=True)
class Scope:
    """Where an armed fault may strike."""

    operation: str | None = None
    """Only at calls with this root field or operation name."""
    skip: int = 0
    """Not at the first calls that would ask."""


@dataclass(slots=True)
class Arms:
    """Armed faults and where each may strike."""

    faults: Faults
    scopes: dict[str, Scope] = field(default_factory=dict)
    passed: dict[str, int] = field(default_factory=dict)
    call: frozenset[str] = frozenset()
    """Root fields and operation name of the call being answered."""
    seen: list[str] = field(default_factory=list)
    """What struck during this call, for the journal."""

    def arm(self, name: str, scope: Scope, *, rate: float = 1.0, times: int | None = None) -> None:
        """Arm a fault within a scope.

        Raises:
            ValueError: unknown name or a rate outside [0, 1].

        """
        self.faults.arm(name, rate=rate, times=times)
        self.scopes[name] = scope
        self.passed[name] = 0

    def disarm(self, name: str | None = None) -> None:
        """Disarm one fault, or all."""
        self.faults.disarm(name)
        for kept in (self.scopes, self.passed):
            if name is None:
                kept.clear()
            else:
                kept.pop(name, None)

    def strikes(self, name: str) -> bool:
        """Say whether the fault strikes here, and count it."""
        scope = self.scopes.get(name)
        if scope is not None:
            if scope.operation is not None and scope.operation not in self.call:
                return False
            if self.passed.get(name, 0) < scope.skip:
                self.passed[name] = self.passed.get(name, 0) + 1
                return False
        hit = self.faults.strikes(name)
        if hit:
            self.seen.append(name)
        return hit
