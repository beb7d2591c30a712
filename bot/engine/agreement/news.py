"""What the venue shows and the engine has not heard: executions, their ends, resolutions."""

from dataclasses import dataclass, field

from bot.domain.entry import DriftFound
from bot.domain.event import FillConfirmed, FillVoided, OrderFilled, ResolutionFound
from bot.domain.fill import Fill
from bot.domain.market import MarketId
from bot.engine.accounting import Portfolio
from bot.engine.agreement.look import PLACE, Finding, Look, Tell

FAILED = "the trade failed on the chain"


@dataclass(slots=True)
class News:
    """Differences in executions."""

    missing: list[Fill] = field(default_factory=list)
    """Executed at the venue under an order of ours, and not recorded."""
    foreign: list[Fill] = field(default_factory=list)
    """Executed at the venue under no order of ours."""
    failed: list[Fill] = field(default_factory=list)
    """Recorded, and failed at the venue."""
    explained: list[Finding] = field(default_factory=list)
    strange: list[DriftFound] = field(default_factory=list)


def fill_findings(ours: Portfolio, look: Look) -> News:
    """Compare executions, each by its id."""
    news = News()
    there = {fill.fill_id: fill for fill in look.view.fills}
    for fill in there.values():
        _compare(ours, look, fill, news)
    failed = set(look.view.failed)
    for fill_id, executed in ours.fills.items():
        fill = executed.fill
        if fill_id in failed:
            news.failed.append(fill)
            told = FillVoided(PLACE, PLACE, fill_id, FAILED)
            drift = DriftFound("void_not_recorded", fill_id, _said(fill), "failed", "adopt")
            news.explained.append(Finding(drift, (Tell(told),)))
        elif fill_id not in there:
            news.strange.append(DriftFound("fill_missing", fill_id, _said(fill), "none", "halt"))
    return news


def _compare(ours: Portfolio, look: Look, fill: Fill, news: News) -> None:
    fill_id = fill.fill_id
    recorded = ours.fills.get(fill_id)
    if recorded is not None:
        if recorded.provisional and not fill.provisional:
            drift = DriftFound("proof_not_recorded", fill_id, "provisional", "final", "adopt")
            told = FillConfirmed(PLACE, PLACE, fill_id)
            news.explained.append(Finding(drift, (Tell(told),)))
    elif fill.order_hash in ours.by_hash:
        news.missing.append(fill)
        drift = DriftFound("fill_not_recorded", fill_id, "none", _said(fill), "adopt")
        news.explained.append(Finding(drift, (Tell(OrderFilled(PLACE, PLACE, fill)),)))
    elif fill_id not in look.known:
        news.foreign.append(fill)
        news.strange.append(DriftFound("external_fill", fill_id, "none", _said(fill), "halt"))


def resolution_findings(ours: Portfolio, look: Look) -> list[Finding]:
    """Return resolutions the venue has and the feed did not tell, of windows that are over."""
    found: list[Finding] = []
    for market_id, winner in look.view.resolved:
        market = ours.markets.get(market_id)
        if market is None or look.now_us < market.window.end_us or not _ends(ours, market_id):
            continue
        drift = DriftFound("settlement_not_recorded", market_id, "open", f"{winner} won", "adopt")
        told = ResolutionFound(PLACE, PLACE, market_id, winner, "the venue's resolutions")
        found.append(Finding(drift, (Tell(told),)))
    return found


def _ends(ours: Portfolio, market_id: str) -> bool:
    """Say whether a resolution would change anything: it waits for what is provisional or open."""
    working = any(not order.state.final for order in ours.of_market(MarketId(market_id)))
    return not working and not ours.provisional(MarketId(market_id))


def _said(fill: Fill) -> str:
    return f"{fill.side} {fill.size} at {fill.price}"
