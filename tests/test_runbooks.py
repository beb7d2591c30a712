"""Whatever halts or pauses trading has a page, and the page names it."""

from pathlib import Path

import pytest

from bot.adapters.ledger.outbox.rule import RESUME, runbook_of
from bot.services.account import reconciler
from bot.services.guard.vital import Vitals, judge
from bot.services.live import switch

ROOT = Path(__file__).resolve().parent.parent
EVERYTHING_WRONG = Vitals(
    silent_s=1e6, window_open=True, jump_s=1e6, disk_mb=0, disk_mb_min=64, sent=100, failed=100,
    unknown=100,
)  # fmt: skip
PAUSES = (
    *judge(EVERYTHING_WRONG), switch.CAUSE, switch.RIVAL, reconciler.RECONCILING,
    reconciler.UNREACHABLE, reconciler.DIVERGED,
)  # fmt: skip
LATCHES = (
    "person", "file", "outside", "hung", "bug", "dying", "drawdown", "divergence",
    "foreign_heartbeat", "unreadable", "disk",
)  # fmt: skip


@pytest.mark.parametrize("cause", PAUSES)
def test_a_pause_names_the_page_that_names_it(cause: str) -> None:
    page = runbook_of(f"{cause}: some detail")
    assert page != RESUME
    assert f"`{cause}`" in (ROOT / page).read_text()


@pytest.mark.parametrize("cause", LATCHES)
def test_the_page_of_the_kill_explains_every_cause_of_a_latch(cause: str) -> None:
    assert f"`{cause}`" in (ROOT / "runbooks" / "kill.md").read_text()


def test_every_page_is_reached_from_somewhere() -> None:
    """A page that no alert, event or other page names is found by nobody at night."""
    pages = {file.name for file in (ROOT / "runbooks").glob("*.md")}
    sources = [
        *(ROOT / "bot").rglob("*.py"), *(ROOT / "ops").rglob("*.py"),
        *(ROOT / "runbooks").glob("*.md"), *(ROOT / "docs").glob("*.md"), ROOT / "README.md",
    ]  # fmt: skip
    texts = {file: file.read_text() for file in sources}
    lonely = {
        page
        for page in pages
        if not any(page in text for file, text in texts.items() if file.name != page)
    }
    assert lonely == set()
