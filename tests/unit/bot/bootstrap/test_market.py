"""What the feed cannot mend by itself is told to a person; everything else is only logged."""

import asyncio
from pathlib import Path

from bot.adapters.polymarket.feed.place import Notice, Severity
from bot.bootstrap.market import Notices, alert_of
from bot.domain.entry import AlertRaised, Entry
from bot.domain.entry import Severity as Urgency
from bot.services.live.crew import Crew

ROOT = Path(__file__).parents[4]
SILENT = Notice(Severity.ERROR, "feed.price_silent", {"symbol": "btcusd"})


class Kept:
    """A floor that keeps what is recorded."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    async def record(self, *entries: Entry) -> None:
        await asyncio.sleep(0)
        self.entries += entries


async def test_an_error_becomes_an_alert_of_its_own_subject() -> None:
    kept, crew = Kept(), Crew()
    notices = Notices(crew)
    notices.tell(SILENT)
    notices.attend(kept)
    notices.tell(SILENT)
    notices.tell(Notice(Severity.WARNING, "feed.market_lost", {"why": "closed"}))
    notices.tell(Notice(Severity.INFO, "feed.market_connected"))
    assert await crew.settled(5)
    (alert,) = kept.entries
    assert isinstance(alert, AlertRaised)
    assert (alert.kind, alert.severity) == ("feed.price_silent", Urgency.WARNING)
    assert (alert.key, alert.title) == ("feed.price_silent btcusd", "price silent")
    assert alert.detail == "symbol btcusd"


def test_the_page_it_names_is_there() -> None:
    assert (ROOT / alert_of(SILENT).runbook).is_file()
