"""A slow venue never keeps the engine from its next event, and nothing is sent twice."""

import asyncio

from bot.domain.event import OrderAnswered
from bot.domain.order import Accepted, Answer, ApprovedOrder, IntentId, OrderHash, Prepared
from bot.ports import Temporary
from bot.services.live.beside import CANCEL_TRIES, Beside
from bot.services.live.crew import Crew

ONE = Prepared(IntentId("1-1"), OrderHash("0xa"), "body", 5)


class SlowVenue:
    """Answers after five seconds; cancels fail as often as told."""

    def __init__(self, failing: int = 0) -> None:
        self.sent: list[OrderHash] = []
        self.cancelled: list[OrderHash] = []
        self.failing = failing

    def prepare(self, order: ApprovedOrder, *, salt: int, at_us: int) -> Prepared:
        return Prepared(order.intent.intent_id, OrderHash(f"{salt:x}"), "body", at_us)

    async def submit(self, prepared: Prepared) -> Answer:
        self.sent.append(prepared.order_hash)
        await asyncio.sleep(5)
        return Accepted("live")

    async def cancel(self, order_hash: OrderHash) -> bool:
        self.cancelled.append(order_hash)
        if len(self.cancelled) <= self.failing:
            raise Temporary("no answer")
        return True


async def test_sending_returns_at_once_and_the_answer_comes_as_an_event() -> None:
    venue, offered, crew = SlowVenue(), list[OrderAnswered](), Crew()
    hands = Beside(venue, offered.append, crew)
    began_s = asyncio.get_running_loop().time()
    await hands.send(ONE)
    assert asyncio.get_running_loop().time() == began_s
    assert venue.sent == ["0xa"]
    assert hands.busy
    assert await hands.settled(6)
    assert offered == [OrderAnswered(0, 0, IntentId("1-1"), OrderHash("0xa"), Accepted("live"))]
    assert venue.sent == ["0xa"]


async def test_an_unanswered_submit_is_waited_for_no_longer_than_told() -> None:
    crew = Crew()
    hands = Beside(SlowVenue(), list[OrderAnswered]().append, crew)
    await hands.send(ONE)
    assert not await hands.settled(2)
    assert await hands.settled(4)


async def test_a_cancel_is_asked_again_until_it_is_answered() -> None:
    venue, crew = SlowVenue(failing=2), Crew()
    hands = Beside(venue, list[OrderAnswered]().append, crew)
    await hands.cancel(ONE.order_hash)
    assert await hands.settled(10)
    assert len(venue.cancelled) == 3


async def test_a_cancel_that_never_works_is_given_up_for_reconciliation() -> None:
    venue, crew = SlowVenue(failing=99), Crew()
    hands = Beside(venue, list[OrderAnswered]().append, crew)
    await hands.cancel(ONE.order_hash)
    assert await hands.settled(60)
    assert len(venue.cancelled) == CANCEL_TRIES
    assert not crew.failed.done()
