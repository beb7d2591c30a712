"""The kill drill: pulls the switch of what runs and holds what follows to what is promised.

Gathers facts, judges them all, and writes them down with their hashes, for a person and for the
go-live gate. It resumes only the latch that it has made itself, and only when told to.
"""

import contextlib
import hashlib
import importlib.metadata
import json
import os
import platform
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final, TypeVar

from bot.domain.refusal import ExitCode, Refused
from bot.watchdog.child import state_of
from bot.watchdog.desk import NoAnswer, Row, ask
from bot.watchdog.kill import latch as latches
from bot.watchdog.kill import record as records
from bot.watchdog.kill.files import write_whole
from bot.watchdog.kill.snapshot import NAME as SNAPSHOT
from bot.watchdog.say import now_us, utc
from bot.watchdog.settings import place_of
from bot.watchdog.venue.client import Unanswered, Venue
from ops.halt.here import who

FORMAT: Final = 1
PROOF_MS_MOST: Final = 1_000.0
"""From the trigger to the first proof; the operator's own bound is five seconds."""
TRIP_S: Final = 120.0
HALTED_S: Final = 90.0
LOOK_S: Final = 0.05
SHOWN_S: Final = 10.0
"""A new order can be missing from the venue's list for some seconds."""
Tell = Callable[[str], None]
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Check:
    """One promise, whether it was kept, and what was seen."""

    name: str
    ok: bool
    seen: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What is drilled, and how it was before."""

    folder: Path
    environment: Mapping[str, str]
    mode: str
    engine: int
    before: records.Record
    orders: tuple[str, ...] = ()
    """Rested for the drill, and seen on the book by the kill switch's own client."""

    @property
    def live(self) -> bool:
        """Say whether orders can rest at a venue."""
        return self.mode == "live"


def scene(folder: Path, environment: Mapping[str, str]) -> Scene:
    """Look at what runs.

    Raises:
        Refused: no watchdog answers, or it does not trade.

    """
    status = _status(folder)
    if not status:
        raise Refused(f"{folder}: no watchdog is at work here", ExitCode.UNAVAILABLE)
    latch, engine = status.get("latch"), status.get("engine")
    if isinstance(latch, dict):
        line = f"it is halted already, by latch {latch['id']}; resume first"
        raise Refused(line, ExitCode.NEGATIVE)
    if not isinstance(engine, dict) or engine.get("phase") != "trading":
        phase = engine.get("phase") if isinstance(engine, dict) else "not running"
        line = f"the engine is {phase}: a drill needs one that trades"
        raise Refused(line, ExitCode.NEGATIVE)
    return Scene(
        folder=folder,
        environment=environment,
        mode=str(status["mode"]),
        engine=int(str(engine["pid"])),
        before=records.read(folder),
    )


def pull(found: Scene, *, hang: bool, reason: str, tell: Tell) -> Row:
    """Pull the switch, by asking or by stopping the engine; return the trip as it ended.

    Raises:
        Refused: it did not end.

    """
    if hang:
        tell(f"SIGSTOP to the engine, process {found.engine}; the watchdog has to notice")
        os.kill(found.engine, signal.SIGSTOP)
        trip = _until(lambda: _ended(_status(found.folder).get("trip")), TRIP_S)
    else:
        tell("asking the watchdog to kill")
        asked = {"ask": "kill", "reason": reason, "who": who()}
        trip = None
        with contextlib.suppress(NoAnswer):
            for row in ask(found.folder, asked, first_s=5.0, whole_s=TRIP_S):
                trip = _ended(row.get("trip")) or trip
    if trip is None:
        raise Refused(
            f"the trip did not end within {TRIP_S:.0f} s: runbooks/kill.md",
            ExitCode.UNKNOWN_OUTCOME,
        )
    return trip


def judge(found: Scene, trip: Row) -> Iterator[Check]:
    """Hold everything to what docs/kill-switch.md promises."""
    yield Check("trip", trip["state"] == "final", f"{trip['state']}; {trip['problem'] or 'clean'}")
    gone = state_of(found.engine) in "ZX"
    yield Check("engine", gone, f"process {found.engine} {'is gone' if gone else 'lives'}")
    latch = latches.read(found.folder)
    same = latch is not None and latch.readable and latch.id == trip["id"]
    yield Check("latch", same, "none" if latch is None else f"{latch.id}, cause {latch.cause}")
    yield _snapshot(found, trip)
    if found.live:
        yield from _venue(found, trip)
    yield _time(found, trip)
    halted = _until(lambda: _phase(found.folder) == "halted", HALTED_S)
    yield Check(
        "restart", bool(halted), f"the next engine is {_phase(found.folder) or 'not there'}"
    )
    yield _ledger(found, str(trip["id"]))


def _snapshot(found: Scene, trip: Row) -> Check:
    try:
        told = json.loads((found.folder / SNAPSHOT).read_bytes())
    except (OSError, ValueError) as error:
        return Check("snapshot", ok=False, seen=f"cannot be read: {error}")
    own = told["trip"]["id"] == trip["id"] and told["trip"]["state"] == "final"
    head = told["ledger"]["head"] or {}
    return Check("snapshot", own, f"of latch {told['trip']['id']}, ledger at {head.get('seq')}")


def _venue(found: Scene, trip: Row) -> Iterator[Check]:
    """Ask the venue ourselves, with a connection of our own."""
    try:
        there = open_orders(found.environment)
    except Unanswered as failed:
        yield Check("book", ok=False, seen=f"not known: {failed}")
        return
    yield Check("book", not there, f"{len(there)} open orders by our own asking")
    left = len(there & set(found.orders))
    seen = f"{len(found.orders)} rested before, {left} after; the watchdog cancelled "
    # The engine, where it still beats, empties the book as well: either may have been first.
    yield Check("orders", bool(found.orders) and not left, f"{seen}{trip['cancelled']}")


def open_orders(environment: Mapping[str, str]) -> set[str]:
    """Return what rests, asked with the watchdog's client; raises Unanswered."""
    return {order.id.lower() for order in Venue(place_of(environment)).open_orders()}


def seen(found: Scene, orders: tuple[str, ...]) -> Scene:
    """Return the scene with orders that were rested for it, once the book shows them.

    Raises:
        Refused: it does not: what cannot be seen cannot be proved to be gone.

    """

    def shown() -> bool:
        try:
            return set(orders) <= open_orders(found.environment)
        except Unanswered:
            return False

    if not _until(shown, SHOWN_S):
        raise Refused(
            f"the venue does not list order {orders[0]} that was rested for the drill; look for it",
            ExitCode.OUTSIDE,
        )
    return replace(found, orders=orders)


def _time(found: Scene, trip: Row) -> Check:
    """Judge the first proof; without a venue to prove anything, the engine's end."""
    ms = trip["first_proof_ms"] if found.live else _step_ms(trip, "engine_gone")
    what = "to the first proof of 0 open orders" if found.live else "to the engine's end"
    ok = isinstance(ms, float | int) and ms <= PROOF_MS_MOST
    return Check("time", ok, f"{ms} ms {what}")


def _step_ms(trip: Row, step: str) -> object:
    line = trip["time_line"]
    rows = line if isinstance(line, list) else []
    return next((row["ms"] for row in rows if row["step"] == step), None)


def _ledger(found: Scene, latch: str) -> Check:
    """Wait for the halted engine's own row, which names the latch."""

    def written() -> str:
        state = records.read(found.folder).trading_state or {}
        cause = str(state.get("cause", ""))
        return cause if state.get("state") == "halted" and latch in cause else ""

    cause = _until(written, HALTED_S)
    after = records.read(found.folder)
    ok = bool(cause) and after.chain_intact is True
    return Check("ledger", ok, cause or after.problem or "no row of the halt")


def resume(found: Scene, latch: str, reason: str) -> Check:
    """Take our own latch away and wait for trading."""
    asked = {"ask": "resume", "latch": latch, "reason": reason, "who": who()}
    try:
        (row,) = ask(found.folder, asked, first_s=5.0, whole_s=5.0)
    except NoAnswer as silent:
        return Check("resume", ok=False, seen=str(silent))
    if row["said"] != "resumed":
        return Check("resume", ok=False, seen=str(row.get("why")))
    trading = _until(lambda: _phase(found.folder) == "trading", HALTED_S)
    return Check("resume", bool(trading), f"the engine is {_phase(found.folder) or 'not there'}")


def evidence(found: Scene, trip: Row, checks: list[Check], how: str) -> Row:
    """Return the document; `hash` is over the rest of it, as `digest` says."""
    after = records.read(found.folder)
    document: Row = {
        "format": FORMAT,
        "drill": "kill",
        "at": utc(now_us()),
        "ok": all(check.ok for check in checks),
        "how": how,
        "who": who(),
        "mode": found.mode,
        "boot": found.before.boot,
        "strategies": list(found.before.strategies),
        "versions": {
            "poly": importlib.metadata.version("poly"),
            "python": platform.python_version(),
        },
        "orders": list(found.orders),
        "checks": [asdict(check) for check in checks],
        "first_proof_ms": trip["first_proof_ms"],
        "trip": trip,
        "ledger_before": found.before.head,
        "ledger_after": after.head,
        "snapshot_sha256": _sha256(found.folder / SNAPSHOT),
    }
    return {**document, "hash": digest(document)}


def digest(document: Mapping[str, object]) -> str:
    """Return the SHA-256 of a document without its `hash`: keys sorted, no blanks, UTF-8."""
    rest = {name: value for name, value in document.items() if name != "hash"}
    text = json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def keep(file: Path, document: Row) -> None:
    """Write the evidence; raises Refused with the way out."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, (json.dumps(document, indent=1, default=str) + "\n").encode())
    except OSError as error:
        raise Refused(
            f"--evidence {file}: cannot be written ({error.strerror}); name another place",
            ExitCode.UNAVAILABLE,
        ) from error


def _sha256(file: Path) -> str | None:
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError:
        return None


def _status(folder: Path) -> Row:
    try:
        (row,) = ask(folder, {"ask": "status"}, first_s=5.0, whole_s=5.0)
    except (NoAnswer, OSError, ValueError):
        return {}
    return row


def _phase(folder: Path) -> str:
    engine = _status(folder).get("engine")
    return str(engine.get("phase", "")) if isinstance(engine, dict) else ""


def _ended(trip: object) -> Row | None:
    """Return a trip that has ended, in proof or in doubt."""
    return trip if isinstance(trip, dict) and trip["state"] in {"final", "unproved"} else None


def _until(probe: Callable[[], Found | None], within_s: float) -> Found | None:
    deadline = time.monotonic() + within_s
    while not (found := probe()) and time.monotonic() < deadline:
        time.sleep(LOOK_S)
    return found or None
