"""The venue's half of a kill from outside: cancel and prove now, and again once it is stopped."""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from bot.watchdog.kill.proof import REFUSALS_MOST, Emptying
from bot.watchdog.say import Unfit
from bot.watchdog.settings import place_of
from bot.watchdog.venue.client import Place, Unanswered, Venue
from ops.halt.line import Line

AGAIN_S: Final = 2.0
FIRST_S: Final = 20.0
LAST_S: Final = 15.0
"""How long it is tried once more after the container's half has ended."""


@dataclass(slots=True)
class Book:
    """What was reached at the venue."""

    first_ms: float | None = None
    """Milliseconds to the first proof; the container may have sent more since."""
    proved: bool = False
    """0 open orders, asked after the container was proved stopped."""
    cancelled: list[str] = field(default_factory=list)
    problem: str = ""


def place(environment: Mapping[str, str]) -> Place | str:
    """Return the venue with our credentials, or why it cannot be asked."""
    try:
        return place_of(environment)
    except Unfit as unfit:
        return str(unfit)


def listed(where: Place) -> tuple[list[str], str]:
    """Return what rests, changing nothing, and why it could not be told."""
    try:
        return [order.id for order in Venue(where).open_orders()], ""
    except Unanswered as failed:
        return [], str(failed)


def empty(where: Place, stopped: threading.Event, over: threading.Event, line: Line) -> Book:
    """Empty the book and keep it empty until the container is stopped; then prove it once more.

    `over` is set when the container's half has ended, however it ended.
    """
    book = Book()
    gone = threading.Event()
    gone.set()
    deadline, last = [time.monotonic() + FIRST_S], threading.Event()

    def late() -> bool:
        """Say whether a try has to end: a failing one from before is in the last one's way."""
        failing = over.is_set() and bool(emptying.done.problem) and not last.is_set()
        refused = emptying.done.refusals >= REFUSALS_MOST
        return failing or refused or time.monotonic() > deadline[0]

    emptying = Emptying(
        Venue(where), gone,
        lambda step, fields: line.add(f"venue.{step}", **fields), until=late,
    )  # fmt: skip
    if emptying.prove():
        book.first_ms = line.ms()
        line.add("venue.empty", container_stopped=stopped.is_set())
    while not over.wait(AGAIN_S):
        deadline[0] = time.monotonic() + FIRST_S
        emptying.prove()
    deadline[0] = time.monotonic() + LAST_S
    last.set()
    proved = emptying.prove()
    book.proved = proved and stopped.is_set()
    book.cancelled = list(emptying.done.cancelled)
    book.problem = _problem(proved=proved, stopped=stopped.is_set(), why=emptying.done.problem)
    return book


def _problem(*, proved: bool, stopped: bool, why: str) -> str:
    if not proved:
        return f"0 open orders are not proved: {why or 'orders keep coming'}"
    return "" if stopped else "0 open orders now, but a container that runs may place more"
