"""Empties the venue's book of our orders, and proves it.

An answer proves nothing that was asked for before the engine was dead: it may have sent another
order since. Refusals are waited out; nobody gives up but the caller.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, TypeVar

from bot.watchdog.venue.client import UNAUTHORIZED, RestingOrder, Unanswered, Venue

PROOFS: Final = 2
PROOF_PAUSE_S: Final = 0.1
PAUSE_S_FIRST: Final = 0.05
PAUSE_S_MOST: Final = 2.0
WAIT_S_MOST: Final = 10.0
"""Longest wait that the venue may ask for."""
WATCH_S: Final = 15.0
WATCH_PAUSE_S: Final = 0.5
REFUSALS_MOST: Final = 7
"""So often in a row, over six seconds, a venue refuses wrong credentials and not a wrong clock."""
Tell = Callable[[str, dict[str, object]], None]
Found = TypeVar("Found")


@dataclass(slots=True)
class Emptied:
    """What was found and done at the venue, so far."""

    cancelled: list[str] = field(default_factory=list)
    late: list[str] = field(default_factory=list)
    """Orders that reached the book after the first proof, and were cancelled again."""
    proofs: int = 0
    resting: tuple[RestingOrder, ...] | None = None
    """The last complete list; None where there was none."""
    problem: str = ""
    """Why the last call proved nothing; empty after one that did."""
    refusals: int = 0
    """How often in a row the venue did not know our credentials, its own clock used."""


class Emptying:
    """Cancels, asks, waits, until two complete answers in a row hold no order of ours."""

    def __init__(
        self, venue: Venue, gone: threading.Event, tell: Tell, *, until: Callable[[], bool]
    ) -> None:
        """Work on one venue; `gone` is set once the engine is reaped, `until` true to give up."""
        self._venue = venue
        self._gone = gone
        self._tell = tell
        self._give_up = until
        self._pause_s = PAUSE_S_FIRST
        self.done = Emptied()

    def prove(self) -> bool:
        """Empty the book and prove it twice; False when given up."""
        self.done.proofs = 0
        self._cancel()
        while not self._gone.wait(PAUSE_S_MOST):
            if self._give_up():
                return False
            self._cancel()
        # What was sent between the first cancel and the engine's death; a new order may also be
        # missing from the list for seconds, while a cancel sees it.
        while not self._cancel():
            if self._give_up():
                return False
        while self.done.proofs < PROOFS:
            if self._give_up():
                return False
            self._look()
        return True

    def watch(self, for_s: float = WATCH_S) -> bool:
        """Look on for orders that were under way; False when given up.

        A queued submit can reach the book after a cancel-all. Source: clob-client#244.
        """
        until, before = time.monotonic() + for_s, len(self.done.cancelled)
        while time.monotonic() < until:
            if self._give_up():
                return False
            time.sleep(WATCH_PAUSE_S)
            self._look(late=True)
        proved = self.prove()
        late = self.done.late
        # What the last proof's own cancels met came late as well.
        late += [one for one in self.done.cancelled[before:] if one not in late]
        return proved

    def _look(self, *, late: bool = False) -> None:
        found = self._tried(self._venue.open_orders)
        if found is None:
            self.done.proofs = 0
            return
        self.done.resting = found
        if not found:
            self.done.proofs += 1
            self._tell("proof", {"number": self.done.proofs, "open_orders": 0})
            time.sleep(0 if late or self.done.proofs >= PROOFS else PROOF_PAUSE_S)
            return
        self.done.proofs = 0
        ids = [order.id for order in found]
        if late:
            self.done.late += [one for one in ids if one not in self.done.late]
        self._tell("still_open", {"orders": ids[:20], "count": len(ids)})
        self._cancel()

    def _cancel(self) -> bool:
        """Cancel everything; say whether the venue answered."""
        answer = self._tried(self._venue.cancel_all)
        if answer is None:
            return False
        self.done.cancelled += [one for one in answer.cancelled if one not in self.done.cancelled]
        self._tell("cancelled", {"cancelled": len(answer.cancelled), "left": len(answer.left)})
        return True

    def _tried(self, call: Callable[[], Found]) -> Found | None:
        """Make one call; after a failure wait as the venue asks, longer each time."""
        try:
            answer = call()
        except Unanswered as failed:
            self.done.problem = str(failed)
            self.done.refusals = self.done.refusals + 1 if failed.status == UNAUTHORIZED else 0
            self._tell("unanswered", {"why": str(failed), "status": failed.status})
            self._after(failed)
            return None
        self._pause_s = PAUSE_S_FIRST
        self.done.problem, self.done.refusals = "", 0
        return answer

    def _after(self, failed: Unanswered) -> None:
        if failed.status == UNAUTHORIZED:
            try:
                self._venue.learn_time()
            except Unanswered as again:
                self._tell("unanswered", {"why": str(again), "status": again.status})
        time.sleep(min(max(self._pause_s, failed.retry_after_s), WAIT_S_MOST))
        self._pause_s = min(self._pause_s * 2, PAUSE_S_MOST)
