"""Every alert reaches every channel at least once, and nobody waits for anybody."""

from collections.abc import Callable

import pytest

from bot.adapters.alerts import sender as sending
from bot.adapters.alerts.channel import Channel
from bot.adapters.alerts.sender import GIVEN_UP_US, OPEN_MAX, TOGETHER_MAX, Sender
from bot.domain.entry import Severity
from tests.unit.bot.adapters.alerts.given import AT_US, Heard, MemoryOutbox, alert

Eventually = Callable[..., None]


def untold(event: str, level: str, **fields: object) -> None:
    """Say nothing."""


def sender(
    outbox: MemoryOutbox, *channels: Channel, least: Severity = Severity.INFO, now_us: int = AT_US
) -> Sender:
    return Sender(
        outbox, channels, least=least, where="poly live", tell=untold, now_us=lambda: now_us
    )


def play(*parts: Channel, outbox: MemoryOutbox, **given: object) -> None:
    """Start a sender and stop it: what waits is sent, and there is no more."""
    one = sender(outbox, *parts, **given)  # type: ignore[arg-type]
    one.start()
    one.stop(30)


def test_what_waits_is_sent_to_every_channel_and_marked() -> None:
    outbox, one, two = MemoryOutbox.of(alert(1), alert(2)), Heard("one"), Heard("two")
    play(one, two, outbox=outbox)
    assert one.numbers == two.numbers == [1, 2]
    assert outbox.states == {1: "sent", 2: "sent"}


def test_several_are_one_message_the_most_urgent_first() -> None:
    outbox, heard = MemoryOutbox.of(alert(1), alert(2, Severity.CRITICAL)), Heard()
    play(heard, outbox=outbox)
    [message] = heard.messages
    assert message.title == "[poly live] CRITICAL: thing 2 (and 1 more)"
    assert message.body.index("thing 2") < message.body.index("thing 1")
    assert "runbooks/alerts.md" in message.body


def test_a_flood_is_told_in_batches() -> None:
    outbox = MemoryOutbox.of(*(alert(n) for n in range(1, OPEN_MAX + 50)))
    heard = Heard()
    play(heard, outbox=outbox)
    [message] = heard.messages
    assert len(message.numbers) == TOGETHER_MAX
    assert len(message.body) < 2_000


def test_one_channel_that_fails_keeps_nobody_waiting() -> None:
    outbox, bad, good = MemoryOutbox.of(alert(1)), Heard("bad", failures=1), Heard("good")
    play(bad, good, outbox=outbox)
    assert good.numbers == [1]
    assert bad.numbers == []
    assert outbox.states == {}, "it waits for the one that failed"
    play(bad, good, outbox=outbox)
    assert (bad.numbers, good.numbers) == ([1], [1]), "the other one does not hear it again"
    assert outbox.states == {1: "sent"}


@pytest.mark.real_time
def test_a_failure_is_tried_again_by_itself(eventually: Eventually) -> None:
    outbox, heard = MemoryOutbox.of(alert(1)), Heard(failures=1)
    one = sender(outbox, heard)
    one.start()
    eventually(lambda: heard.numbers == [1], within_s=60, what="the second try")
    one.stop(30)
    assert (heard.tries, one.failures) == (2, 1)


def test_back_off_grows_and_is_bounded() -> None:
    assert list(sending.AGAIN_S) == sorted(sending.AGAIN_S)
    assert sending.AGAIN_S[-1] <= 900


@pytest.mark.real_time
def test_what_cannot_be_marked_is_not_sent_again_by_this_process(eventually: Eventually) -> None:
    """A full disk must not become a message every half second."""
    outbox, heard = MemoryOutbox.of(alert(1)), Heard()
    outbox.refusing = True
    one = sender(outbox, heard)
    one.start()
    eventually(lambda: heard.numbers == [1], within_s=40)
    outbox.refusing = False
    eventually(lambda: outbox.states == {1: "sent"}, within_s=60, what="the mark")
    one.stop(30)
    assert heard.numbers == [1]


def test_what_was_sent_and_not_marked_before_a_crash_is_sent_again() -> None:
    """At least once: the next process cannot know."""
    outbox, heard = MemoryOutbox.of(alert(1)), Heard()
    outbox.refusing = True
    play(heard, outbox=outbox)
    outbox.refusing = False
    play(heard, outbox=outbox)
    assert heard.numbers == [1, 1]


def test_what_is_not_urgent_enough_is_muted() -> None:
    outbox = MemoryOutbox.of(alert(1, Severity.INFO), alert(2, Severity.CRITICAL))
    heard = Heard()
    play(heard, outbox=outbox, least=Severity.WARNING)
    assert heard.numbers == [2]
    assert outbox.states == {1: "muted", 2: "sent"}


def test_after_a_week_of_failures_an_alert_is_given_up() -> None:
    outbox, bad = MemoryOutbox.of(alert(1)), Heard(failures=99)
    play(bad, outbox=outbox, now_us=AT_US + GIVEN_UP_US)
    assert outbox.states == {}
    play(bad, outbox=outbox, now_us=AT_US + GIVEN_UP_US + 2_000_000)
    assert outbox.states == {1: "given_up"}


def test_an_old_alert_of_a_replay_is_sent_all_the_same() -> None:
    outbox, heard = MemoryOutbox.of(alert(1)), Heard()
    play(heard, outbox=outbox, now_us=AT_US + 100 * GIVEN_UP_US)
    assert outbox.states == {1: "sent"}


def test_a_stop_says_whether_anything_waits() -> None:
    for failures, empty in ((0, True), (1, False)):
        one = sender(MemoryOutbox.of(alert(1)), Heard(failures=failures))
        one.start()
        assert one.stop(30) is empty
