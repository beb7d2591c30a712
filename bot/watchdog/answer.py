"""What the watchdog answers on its control socket, and why it may refuse to resume."""

from dataclasses import asdict

from bot.watchdog.beat import Phase
from bot.watchdog.child import Child
from bot.watchdog.desk import Row
from bot.watchdog.kill import latch as latches
from bot.watchdog.kill.latch import Latch
from bot.watchdog.kill.trip import Trip


def engine(child: Child | None) -> Row | None:
    """Return how the engine is, None where there is none."""
    if child is None:
        return None
    return {
        "pid": child.pid,
        "phase": child.phase.value,
        "silent_s": round(child.silent_s(), 2),
        "last": None if child.last is None else asdict(child.last),
    }


def against_resume(
    question: Row, latch: Latch | None, trip: Trip | None, child: Child | None
) -> str:
    """Return why trading may not be resumed, empty if it may."""
    if latch is None:
        return "nothing is latched"
    if question.get("latch") != latch.id:
        return f"the latch is {latch.id}, not {question.get('latch')}"
    if trip is not None and trip.state != "final":
        return f"the trip is {trip.state}: {trip.told()['problem'] or 'wait for its end'}"
    if latch.cause == latches.DRAWDOWN and question.get("accept_drawdown") is not True:
        return "the cause is drawdown: accept it with --accept-drawdown"
    if child is None or child.phase is not Phase.HALTED:
        return "the engine has not reconciled: it must run halted first"
    return ""
