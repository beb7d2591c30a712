"""`poly events`: the ledger's entries as they are written; read-only, and it can follow."""

import json
import time
from collections.abc import Iterator

import click

from bot.adapters.ledger.reader import EventRow, LedgerReader
from ops import place
from ops.report import as_json, emit, say
from ops.row import iso, utc

POLL_S = 0.2
BATCH = 500
LEFT_OUT = {
    "signal",
    "components",
    "config",
    "body",
    "versions",
    "component_hashes",
    "market",
    "position",
}
"""Too long for a line; `--json` has them."""


@click.command(
    epilog="\b\nExample:\n  poly events --follow --type fill_recorded\n\n\b\nExit codes:\n"
    "  0    read\n  3    the ledger cannot be trusted\n  4    no ledger there\n"
    "  130  interrupted while following"
)
@click.option("--last", default=20, show_default=True, type=click.IntRange(0, 1_000_000))
@click.option("--after", type=click.IntRange(0), help="All after this event, instead of --last.")
@click.option("--type", "kinds", multiple=True, help="Only events of this type; may be repeated.")
@click.option("--follow", is_flag=True, help="Go on with what is written from now on.")
@place.data_dir
@as_json
def command(
    data_dir: str | None,
    kinds: tuple[str, ...],
    last: int,
    after: int | None,
    **flags: bool,
) -> None:
    """Show the ledger's events, oldest first.

    With --json one object with all of them; with --json --follow one object an event and line.
    """
    as_json, follow = flags["as_json"], flags["follow"]
    with LedgerReader.open(place.directory(data_dir)) as ledger:
        start = max(0, ledger.last_seq() - last) if after is None else after
        every = rows(ledger, start, follow=follow)
        wanted = (row for row in every if not kinds or row.event_type in kinds)
        if as_json and not follow:
            emit({"events": [event(row) for row in wanted]})
            return
        for row in wanted:
            if as_json:
                emit(event(row))
            else:
                say(line(row))


def rows(ledger: LedgerReader, after: int, *, follow: bool) -> Iterator[EventRow]:
    """Yield events after a sequence, in order; with `follow` never end."""
    while True:
        found = ledger.events(after_seq=after, limit=BATCH)
        yield from found
        if found:
            after = found[-1].seq
        if len(found) < BATCH:
            if not follow:
                return
            time.sleep(POLL_S)


def event(row: EventRow) -> dict[str, object]:
    """Return an event as an object, its content decoded."""
    return {
        "seq": row.seq,
        "frame": row.frame,
        "at": iso(row.at_us),
        "type": row.event_type,
        "market_id": row.market_id,
        "strategy_id": row.strategy_id,
        "order_hash": row.order_hash,
        "content": json.loads(row.content),
        "hash": row.hash,
    }


def line(row: EventRow) -> str:
    """Return an event on one line: when, what, and its plain values."""
    content = json.loads(row.content)
    said = " ".join(f"{key}={value}" for key, value in dict(plain(content)).items())
    return f"{row.seq:>7}  {utc(row.at_us)}  {row.event_type:17}  {said}"


def plain(content: object, name: str = "") -> list[tuple[str, str]]:
    """Return the values of an entry that fit on a line, hashes shortened, micros as they are."""
    if isinstance(content, dict):
        if set(content) == {"micros"}:
            return [(name, str(content["micros"] / 1_000_000))]
        return [
            pair
            for key, value in content.items()
            if key not in LEFT_OUT
            for pair in plain(value, key)
        ]
    if isinstance(content, list) or content in ("", None):
        return []
    text = str(content)
    return [(name, text[:16] if len(text) > 40 else text)]  # noqa: PLR2004 - a hash, not a word
