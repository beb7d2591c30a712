"""What a session takes over from the ledger of the one before, and which ledger is its own."""

from collections.abc import Sequence

from bot.domain.entry import IntentRecorded, Recorded, SessionStarted, SessionStopped
from bot.domain.refusal import Refused
from bot.engine.risk import MINUTE_US
from bot.ports import Ledger

END = "end of feed"
RECENT_ENTRIES = 1_000
"""How far back orders of the last minute are looked for at a start."""


def recent(ledger: Ledger, seq: int, known: Sequence[Recorded]) -> list[int]:
    """Return when orders of settled markets were made in the minute before the resume point."""
    seen = {one.seq for one in known}
    last = ledger.entries(after_seq=max(0, seq - RECENT_ENTRIES), upto_seq=seq)
    at_us = last[-1].stamp.at_us if last else 0
    return [
        one.stamp.at_us
        for one in last
        if isinstance(one.entry, IntentRecorded)
        and one.seq not in seen
        and one.stamp.at_us > at_us - MINUTE_US
    ]


def ended(ledger: Ledger) -> bool:
    """Say whether an earlier session has already lived to the end of the feed."""
    last = ledger.entries(after_seq=ledger.head.seq - 1)
    return bool(last) and last[-1].entry == SessionStopped(END)


def same_run(last: SessionStarted, now: SessionStarted, *, read_again: bool) -> None:
    """Refuse to go on with a ledger that another kind of run has made.

    Where frames are read again the strategy must be the ledger's, because it decides them again.
    On a live feed a person may change it from start to start; each start records what it was.

    Raises:
        Refused: names what differs, and the remedy.

    """
    strategy = ("strategy", last.strategy_hash, now.strategy_hash)
    for what, there, here in (
        ("mode", last.mode, now.mode),
        ("wallet", last.account or "none", now.account or "none"),
        ("recording", last.recording_hash, now.recording_hash),
        *((strategy,) if read_again else ()),
        ("seed", str(last.seed), str(now.seed)),
        ("starting cash", str(last.starting_cash), str(now.starting_cash)),
    ):
        if there != here:
            raise Refused(
                f"{what} {here} is not the ledger's ({there}); "
                f"use the ledger's own {what}, or another data directory"
            )
