"""What /health, /ready and /metrics say.

/health is for the deploy check: 200 as soon as the process is up, while it waits for the data
directory's lock and while it catches up; 503 only for a loop that hangs. /ready is 200 where the
engine may trade.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from bot.services.health.pulse import HeardHeart
from bot.services.health.server import Page
from bot.watchdog.beat import Phase

if TYPE_CHECKING:
    from bot.services.health.figures import Figures

METRICS: Final = "text/plain; version=1.0.0; charset=utf-8"
"""Prometheus' text format, as prometheus-client writes it."""
JSON: Final = "application/json"
State = Callable[[], tuple[str, str]]
"""The trading state and its cause, empty before there is one."""


@dataclass(frozen=True, slots=True)
class Pages:
    """What is asked, and of what the answers are made; `figures` None without metrics."""

    heart: HeardHeart
    state: State
    figures: "Figures | None"

    def by_path(self) -> dict[str, Page]:
        """Return every page by its path."""
        found: dict[str, Page] = {"/health": self.health, "/ready": self.ready}
        if self.figures is not None:
            found["/metrics"] = self.metrics
        return found

    def health(self) -> tuple[HTTPStatus, str, bytes]:
        """Say whether the process is up."""
        if self.heart.hung:
            return self._said(HTTPStatus.SERVICE_UNAVAILABLE, "hung")
        return self._said(HTTPStatus.OK, "ok")

    def ready(self) -> tuple[HTTPStatus, str, bytes]:
        """Say whether it may trade."""
        phase = self.heart.pulse.phase
        if self.heart.hung:
            return self._said(HTTPStatus.SERVICE_UNAVAILABLE, "hung")
        if phase is not Phase.TRADING:
            return self._said(HTTPStatus.SERVICE_UNAVAILABLE, phase.value)
        if self.state()[0] not in {"active", "reduce_only"}:
            return self._said(HTTPStatus.SERVICE_UNAVAILABLE, "paused")
        return self._said(HTTPStatus.OK, "ready")

    def metrics(self) -> tuple[HTTPStatus, str, bytes]:
        """Return all figures."""
        assert self.figures is not None  # noqa: S101 - else there is no such page
        return HTTPStatus.OK, METRICS, self.figures.text()

    def _said(self, status: HTTPStatus, what: str) -> tuple[HTTPStatus, str, bytes]:
        pulse, (trading, cause) = self.heart.pulse, self.state()
        row = {
            "status": what,
            "phase": pulse.phase.value,
            "heartbeat_age_s": round(self.heart.silent_s, 3),
            "frame": pulse.frame,
            "event": pulse.seq,
            "trading_state": trading or None,
            "cause": cause or None,
        }
        return status, JSON, json.dumps(row, separators=(",", ":")).encode() + b"\n"
