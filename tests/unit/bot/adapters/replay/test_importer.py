"""The imported windows say what the package says, snapshot by snapshot, and what was made up."""

from collections import defaultdict
from pathlib import Path

import pytest

from bot.adapters.replay.feed import ReplayFeed
from bot.adapters.replay.importer import (
    ATTRIBUTION,
    ImportReport,
    import_resolvedkit,
    imported_resolvedkit,
)
from bot.adapters.replay.inspection import RecordingReport, inspect_recording
from bot.adapters.replay.recording import open_recording
from bot.adapters.replay.sample import Sample, Snapshot, load
from bot.adapters.replay.source import Tail, lines
from bot.domain.book import Book, Side
from bot.domain.event import (
    BookChanged,
    BookReplaced,
    Event,
    FrameRefused,
    MarketResolved,
    MarketSeen,
    TickChanged,
)
from bot.domain.market import Outcome, TokenId
from bot.domain.money import Price, Shares
from bot.domain.refusal import ExitCode, Refused
from tests.unit.bot.adapters.replay.recordings import apart

pytest.importorskip("resolvedkit", reason="the extra demo is not installed")
pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> ImportReport:
    return import_resolvedkit(tmp_path_factory.mktemp("sample") / "sample.jsonl.zst")


@pytest.fixture(scope="module")
def sample() -> Sample:
    return load()


@pytest.fixture(scope="module")
def inspected(imported: ImportReport) -> RecordingReport:
    return inspect_recording(imported.path)


def test_the_package_holds_what_the_recording_format_says_of_it(imported: ImportReport) -> None:
    """Known of the package beforehand; docs/recording.md repeats it."""
    assert (imported.windows, imported.snapshots) == (18, 38_333)
    assert (imported.off_grid, imported.crossed) == (4_016, 22)
    assert (imported.tick_changes, imported.sizes_rounded) == (26, 205)
    page = Path(__file__).parents[5] / "docs" / "recording.md"
    assert f"SHA-256 `{imported.sha256[:16]}" in page.read_text()


def test_it_says_whose_data_it_is_and_what_it_made_up(imported: ImportReport) -> None:
    assert "CC BY 4.0" in imported.attribution
    assert "Resolved Markets" in imported.attribution
    said = " ".join(imported.made_up)
    for made_up in ("token ids", "0.07", "tick_size_change", "closing", "Down before Up"):
        assert made_up in said


class Comparison:
    """Books that are held against the package's snapshots at every event."""

    def __init__(self, sample: Sample) -> None:
        self.wanted = {
            (each.at_us, sample.markets[each.market_id].token(each.outcome)): each
            for each in sample.snapshots
        }
        self.books: dict[str, Book] = {}
        self.compared = self.crossed = 0

    def take(self, event: Event) -> None:
        match event:
            case MarketSeen(market=market):
                self.books |= {token: Book(market.tick) for token in (market.up, market.down)}
            case TickChanged(token=token, tick=tick):
                self.books[token].regrid(tick)
            case BookReplaced(token=token, at_us=at_us):
                self.books[token].snapshot(event.bids, event.asks, at_us)
                self.compare(token, at_us)
            case BookChanged(at_us=at_us, changes=changes):
                for token, side, price, size in changes:
                    self.books[token].change(side, price, size, at_us)
                for token in {token for token, *_ in changes}:
                    self.compare(token, at_us)
            case FrameRefused(kind="crossed", tokens=(token,), at_us=at_us):
                assert self.wanted.pop((at_us, token)).crossed
                self.crossed += 1
            case _:
                assert isinstance(event, MarketResolved)

    def compare(self, token: str, at_us: int) -> None:
        snapshot = self.wanted.pop((at_us, token))
        book = self.books[token]
        assert book.tradable or not snapshot.bids or not snapshot.asks
        assert dict(book.levels(Side.BUY)) == snapshot.bids
        assert dict(book.levels(Side.SELL)) == snapshot.asks
        self.compared += 1


async def test_every_snapshot_stands_in_the_books_at_its_time(
    imported: ImportReport, sample: Sample
) -> None:
    """All levels of all 38,333, but for the crossed ones, which are refused and not believed."""
    comparison = Comparison(sample)
    async for batch in ReplayFeed.open(imported.path).batches(1):
        for event in (part for each in batch for part in apart(each)):
            comparison.take(event)
    assert comparison.crossed == 22
    # What is left did not differ from the snapshot before it, so there was nothing to send.
    before: dict[str, Snapshot] = {}
    for snapshot in sample.snapshots:
        token = sample.markets[snapshot.market_id].token(snapshot.outcome)
        if (snapshot.at_us, token) in comparison.wanted:
            assert (snapshot.bids, snapshot.asks) == (before[token].bids, before[token].asks)
            comparison.compared += 1
        before[token] = snapshot
    assert comparison.compared + comparison.crossed == 38_333


async def test_a_window_is_listed_first_and_resolved_last(
    imported: ImportReport, sample: Sample
) -> None:
    places: dict[str, list[object]] = defaultdict(list)
    market_of: dict[TokenId, str] = {}
    async for batch in ReplayFeed.open(imported.path).batches(1):
        for event in (part for each in batch for part in apart(each)):
            match event:
                case MarketSeen(market=market):
                    market_of |= dict.fromkeys((market.up, market.down), market.market_id)
                    places[market.market_id].append("listed")
                    assert (market.tick, market.size_min) == (
                        Price.parse("0.01"),
                        Shares.parse("5"),
                    )
                    assert market.fees.rate_micros == 70_000
                case MarketResolved(market_id=market_id, winner=winner, at_us=at_us):
                    places[market_id].append(winner)
                    assert at_us >= sample.markets[market_id].end_us
                case BookReplaced(token=token):
                    places[market_of[token]].append("book")
                case _:
                    pass
    for settled in sample.markets.values():
        place = places[settled.market_id]
        assert place[:2] == ["listed", "book"]
        assert place[-1] is (Outcome.UP if settled.up_won else Outcome.DOWN)
    assert len(places) == 18


async def test_down_comes_before_up_at_one_time(imported: ImportReport, sample: Sample) -> None:
    downs = {market.token("DOWN") for market in sample.markets.values()}
    both = 0
    async for batch in ReplayFeed.open(imported.path).batches(1):
        for event in (part for each in batch for part in apart(each)):
            if isinstance(event, BookChanged):
                sides = [token in downs for token, *_ in event.changes]
                assert sides == sorted(sides, reverse=True)
                both += len(set(sides)) == 2
    assert both > 1_000


def test_the_inspection_finds_what_the_import_wrote(
    imported: ImportReport, inspected: RecordingReport
) -> None:
    assert inspected.recording.sha256 == imported.sha256
    assert inspected.recording.frames == imported.frames
    assert sum(count for _, count in inspected.streams) == imported.frames
    assert dict(inspected.streams)["gamma"] == 36
    assert dict(inspected.events)["BookReplaced"] == imported.books - imported.crossed
    assert dict(inspected.events)["BookChanged"] == imported.price_changes
    assert [(each.kind, each.count) for each in inspected.anomalies] == [("crossed", 22)]
    assert sum(row.anomalies for row in inspected.windows) == 22
    assert len(inspected.windows) == 18
    winners = [row.winner for row in inspected.windows]
    assert (winners.count("up"), winners.count("down")) == (13, 5)


def test_an_import_is_the_same_everywhere_and_kept(imported: ImportReport, tmp_path: Path) -> None:
    """Or a ledger would not resume on the same windows on another machine."""
    told: list[tuple[int, int]] = []
    folder = tmp_path / "not" / "yet"
    kept = imported_resolvedkit(folder, lambda *place: told.append(place))
    assert open_recording(kept).sha256 == imported.sha256
    assert told[-1] == (38_333, 38_333)
    assert list(folder.iterdir()) == [kept]
    assert imported_resolvedkit(folder, lambda *_: pytest.fail("imported again")) == kept


def test_an_import_never_replaces_a_file(tmp_path: Path) -> None:
    (tmp_path / "mine.jsonl").write_text("x")
    with pytest.raises(Refused, match="exists"):
        import_resolvedkit(tmp_path / "mine.jsonl")
    assert (tmp_path / "mine.jsonl").read_text() == "x"


def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(Refused, match="cannot be written") as raised:
        import_resolvedkit(tmp_path / "file" / "out.jsonl")
    assert raised.value.code is ExitCode.UNAVAILABLE


def test_every_window_names_its_source_in_the_file(imported: ImportReport) -> None:
    gammas = [
        text
        for group in lines(imported.path, Tail())
        for text in group
        if b'"stream":"gamma"' in text
    ]
    assert len(gammas) == 36
    assert all(ATTRIBUTION.encode() in text for text in gammas)
