"""What is proved of the venue's book, and what came too late for the first proof."""

import threading

from bot.watchdog.kill.proof import PROOFS, Emptying
from bot.watchdog.venue.client import CancelAnswer, RestingOrder, Venue


class Book:
    """A venue's book that orders reach at the given calls, counted over both kinds of call."""

    def __init__(self, **arrivals: int) -> None:
        self._arrivals = arrivals
        self._calls = 0
        self._open: list[str] = []

    def _called(self) -> None:
        self._calls += 1
        self._open += [name for name, at in self._arrivals.items() if at == self._calls]

    def open_orders(self) -> tuple[RestingOrder, ...]:
        self._called()
        return tuple(RestingOrder(one, "m", "t", "BUY", "0.5", "5", "0") for one in self._open)

    def cancel_all(self) -> CancelAnswer:
        self._called()
        gone, self._open = tuple(self._open), []
        return CancelAnswer(gone, ())


def emptying(book: Book) -> Emptying:
    gone = threading.Event()
    gone.set()
    venue: Venue = book  # type: ignore[assignment]
    return Emptying(venue, gone, lambda *_: None, until=lambda: False)


def test_what_rests_is_cancelled_and_two_empty_answers_prove_it() -> None:
    work = emptying(Book(first=1, second=3))
    assert work.prove()
    assert work.done.cancelled == ["first", "second"]
    assert (work.done.proofs, work.done.late, work.done.resting) == (PROOFS, [], ())


def test_what_the_last_proof_meets_came_late_as_well() -> None:
    """The watch is over, and its own proof begins with a cancel: nothing may go unnamed."""
    work = emptying(Book(first=1, late=5))
    assert work.prove()
    assert work.watch(for_s=0)
    assert work.done.cancelled == ["first", "late"]
    assert work.done.late == ["late"]
