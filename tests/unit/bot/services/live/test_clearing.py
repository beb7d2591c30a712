"""The end of a live session is proved, or said not to be, and never takes for ever."""

import asyncio
from collections.abc import Sequence

from bot.domain.order import OrderHash
from bot.ports import Temporary
from bot.services.live.clearing import clear

A, B = OrderHash("0xa"), OrderHash("0xb")


class Book:
    """A venue whose cancels and listings go as told; the last answer stays."""

    def __init__(self, cancels: Sequence[object], listings: Sequence[object]) -> None:
        self.cancels = list(cancels)
        self.listings = list(listings)
        self.cancelled = self.listed = 0

    async def cancel_all(self) -> tuple[OrderHash, ...]:
        self.cancelled += 1
        return self._next(self.cancels)

    async def resting(self) -> tuple[OrderHash, ...]:
        self.listed += 1
        await asyncio.sleep(0.01)
        return self._next(self.listings)

    @staticmethod
    def _next(answers: list[object]) -> tuple[OrderHash, ...]:
        said = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(said, Exception):
            raise said
        assert isinstance(said, tuple)
        return said


async def at_once(within_s: float) -> bool:
    return within_s > 0


async def never(within_s: float) -> bool:
    await asyncio.sleep(within_s)
    return False


async def test_two_empty_answers_prove_it() -> None:
    book = Book([(A,), ()], [(), ()])
    done = await clear(book, at_once)
    assert (done.proved, done.cancelled, book.listed) == (True, 1, 2)


async def test_what_appears_after_the_cancel_is_cancelled_too() -> None:
    """A queued submit can reach the book after a cancel-all."""
    book = Book([(A,), (B,), ()], [(B,), (), ()])
    done = await clear(book, at_once)
    assert (done.proved, done.cancelled, book.cancelled) == (True, 2, 2)


async def test_one_empty_answer_between_full_ones_proves_nothing() -> None:
    book = Book([(A,), (B,), ()], [(), (B,), (), ()])
    done = await clear(book, at_once)
    assert (done.proved, book.listed) == (True, 4)


async def test_a_venue_that_stumbles_is_asked_again() -> None:
    book = Book([Temporary("502"), Temporary("timeout"), (A,)], [Temporary("page"), (), ()])
    done = await clear(book, at_once)
    assert (done.proved, done.cancelled) == (True, 1)


async def test_a_venue_that_never_answers_ends_in_time_and_is_named() -> None:
    began_s = asyncio.get_running_loop().time()
    done = await clear(Book([Temporary("cancel-all: no answer")], [()]), at_once, within_s=10)
    assert not done.proved
    assert done.problem == "cancel-all: no answer"
    assert asyncio.get_running_loop().time() - began_s <= 11


async def test_an_order_that_cannot_be_cancelled_is_counted() -> None:
    done = await clear(Book([()], [(A,)]), at_once, within_s=3)
    assert (done.proved, done.resting) == (False, 1)


async def test_an_unanswered_submit_keeps_it_from_proof() -> None:
    done = await clear(Book([()], [()]), never)
    assert (done.proved, done.problem) == (False, "a submit is unanswered")
