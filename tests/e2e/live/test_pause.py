"""What guards a live session is wired to it: a disk that is too full lets it only close."""

from pathlib import Path

import pytest

from bot.domain.entry import IntentRecorded, TradingState, TradingStateSet
from tests.simulation.live.life import Life, until


@pytest.mark.timeout(240)
def test_a_low_disk_pauses_what_runs(tmp_path: Path) -> None:
    """The bound is set above any disk; a person would see the cause in the ledger."""
    with Life(tmp_path, seed=5, variables={"POLY_DISK_MB_MIN": "1000000"}) as life:
        life.begin()
        until(
            lambda: [one for one in life.of(TradingStateSet) if one.cause.startswith("low disk: ")],
            "the pause",
        )
        states = [one.state for one in life.of(TradingStateSet)]
        assert states[-1] is TradingState.REDUCE_ONLY
        said = [one for one in life.entries() if isinstance(one, IntentRecorded | TradingStateSet)]
        after = said[max(n for n, one in enumerate(said) if isinstance(one, TradingStateSet)) :]
        assert all(one.intent.closing for one in after if isinstance(one, IntentRecorded))
        assert life.conclude() == []
