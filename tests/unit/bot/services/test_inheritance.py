"""A ledger is gone on with by the kind of run that made it, and by no other."""

from dataclasses import replace

import pytest

from bot.domain.entry import SessionStarted
from bot.domain.money import Usd
from bot.domain.refusal import Refused
from bot.ports import GENESIS
from bot.services.inheritance import same_run

LAST = SessionStarted(
    1, "s", "live", "", (), "", "", "abc", 7, Usd(0), 0, 0, "", 0, GENESIS, account="0xa"
)


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"mode": "paper"}, "mode paper is not the ledger's (live)"),
        ({"account": "0xb"}, "wallet 0xb is not the ledger's (0xa)"),
        ({"account": ""}, "wallet none is not the ledger's (0xa)"),
        ({"recording_hash": "r"}, "recording r is not the ledger's ()"),
        ({"seed": 8}, "seed 8 is not the ledger's (7)"),
        ({"starting_cash": Usd(5_000_000)}, "starting cash 5.00 is not the ledger's (0.00)"),
        ({"strategy_hash": "def"}, "strategy def is not the ledger's (abc)"),
    ],
)
def test_another_run_is_refused_by_what_differs(change: dict[str, object], line: str) -> None:
    with pytest.raises(Refused) as refused:
        same_run(LAST, replace(LAST, **change), read_again=True)  # type: ignore[arg-type]
    assert str(refused.value).startswith(line)


def test_on_a_live_feed_a_person_may_change_the_strategy() -> None:
    """Nothing is decided again there, so that there is nothing to differ."""
    same_run(LAST, replace(LAST, strategy_hash="def"), read_again=False)


def test_the_same_run_goes_on() -> None:
    same_run(LAST, replace(LAST, boot=2, session="t", started_us=9), read_again=True)
