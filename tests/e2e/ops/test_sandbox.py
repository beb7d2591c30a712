"""`poly sandbox variables`: a bot can be pointed at a running stand-in in one line."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

from bot.adapters.polymarket.setting import read_live_settings
from tests.contract.feed.standin import StandIn, wall_us

Poly = Callable[..., subprocess.CompletedProcess[str]]


def test_the_variables_of_a_stand_in_are_a_live_bot_s(poly: Poly, tmp_path: Path) -> None:
    file = tmp_path / "exchange.json"
    with StandIn(10) as stand_in:
        file.write_text(json.dumps(stand_in.line) + "\n")
        told = poly("sandbox", "variables", str(file))
    assert told.returncode == 0, told.stderr
    given = dict(line.split("=", 1) for line in told.stdout.splitlines())
    settings = read_live_settings(
        {name: value.strip("'") for name, value in given.items()}, wall_us
    )
    assert settings.endpoints.clob == stand_in.line["clob_url"]
    assert settings.address == stand_in.line["account"]["address"]
    assert given["POLY_MODE"] == "live"
    gone = poly("sandbox", "variables", str(file))
    assert gone.returncode == 5
    assert "does not answer" in gone.stderr
    assert gone.stderr.count("\n") == 1
