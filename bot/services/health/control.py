"""What may be asked of a running engine from beside: to be killed, and what others add.

Answers of `kill` come from the watchdog, whose kill switch it is; without one the latch is pulled
here and the engine is asked to stop in order. Nothing here decides to trade.
"""

import asyncio
import hashlib
import hmac
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Final

from bot.domain.refusal import Refused
from bot.domain.secret import Secret
from bot.watchdog.desk import NoAnswer, ask
from bot.watchdog.kill import latch as latches
from bot.watchdog.kill.latch import Latch
from bot.watchdog.say import now_us

FIRST_S: Final = 1.0
WHOLE_S: Final = 2.0
WORK_S: Final = 30.0
TEXT_MAX: Final = 500

Row = Mapping[str, object]
Work = Callable[[Row], Awaitable[Row]]
"""Runs in the engine's loop; raises `Refused` with one line for whoever asked."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A status and an object."""

    status: HTTPStatus
    row: Row


def refusal(status: HTTPStatus, line: str) -> Reply:
    """Return an answer that says no."""
    return Reply(status, {"ok": False, "error": " ".join(line.split())})


class Control:
    """Knows the token, and who does what; called by the server's threads."""

    def __init__(self, token: Secret) -> None:
        """Ask for this token; without one only the owner's socket may ask."""
        self._token = _digest(token.reveal()) if token else b""
        self._works: dict[str, Work] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._folder: Path | None = None
        self._stop: Callable[[str], None] | None = None

    def serve(self, folder: Path, stop: Callable[[str], None]) -> None:
        """Begin to answer for the engine of this loop; `stop` asks it for an orderly stop."""
        self._loop = asyncio.get_running_loop()
        self._folder, self._stop = folder, stop

    def add(self, name: str, work: Work) -> None:
        """Let POST /control/<name> do some work in the engine's loop."""
        self._works[name] = work

    def allows(self, header: str) -> bool:
        """Say whether an Authorization header has the token; takes as long for every wrong one."""
        given = header.removeprefix("Bearer ").strip() if header.startswith("Bearer ") else ""
        return bool(self._token) and hmac.compare_digest(_digest(given), self._token)

    def do(self, name: str, asked: Row, who: str) -> Reply:
        """Carry one request out; raises nothing."""
        reason = str(asked.get("reason", ""))[:TEXT_MAX]
        if name == "kill":
            if not reason.strip():
                line = "reason is missing: one line for whoever resumes"
                return refusal(HTTPStatus.BAD_REQUEST, line)
            return self._kill(reason, who)
        if name not in self._works:
            known = ", ".join(sorted({"kill", *self._works}))
            return refusal(HTTPStatus.NOT_FOUND, f"control knows {known}, not {name[:40]}")
        return self._work(name, {**asked, "who": who})

    def _kill(self, reason: str, who: str) -> Reply:
        if self._folder is None:
            return refusal(
                HTTPStatus.SERVICE_UNAVAILABLE, "the engine has not begun: use poly kill"
            )
        question = {"ask": "kill", "reason": reason, "who": who}
        try:
            # The first word is enough: by the last one this process is gone.
            said = next(ask(self._folder, question, first_s=FIRST_S, whole_s=WHOLE_S))
            return Reply(HTTPStatus.ACCEPTED, {"ok": True, "by": "watchdog", **said})
        except NoAnswer as silent:
            return self._alone(reason, who, str(silent))

    def _alone(self, reason: str, who: str, why: str) -> Reply:
        assert self._folder is not None  # noqa: S101 - judged by the caller
        latch = Latch(id=latches.new_id(), cause="person", reason=reason, who=who, at_us=now_us())
        problem = f"no watchdog ({why}): 0 open orders are not proved; look with poly kill"
        row: dict[str, object] = {"by": "engine", "problem": problem}
        try:
            latches.pull(self._folder, latch)
        except OSError as error:
            row |= {"ok": False, "error": f"the latch is not on disk: {error.strerror}"}
        else:
            row |= {"ok": True, "latch": latch.told()}
        loop, stop = self._loop, self._stop
        if loop is not None and stop is not None:
            loop.call_soon_threadsafe(stop, f"killed by {who}")
        status = HTTPStatus.ACCEPTED if row["ok"] else HTTPStatus.INTERNAL_SERVER_ERROR
        return Reply(status, row)

    def _work(self, name: str, asked: Row) -> Reply:
        if self._loop is None:
            return refusal(HTTPStatus.SERVICE_UNAVAILABLE, "the engine has not begun")
        doing = asyncio.run_coroutine_threadsafe(_awaited(self._works[name](asked)), self._loop)
        try:
            return Reply(HTTPStatus.OK, {"ok": True, **doing.result(WORK_S)})
        except Refused as refused:
            return refusal(HTTPStatus.CONFLICT, str(refused))
        except TimeoutError:
            doing.cancel()
            return refusal(HTTPStatus.GATEWAY_TIMEOUT, f"{name}: no answer in {WORK_S:.0f} s")


async def _awaited(work: Awaitable[Row]) -> Row:
    return await work


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()
