"""An outbox in memory, channels that can be told to fail, and alerts to send."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.adapters.alerts.message import Message
from bot.domain.entry import Severity
from bot.ports import Permanent, Posting, Waiting

AT_US = 1_790_586_000_000_000


def alert(number: int, severity: Severity = Severity.WARNING, **changes: object) -> Waiting:
    values: dict[str, object] = {
        "number": number, "seq": 10 * number, "at_us": AT_US + number, "kind": "some.thing",
        "severity": severity, "title": f"thing {number}", "detail": "what happened",
        "runbook": "runbooks/alerts.md", "repeats": 0, "last_us": AT_US + number,
    }  # fmt: skip
    return Waiting(**{**values, **changes})  # type: ignore[arg-type]


@dataclass
class MemoryOutbox:
    """Holds alerts; `refusing` takes no marks."""

    alerts: dict[int, Waiting] = field(default_factory=dict)
    states: dict[int, str] = field(default_factory=dict)
    took: dict[str, set[int]] = field(default_factory=dict)
    refusing: bool = False

    @classmethod
    def of(cls, *alerts: Waiting) -> "MemoryOutbox":
        return cls({one.number: one for one in alerts})

    def waiting(self, *, after: int = 0, limit: int = 100) -> Sequence[Waiting]:
        """Return what is open."""
        found = [one for n, one in self.alerts.items() if n not in self.states and n > after]
        return found[:limit]

    def taken(self, channel: str) -> frozenset[int]:
        """Return what a channel took."""
        return frozenset(self.took.get(channel, set()))

    def note(self, postings: Sequence[Posting]) -> None:
        """Take marks."""
        if self.refusing:
            raise Permanent("disk full")
        for one in postings:
            if one.channel:
                self.took.setdefault(one.channel, set()).add(one.number)
            if one.state:
                self.states[one.number] = one.state


@dataclass
class Heard:
    """A channel that keeps what it took; fails as often as it is told."""

    name: str = "heard"
    failures: int = 0
    messages: list[Message] = field(default_factory=list)
    tries: int = 0

    def send(self, message: Message) -> str:
        """Take it, or fail."""
        self.tries += 1
        if self.failures:
            self.failures -= 1
            return "refused"
        self.messages.append(message)
        return ""

    @property
    def numbers(self) -> list[int]:
        """Return which alerts it took, in order."""
        return [number for message in self.messages for number in message.numbers]
