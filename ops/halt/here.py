"""`poly kill` in the container: by the watchdog, or with its own code where it does not answer.

Imports nothing of the engine: it has to work while the engine is broken.
"""

import getpass
import os
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from bot.watchdog.desk import NoAnswer, Row, ask
from bot.watchdog.kill import alone
from bot.watchdog.kill import latch as latches
from bot.watchdog.kill.proof import WATCH_S
from bot.watchdog.say import Unfit, be_silent
from bot.watchdog.settings import LIVE, place_of
from bot.watchdog.venue.client import Venue

ANSWER_S: Final = 1.0
WHOLE_S: Final = 90.0
PROOF_S: Final = 35.0
CREDENTIALS: Final = ("POLYMARKET_API_KEY", "POLYMARKET_API_SECRET", "POLYMARKET_PASSPHRASE")
Told = Callable[[Row], None]


def who() -> str:
    """Return who asks, as far as the machine knows."""
    try:
        return f"{getpass.getuser()}@{socket.gethostname()}"
    except (OSError, KeyError):
        return f"uid {os.getuid()}"


def kill(folder: Path, environment: Mapping[str, str], reason: str, told: Told) -> Row:
    """Kill, by the watchdog or without it; return `by`, `trip`, `already` and `problems`."""
    asked = {"ask": "kill", "reason": reason, "who": who()}
    last: Row = {}
    already: object = None
    try:
        for row in ask(folder, asked, first_s=ANSWER_S, whole_s=WHOLE_S):
            already = row.get("already", already)
            last = row
            told(row)
        trip = last.get("trip")
        if isinstance(trip, dict) and trip.get("state") in {"final", "unproved"}:
            return _judged("watchdog", trip, already, [])
        why = "the watchdog hung up before the end"
    except NoAnswer as silent:
        why = f"the watchdog: {silent}"
    told({"said": "alone", "why": why})
    return _alone(folder, environment, reason, told)


def _alone(folder: Path, environment: Mapping[str, str], reason: str, told: Told) -> Row:
    be_silent()
    before = latches.read(folder)
    venue, problem = _venue(folder, environment)
    trip = alone.begin(folder, venue, reason=reason, who=who(), watch_s=WATCH_S)
    done = alone.finish(
        trip, lambda row: told({"said": trip.state, "trip": row}),
        proof_s=PROOF_S, final_s=WATCH_S + PROOF_S,
    )  # fmt: skip
    return _judged("poly", done, before and before.told(), [problem] if problem else [])


def _venue(folder: Path, environment: Mapping[str, str]) -> tuple[Venue | None, str]:
    """Return the venue to empty, and what keeps us from emptying it."""
    mode = alone.running(folder).mode or environment.get("POLY_MODE", "").lower()
    known = any(environment.get(name) for name in CREDENTIALS)
    if mode != LIVE and (mode or not known):
        return None, ""
    try:
        return Venue(place_of(environment)), ""
    except Unfit as unfit:
        return None, f"nothing was cancelled at the venue: {unfit}"


def _judged(by: str, trip: Row, already: object, problems: list[str]) -> Row:
    found = list(problems)
    if trip["problem"]:
        found.append(str(trip["problem"]))
    if trip["state"] != "final":
        found.append(f"the trip is {trip['state']}: orders may rest at the venue")
    return {"by": by, "trip": trip, "already": already, "problems": found}
