"""Keeps memory, ledger and venue equal while a session lives; what nothing explains stops trading.

A round asks the venue for one complete view, has `bot.engine.agreement` judge it, and does what
that says: an event through the loop, an order followed or cancelled, trading paused. Nothing here
guesses: an answer that is not complete is no answer, and no order is ever sent from here.
"""

import asyncio
import math
from collections.abc import Iterable, Sequence
from typing import Final

from bot.domain.entry import AlertRaised, DriftFound, MarketSettled, Severity
from bot.domain.event import CapitalMoved, Event, OrderAnswered
from bot.domain.market import SECOND_US
from bot.domain.order import Accepted, Answer, OrderState, Prepared, Unknown
from bot.domain.refusal import ExitCode, Refused
from bot.engine.accounting import Portfolio, WorkingOrder
from bot.engine.agreement.judge import Judge, Patience
from bot.engine.agreement.look import Look, Verdict, fingerprint
from bot.engine.agreement.witness import Disagreement, Witness
from bot.engine.reconcile import UNEXPLAINED
from bot.ports import Temporary, VenueView
from bot.services.account.deeds import Deeds
from bot.services.account.memory import memory_drifts
from bot.services.account.part import Outside, Pace, Views
from bot.services.heartbeat import VENUE_S_MAX, beating

RECONCILING: Final = "reconciling"
UNREACHABLE: Final = "venue"
DIVERGED: Final = "divergence"
ROUNDS_AT_START: Final = 20
SETTLED_ENTRIES: Final = 5_000
"""How far back resolutions are looked for that the venue's own pages may not show yet."""
FIRST: Final = "the venue's cash at the first start"


class Reconciler:
    """Compares and repairs; `at_start` once, then `run` as a task beside the loop.

    ```
    reconciler = Reconciler(
        Views(engine=engine, ledger=ledger, venue=venue, floor=floor, following=venue),
        Outside(now_us=clock.now_us, wall_s=asyncio.get_running_loop().time, hold=hold,
                diverged=lambda detail: heart.trip("divergence", detail), tell=tell, heart=heart),
    )
    await reconciler.at_start()          # the engine holds the ledger, HALTED
    crew.begin("reconciler", reconciler.run())
    reconciler.ask("reconnect")          # wake it: a socket was away, an answer was Unknown
    reconciler.observe(event)            # every event the loop has handled
    ```
    """

    def __init__(self, views: Views, outside: Outside, pace: Pace | None = None) -> None:
        """Compare nothing yet."""
        self._views = views
        self._outside = outside
        self._pace = pace or Pace()
        pace = self._pace
        self._judge = Judge(
            Patience(
                settle_ms=int(pace.settle_s * 1000),
                absent_ms=int(pace.absent_s * 1000),
                flight_ms=int(pace.flight_s * 1000),
            )
        )
        self._deeds = Deeds(views)
        self._witness = Witness()
        self._asked = asyncio.Event()
        self._begun = asyncio.Event()
        self._found: list[Disagreement] = []
        self._complete_s = outside.wall_s()
        self._missing = False
        self._clean = 0
        self._since_s: dict[tuple[str, str], float] = {}
        self._latched: set[tuple[str, str]] = set()
        self._agreed_s = math.nan

    @property
    def agreed_age_s(self) -> float:
        """Return the seconds since memory, ledger and venue last agreed, NaN if never."""
        return self._outside.wall_s() - self._agreed_s

    @property
    def _ours(self) -> Portfolio:
        return self._views.engine.portfolio

    async def at_start(self) -> bool:
        """Bring the three together before trading; True if they agree.

        The engine must hold what the ledger says and be HALTED. Where the ledger has no deposit
        yet, the venue's cash becomes the first one. Orders without an answer are Unknown from here
        on and are never sent again; what rests at the venue is cancelled. If the three do not
        agree, or the venue gives no complete view, a cause is held (`Hold.pause`) that `run` lifts
        when they do.

        Raises:
            Refused: at the first start: the wallet holds what nothing of ours bought, or the
                venue gives no complete view.
            CommitUnknown: the process must end.

        """
        self._remember()
        try:
            return await self._agreed_at_start()
        finally:
            self._begun.set()

    def ask(self, cause: str) -> None:
        """Have a round made now."""
        if not self._asked.is_set():
            self._outside.tell("reconciliation.asked", {"cause": cause})
        self._asked.set()

    def observe(self, event: Event) -> None:
        """Take note of an event that was handled: prices for the cross-check, answers in doubt."""
        found = self._witness.hear(event)
        if found:
            self._found += found
            self._asked.set()
        if isinstance(event, OrderAnswered) and isinstance(event.answer, Unknown):
            self.ask(f"order {event.order_hash} is in doubt")

    async def run(self) -> None:
        """Compare for ever: every 30 s, when asked, and soon again after a difference.

        Raises:
            CommitUnknown: the process must end.

        """
        await self._begun.wait()
        pause_s = 0.0 if self._asked.is_set() else self._pace.every_s
        soon_s = self._pace.again_s
        while True:
            await self._wait(pause_s)
            await self._testify()
            try:
                verdict = await self._look(start=False, first=False)
            except Temporary as error:
                await self._missed(str(error))
                pause_s = soon_s = min(soon_s * 2, self._pace.every_s)
                continue
            await self._heard(verdict)
            if verdict.agreed and not verdict.waiting:
                soon_s = self._pace.again_s
                pause_s = self._pace.doubt_s if self._doubted() else self._pace.every_s
            else:
                pause_s, soon_s = soon_s, min(soon_s * 2, self._pace.every_s)

    # One round

    async def _look(self, *, start: bool, first: bool) -> Verdict:
        """Ask, judge, and repair.

        Raises:
            Temporary: the view is not complete; nothing was judged.

        """
        before = fingerprint(self._ours)
        view = await self._view()
        if first:
            await self._begin(view)
            before = fingerprint(self._ours)
        self._complete_s = self._outside.wall_s()
        look = self._seen(view, before=before, start=start)
        verdict = self._judge.judge(self._ours, look)
        if look.still:
            verdict = await self._with_memory(verdict)
        if verdict.findings:
            await self._views.floor.record(*(finding.drift for finding in verdict.findings))
            await self._deeds.do([deed for one in verdict.findings for deed in one.deeds])
        if verdict.unexplained:
            await self._diverged(verdict.unexplained)
        if verdict.agreed:
            self._agreed_s = self._complete_s
        return verdict

    def _seen(self, view: VenueView, *, before: int, start: bool) -> Look:
        unheard = [fill.fill_id for fill in view.fills if fill.fill_id not in self._ours.fills]
        return Look(
            view=view,
            still=fingerprint(self._ours) == before,
            now_us=self._outside.now_us(),
            wall_ms=int(self._outside.wall_s() * 1000),
            known=self._views.ledger.known_fills(unheard) if unheard else frozenset(),
            announced=self._deeds.announced(),
            start=start,
        )

    async def _view(self) -> VenueView:
        ours = self._ours
        hashes = [order.order_hash for order in ours.orders.values() if order.order_hash]
        times = [order.intent.made_us for order in ours.orders.values()]
        times += [one.fill.filled_us for one in ours.fills.values()]
        since_us = min(times, default=self._outside.now_us())
        since_us -= self._pace.margin_s * SECOND_US
        asked = self._views.venue.view(hashes, max(since_us, 0))
        return await beating(self._outside.heart, asked, most_s=VENUE_S_MAX)

    async def _with_memory(self, verdict: Verdict) -> Verdict:
        """Add what memory and ledger differ in, by the same rule of two."""
        drifts = await memory_drifts(self._views)
        more = self._judge.suspect(drifts, self._ours)
        return Verdict(
            verdict.findings,
            (*verdict.unexplained, *more.unexplained),
            (*verdict.doubted, *more.doubted),
            verdict.waiting,
        )

    # Before trading

    async def _agreed_at_start(self) -> bool:
        first = not self._views.ledger.deposits()
        until_s = self._outside.wall_s() + self._pace.start_s
        why = "the venue gave no complete view"
        for _ in range(ROUNDS_AT_START):
            try:
                verdict = await self._look(start=True, first=first)
            except Temporary as error:
                why = str(error)
            else:
                first = False
                if verdict.agreed:
                    self._outside.tell("reconciliation.agreed", {"when": "at start"})
                    return True
                why = _words(verdict)
                if verdict.unexplained:
                    break
            if self._outside.wall_s() > until_s:
                break
            await self._rest(self._pace.again_s)
        if first:
            raise Refused(f"the wallet cannot be read: {why}; try again", ExitCode.OUTSIDE)
        await self._outside.hold.pause(RECONCILING, why)
        self._outside.tell("reconciliation.not_agreed", {"when": "at start", "why": why})
        self._asked.set()
        return False

    def _remember(self) -> None:
        """Have the venue's side know what an earlier process knew."""
        following, ours = self._views.following, self._ours
        if following is None:
            return
        for recorded in self._views.ledger.recent(SETTLED_ENTRIES):
            if isinstance(recorded.entry, MarketSettled):
                following.settled(recorded.entry.market_id, recorded.entry.winner)
        for order in ours.working():
            if order.state is not OrderState.IN_FLIGHT:
                following.adopt(_prepared(order), _answer(order))
        for executed in ours.fills.values():
            following.adopt_fill(executed.fill)

    async def _begin(self, view: VenueView) -> None:
        """Take the venue's cash as ours; a wallet with anything else in it is not for us."""
        if view.positions:
            token, size = view.positions[0]
            raise Refused(
                f"the wallet holds {size} shares of token {token[:20]} that nothing of ours"
                f" bought, {len(view.positions)} such positions in all; sell or redeem them, or"
                " give the bot a wallet of its own"
            )
        if view.open_orders:
            raise Refused(
                f"the wallet has {len(view.open_orders)} open orders that nothing of ours made;"
                " cancel them, or give the bot a wallet of its own"
            )
        floor = self._views.floor
        moved = CapitalMoved(floor.frame, floor.at_us, view.cash, FIRST, afresh=True)
        await floor.carry(moved)

    # Consequences

    async def _heard(self, verdict: Verdict) -> None:
        """Lift what has healed; two agreeing views in a row end a divergence."""
        hold, self._missing = self._outside.hold, False
        await hold.lift(UNREACHABLE)
        self._clean = self._clean + 1 if verdict.agreed else 0
        if verdict.agreed:
            await hold.lift(RECONCILING)
        if self._clean > 1:
            self._since_s.clear()
            self._latched.clear()
            await hold.lift(DIVERGED)

    async def _missed(self, why: str) -> None:
        silent_s = self._outside.wall_s() - self._complete_s
        if not self._missing:
            self._outside.tell("reconciliation.missed", {"why": why})
        self._missing = True
        if silent_s >= self._pace.silent_s:
            detail = f"no complete view of the account for {int(silent_s)} s: {why}"
            await self._outside.hold.pause(UNREACHABLE, detail)

    async def _diverged(self, drifts: Sequence[DriftFound]) -> None:
        """Halt and say it once; what stays asks for the latch: only a person can explain it."""
        self._clean = 0
        now_s, line = self._outside.wall_s(), "; ".join(_line(one) for one in drifts[:3])
        fresh = [one for one in drifts if (one.cause, one.subject) not in self._since_s]
        self._since_s |= {(one.cause, one.subject): now_s for one in fresh}
        assert all(one.cause in UNEXPLAINED for one in drifts)  # noqa: S101 - the judge's promise
        if fresh:
            await self._views.floor.record(*fresh)
            self._outside.tell("reconciliation.diverged", {"why": line})
        await self._outside.hold.pause(DIVERGED, line)
        old = {(one.cause, one.subject) for one in drifts} - self._latched
        old = {key for key in old if now_s - self._since_s[key] >= self._pace.latch_s}
        if old:
            self._latched |= old
            self._outside.diverged(line)

    async def _testify(self) -> None:
        """Record where a resolution contradicts the prices we heard; it settles nothing."""
        found, self._found = self._found, []
        for one in found:
            await self._views.floor.record(
                AlertRaised(
                    "settlement.disagreed", Severity.CRITICAL, f"settlement {one.market_id}",
                    f"{one.slug} resolved against our own prices", str(one),
                    "runbooks/settlement.md",
                )
            )  # fmt: skip
            self._outside.tell("settlement.disagreed", {"slug": one.slug, "detail": str(one)})

    def _doubted(self) -> bool:
        return any(order.state is OrderState.UNKNOWN for order in self._ours.working())

    # Waiting

    async def _wait(self, most_s: float) -> None:
        """Wait for the next round, but give a burst of causes a moment to become one."""
        try:
            async with asyncio.timeout(most_s):
                await self._asked.wait()
            await asyncio.sleep(min(self._pace.again_s, most_s))
        except TimeoutError:
            pass
        self._asked.clear()

    async def _rest(self, seconds: float) -> None:
        await beating(self._outside.heart, asyncio.sleep(seconds), most_s=VENUE_S_MAX)


def _prepared(order: WorkingOrder) -> Prepared:
    return Prepared(order.intent.intent_id, order.order_hash, order.body, order.intent.made_us)


def _answer(order: WorkingOrder) -> Answer:
    return Accepted("") if order.state is OrderState.OPEN else Unknown("in doubt")


def _line(drift: DriftFound) -> str:
    return f"{drift.cause} {drift.subject}: ours {drift.ours}, venue {drift.theirs}"


def _words(verdict: Verdict) -> str:
    found: Iterable[DriftFound] = (
        *verdict.unexplained,
        *verdict.doubted,
        *(finding.drift for finding in verdict.findings),
    )
    return "; ".join(_line(one) for one in list(found)[:3])
