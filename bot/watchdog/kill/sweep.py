"""Empties the venue's book beside the supervisor: after a death, and at an orderly stop.

No trip: nothing is latched. In replay and paper there is nothing to call and nothing is called.
"""

import threading
import time
from typing import Final

from bot.watchdog.kill.proof import Emptying
from bot.watchdog.kill.record import Row
from bot.watchdog.say import say
from bot.watchdog.venue.client import Venue

SWEEP_S: Final = 8.0
"""How long it is tried before a start or a stop goes on without the proof."""


class Sweep:
    """One attempt to prove the book empty; `done` is set at its end, `proved` says how it ended."""

    def __init__(self, venue: Venue | None, why: str, *, most_s: float = SWEEP_S) -> None:
        """Begin at once; `venue` None is done at once."""
        self.proved = venue is None
        self.problem = ""
        self.done = threading.Event()
        self._why = why
        self._until = time.monotonic() + most_s
        if venue is None:
            self.done.set()
            return
        threading.Thread(target=self._run, args=(venue,), name="sweep", daemon=True).start()

    @property
    def over(self) -> bool:
        """Say whether it is done, or its time is."""
        return self.done.is_set() or time.monotonic() > self._until + 1

    def _run(self, venue: Venue) -> None:
        gone = threading.Event()
        gone.set()
        emptying = Emptying(venue, gone, self._tell, until=self._late)
        self.proved = emptying.prove()
        self.problem = emptying.done.problem
        if self.proved:
            say("sweep.proved", why=self._why, cancelled=len(emptying.done.cancelled))
        else:
            say("sweep.unproved", "error", why=self._why, problem=self.problem,
                runbook="runbooks/kill.md")  # fmt: skip
        self.done.set()

    def _late(self) -> bool:
        return time.monotonic() > self._until

    def _tell(self, step: str, fields: Row) -> None:
        if step != "proof":
            say(f"sweep.{step}", "warning" if step == "unanswered" else "info", **fields)
