"""New API credentials need no change of the program: set them, restart, and the old ones can go."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bot.adapters.polymarket.venue import LiveVenue
from bot.domain.entry import FillRecorded, SessionStarted
from tests.e2e.live.given import settings_of
from tests.simulation.live.life import Life, until

NAMES = ("POLYMARKET_API_KEY", "POLYMARKET_API_SECRET", "POLYMARKET_PASSPHRASE")


def poly(life: Life, *words: str) -> dict[str, object]:
    """Run the operator's command with the operator's environment."""
    done = subprocess.run(
        [sys.executable, "-m", "ops", *words],
        env={**life.environment(), **life.variables}, capture_output=True, timeout=60, check=True,
    )  # fmt: skip
    told: dict[str, object] = json.loads(done.stdout)
    return told


@pytest.mark.timeout(240)
async def test_credentials_rotate_without_a_change_of_code(tmp_path: Path) -> None:
    with Life(tmp_path, seed=5) as life:
        old = {name: life.exchange.variables()[name] for name in NAMES}
        life.begin()
        until(lambda: life.of(FillRecorded), "a fill with the old credentials")
        assert life.stop() == 0
        made = poly(life, "credentials", "derive", "--nonce", "1", "--json")
        new = {name: str(made[name]) for name in NAMES}
        assert not set(new.values()) & set(old.values())

        life.variables = new
        life.begin()
        traded = len(life.of(FillRecorded))
        until(lambda: len(life.of(FillRecorded)) > traded, "a fill with the new credentials")
        venue = await LiveVenue.open(settings_of({**life.exchange.variables(), **old}))
        await venue.connection.client.delete_api_key()
        await venue.close()
        assert life.stop() == 0

        life.variables = old
        life.begin()
        assert life.ended() == 3
        assert "credentials: refused by the venue" in life.words()
        assert len(life.of(SessionStarted)) == 2
        told = life.log.read_text()
        assert [one for one in (*old.values(), *new.values()) if one in told] == []
