"""What is ours in a recording: venue answers (`own`) and the shell's events (`timer`), as JSON.

The one format here that is not a vendor's: `{"event": "order_filled", "after": 123, ...fields}`,
money in micros. `after` is the event's frame, `at_us` stands on the line. Reading back what was
written gives an equal event.
"""

from typing import Final

import msgspec

from bot.adapters.wire import shape
from bot.adapters.wire.number import Unbelievable
from bot.domain.event import (
    CapitalMoved,
    Event,
    FeedEnded,
    FillConfirmed,
    FillVoided,
    FlattenAsked,
    FrameRefused,
    LossesTaken,
    OrderAnswered,
    OrderEnded,
    OrderFilled,
    OrderPrepared,
    ResolutionFound,
    StopAsked,
    TimerFired,
    TradingAsked,
    VenueEvent,
)
from bot.domain.order import Accepted, Answer, IntentId, OrderHash, Rejected, Unknown

OwnEvent = VenueEvent | OrderPrepared | CapitalMoved | ResolutionFound
TimerEvent = (
    TimerFired | StopAsked | TradingAsked | LossesTaken | FlattenAsked | FeedEnded | FrameRefused
)
Ours = OwnEvent | TimerEvent

KINDS: Final[dict[str, type[Ours]]] = {
    "order_answered": OrderAnswered,
    "order_filled": OrderFilled,
    "fill_confirmed": FillConfirmed,
    "fill_voided": FillVoided,
    "order_ended": OrderEnded,
    "order_prepared": OrderPrepared,
    "capital_moved": CapitalMoved,
    "resolution_found": ResolutionFound,
    "timer_fired": TimerFired,
    "stop_asked": StopAsked,
    "trading_asked": TradingAsked,
    "losses_taken": LossesTaken,
    "flatten_asked": FlattenAsked,
    "feed_ended": FeedEnded,
    "frame_refused": FrameRefused,
}
STREAM_OF: Final = {
    "order_answered": "own",
    "order_filled": "own",
    "fill_confirmed": "own",
    "fill_voided": "own",
    "order_ended": "own",
    "order_prepared": "own",
    "capital_moved": "own",
    "resolution_found": "own",
    "timer_fired": "timer",
    "stop_asked": "timer",
    "trading_asked": "timer",
    "losses_taken": "timer",
    "flatten_asked": "timer",
    "feed_ended": "timer",
    "frame_refused": "timer",
}
NAMES: Final = {made: kind for kind, made in KINDS.items()}
ANSWERS: Final[dict[str, type[Answer]]] = {
    "accepted": Accepted,
    "rejected": Rejected,
    "unknown": Unknown,
}
ANSWER_NAMES: Final = {made: name for name, made in ANSWERS.items()}


class Header(msgspec.Struct):
    """What every frame of ours has."""

    event: str
    after: int


class AnswerFrame(msgspec.Struct):
    """An answer spelled out, since msgspec cannot tell dataclasses of a union apart."""

    intent_id: str
    order_hash: str
    answer: str
    said: str


_headers = msgspec.json.Decoder(Header)
_answers = msgspec.json.Decoder(AnswerFrame)
_frames = msgspec.json.Decoder(dict[str, object])


def encode(event: Ours) -> tuple[str, bytes]:
    """Return the stream and the frame of an event of ours."""
    kind = NAMES[type(event)]
    frame: dict[str, object] = {"event": kind, "after": event.frame}
    if isinstance(event, OrderAnswered):
        answer = event.answer
        said = answer.status if isinstance(answer, Accepted) else answer.reason
        frame |= {
            "intent_id": event.intent_id,
            "order_hash": event.order_hash,
            "answer": ANSWER_NAMES[type(answer)],
            "said": said,
        }
    else:
        fields: dict[str, object] = msgspec.to_builtins(event)
        frame |= {name: field for name, field in fields.items() if name not in {"frame", "at_us"}}
    return STREAM_OF[kind], msgspec.json.encode(frame)


def decode(stream: str, frame: bytes | msgspec.Raw, at_us: int) -> Event:
    """Read a frame that `encode` wrote.

    Raises:
        Unbelievable: not such a frame, or of another stream.

    """
    what = f"{stream} frame"
    header = shape.decoded(_headers, frame, "bad_frame", what)
    if STREAM_OF.get(header.event) != stream or header.after < 0:
        raise Unbelievable("bad_frame", f"{what}: event {header.event[:40]!r}")
    if header.event == "order_answered":
        return _answered(shape.decoded(_answers, frame, "bad_frame", what), header.after, at_us)
    fields = shape.decoded(_frames, frame, "bad_frame", what)
    try:
        return msgspec.convert(
            fields | {"frame": header.after, "at_us": at_us}, KINDS[header.event]
        )
    except shape.BROKEN as error:
        raise Unbelievable("bad_frame", f"{what}: {error}") from error


def _answered(read: AnswerFrame, after: int, at_us: int) -> OrderAnswered:
    made = ANSWERS.get(read.answer)
    if made is None:
        raise Unbelievable("bad_frame", f"own frame: answer {read.answer[:40]!r}")
    return OrderAnswered(
        frame=after,
        at_us=at_us,
        intent_id=IntentId(read.intent_id),
        order_hash=OrderHash(read.order_hash),
        answer=made(read.said),
    )
