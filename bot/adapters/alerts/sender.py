"""Takes alerts from the outbox to their channels: at least once each, never twice on purpose.

A thread of its own: neither a slow service nor the disk it reads holds the trading loop up. What
one channel refuses does not keep the others waiting, and a crash between sending and marking
repeats a message rather than losing it.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from bot.adapters.alerts.channel import Channel
from bot.adapters.alerts.message import ORDER, compose
from bot.domain.entry import Severity
from bot.ports import CommitUnknown, Outbox, Permanent, Posting, Waiting

LOOK_S: Final = 0.5
TOGETHER_MAX: Final = 10
"""Alerts in one message."""
PACE_S: Final = 15.0
"""Least time between two messages of one channel, so that a flood is told in batches."""
AGAIN_S: Final = (2.0, 5.0, 15.0, 60.0, 300.0, 900.0)
"""Back-off after a failure; the last one stays."""
GIVEN_UP_US: Final = 7 * 86_400 * 1_000_000
"""An alert that a channel refused for so long is not worth sending any more."""
OPEN_MAX: Final = 500

Tell = Callable[..., None]
"""`tell(event, level, **fields)`."""


@dataclass(slots=True)
class _Route:
    """A channel and when it is tried next."""

    channel: Channel
    due_s: float = 0.0
    failures: int = 0
    unmarked: dict[int, int] = field(default_factory=dict)
    """Taken by the channel and not yet marked so: when, by number. Never sent again from here."""


class Sender:
    """Owns the thread."""

    def __init__(  # noqa: PLR0913 - the parts it joins
        self,
        outbox: Outbox,
        channels: Sequence[Channel],
        *,
        least: Severity,
        where: str,
        tell: Tell,
        now_us: Callable[[], int],
    ) -> None:
        """Join the parts; `start` begins."""
        self._outbox = outbox
        self._routes = [_Route(channel) for channel in channels]
        self._least = ORDER[least]
        self._where = where
        self._tell = tell
        self._now_us = now_us
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="alerts", daemon=True)
        self.failures = 0
        """Messages that a channel did not take, since the start."""

    def start(self) -> None:
        """Begin to send what waits, that of earlier processes too."""
        self._thread.start()

    def stop(self, within_s: float) -> bool:
        """Send what still waits if that can be done in time, and end; say whether nothing waits.

        What is left is sent by the next start.
        """
        until = time.monotonic() + within_s
        self._stop.set()
        self._thread.join(max(0.0, until - time.monotonic()))
        return not self._thread.is_alive() and not self._guarded(self._open)

    def _run(self) -> None:
        while not self._stop.wait(LOOK_S):
            self._guarded(self._round)
        for route in self._routes:  # the last words are not held back by the pace
            route.due_s = 0.0 if not route.failures else route.due_s
        self._guarded(self._round)

    def _guarded(self, work: Callable[[], object]) -> object:
        try:
            return work()
        except (Permanent, CommitUnknown) as error:
            # The ledger takes no marks now, or none any more: then the process ends.
            self._tell("alert.not_marked", "warning", why=str(error))
            self._stop.wait(AGAIN_S[0])
        except Exception as error:  # noqa: BLE001 - the thread's guard: an alert's way must not end
            self._tell(
                "alert.sender_failed", "error", why=f"{type(error).__name__}: {error}",
                runbook="runbooks/alerts.md",
            )  # fmt: skip
            self._stop.wait(AGAIN_S[1])
        return None

    def _open(self) -> Sequence[Waiting]:
        return self._outbox.waiting(limit=OPEN_MAX)

    def _round(self) -> None:
        alerts = self._open()
        if not alerts:
            return
        quiet = [one for one in alerts if ORDER[one.severity] < self._least]
        if quiet:
            self._outbox.note([Posting(one.number, state="muted") for one in quiet])
        loud = [one for one in alerts if ORDER[one.severity] >= self._least]
        for route in self._routes:
            self._mark(route)
            if loud and time.monotonic() >= route.due_s:
                self._serve(route, loud)
        self._close(loud)

    def _serve(self, route: _Route, alerts: Sequence[Waiting]) -> None:
        """Send one message with what this channel has not taken."""
        name = route.channel.name
        done = self._outbox.taken(name)
        todo = [one for one in alerts if one.number not in done][:TOGETHER_MAX]
        if not todo:
            return
        message = compose(todo, self._where)
        why = route.channel.send(message)
        now = time.monotonic()
        if why:
            self.failures += 1
            wait_s = AGAIN_S[min(route.failures, len(AGAIN_S) - 1)]
            route.failures += 1
            route.due_s = now + wait_s
            self._tell(
                "alert.not_sent", "error", channel=name, why=why, again_in_s=wait_s,
                alerts=len(todo), runbook="runbooks/alerts.md",
            )  # fmt: skip
            return
        route.failures, route.due_s = 0, now + PACE_S
        route.unmarked = dict.fromkeys(message.numbers, self._now_us())
        self._tell("alert.sent", "info", channel=name, alerts=len(todo), title=message.title)
        self._mark(route)

    def _mark(self, route: _Route) -> None:
        if route.unmarked:
            name, unmarked = route.channel.name, route.unmarked
            self._outbox.note([Posting(number, name, at) for number, at in unmarked.items()])
            route.unmarked = {}

    def _close(self, alerts: Sequence[Waiting]) -> None:
        """Mark as done what every channel has taken, and what nobody takes for a week."""
        taken = [self._outbox.taken(route.channel.name) for route in self._routes]
        old_us = self._now_us() - GIVEN_UP_US
        done = [
            Posting(one.number, state="sent" if every else "given_up")
            for one in alerts
            if (every := all(one.number in numbers for numbers in taken)) or self._old(one, old_us)
        ]
        if done:
            self._outbox.note(done)

    def _old(self, alert: Waiting, old_us: int) -> bool:
        """Say whether an alert failed for a week; in a replay all of its time is long ago."""
        return 0 < alert.last_us < old_us and any(route.failures for route in self._routes)
