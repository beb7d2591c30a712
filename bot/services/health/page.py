"""What /health, /ready and /metrics say.

/health is for the deploy check: 200 as soon as the process is up, while it waits for the data
directory's lock and while it catches up; 503 only for a loop that hangs. /ready is 200 where the
engine may trade.
"""

import json
from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST

from bot.services.health.figures import Figures
from bot.services.health.pulse import HeardHeart
from bot.services.health.server import Page
from bot.watchdog.beat import Phase

JSON: Final = "application/json"
State = Callable[[], tuple[str, str]]
"""The trading state and its cause, empty before there is one."""


def pages(heart: HeardHeart, figures: Figures, state: State) -> dict[str, Page]:
    """Return every page by its path."""

    def said(status: HTTPStatus, what: str) -> tuple[HTTPStatus, str, bytes]:
        pulse, (trading, cause) = heart.pulse, state()
        row = {
            "status": what,
            "phase": pulse.phase.value,
            "heartbeat_age_s": round(heart.silent_s, 3),
            "frame": pulse.frame,
            "event": pulse.seq,
            "trading_state": trading or None,
            "cause": cause or None,
        }
        return status, JSON, json.dumps(row, separators=(",", ":")).encode() + b"\n"

    def health() -> tuple[HTTPStatus, str, bytes]:
        if heart.hung:
            return said(HTTPStatus.SERVICE_UNAVAILABLE, "hung")
        return said(HTTPStatus.OK, "ok")

    def ready() -> tuple[HTTPStatus, str, bytes]:
        phase = heart.pulse.phase
        if heart.hung:
            return said(HTTPStatus.SERVICE_UNAVAILABLE, "hung")
        if phase is not Phase.TRADING:
            return said(HTTPStatus.SERVICE_UNAVAILABLE, phase.value)
        if state()[0] not in {"active", "reduce_only"}:
            return said(HTTPStatus.SERVICE_UNAVAILABLE, "paused")
        return said(HTTPStatus.OK, "ready")

    def metrics() -> tuple[HTTPStatus, str, bytes]:
        return HTTPStatus.OK, CONTENT_TYPE_LATEST, figures.text()

    return {"/health": health, "/ready": ready, "/metrics": metrics}
