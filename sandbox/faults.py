"""What can go wrong, by name and by seed: the part both stand-ins share.

Each vendor's own list is in `sandbox/<vendor>/faults.py`. Nothing here knows a wire format.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Fault:
    """One way in which a vendor is known to fail."""

    name: str
    does: str
    source: str
    """The issue, page or fact it was seen in."""


@dataclass(slots=True)
class Faults:
    """Which faults are armed, how often each strikes, and a seeded draw for each call.

    A fault armed with `times` strikes exactly that often and is then spent; one armed with a
    rate strikes with that probability at every call that asks. The draw is a function of (seed,
    name, how often that name was asked), so that a run with the same calls repeats itself.
    """

    known: tuple[Fault, ...]
    seed: int = 0
    rates: dict[str, float] = field(default_factory=dict)
    times: dict[str, int] = field(default_factory=dict)
    struck: dict[str, int] = field(default_factory=dict)
    asked: dict[str, int] = field(default_factory=dict)

    def arm(self, name: str, *, rate: float = 1.0, times: int | None = None) -> None:
        """Arm a fault for its next `times` calls, or for each call with probability `rate`.

        Raises:
            ValueError: unknown name, or a rate outside [0, 1].

        """
        if name not in {fault.name for fault in self.known}:
            names = ", ".join(fault.name for fault in self.known)
            raise ValueError(f"fault {name!r} is unknown; known are: {names}")
        if not 0 <= rate <= 1:
            raise ValueError(f"rate of fault {name} must be in [0, 1], was {rate}")
        if times is None:
            self.rates[name] = rate
            self.times.pop(name, None)
        else:
            self.times[name] = times

    def disarm(self, name: str | None = None) -> None:
        """Disarm one fault, or all."""
        for armed in (self.rates, self.times):
            if name is None:
                armed.clear()
            else:
                armed.pop(name, None)

    def strikes(self, name: str) -> bool:
        """Say whether the fault strikes at this call, and count it."""
        self.asked[name] = self.asked.get(name, 0) + 1
        if self.times.get(name, 0) > 0:
            self.times[name] -= 1
            hit = True
        else:
            hit = self._draw(name) < self.rates.get(name, 0.0)
        if hit:
            self.struck[name] = self.struck.get(name, 0) + 1
        return hit

    def _draw(self, name: str) -> float:
        text = f"{self.seed}/{name}/{self.asked[name]}".encode()
        return int.from_bytes(hashlib.sha256(text).digest()[:8]) / 2**64


def parse(text: str, known: Iterable[Fault], seed: int = 0) -> Faults:
    """Read `NAME[:RATE],…` as the `--faults` option gives it.

    Raises:
        ValueError: names the part that cannot be read.

    """
    faults = Faults(tuple(known), seed)
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        name, _, rate = part.partition(":")
        try:
            share = float(rate) if rate else 1.0
        except ValueError:
            raise ValueError(
                f"rate of fault {name} must be a number in [0, 1], was {rate!r}"
            ) from None
        faults.arm(name, rate=share)
    return faults
