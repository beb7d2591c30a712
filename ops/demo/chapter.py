"""The trade act's chapter of the report: equity, windows, expected against actual, the proof.

Pure: a story and the recorded mids in, HTML out.
"""

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.domain.book import Side
from bot.domain.market import SECOND_US, MarketId, Outcome
from bot.domain.money import MICROS, Usd, format_micros
from ops.demo import chart
from ops.demo.page import rows, tiles
from ops.demo.story import OrderStory, Story, WindowStory, cents, clock, signed, span

Mids = Mapping[MarketId, Sequence[chart.Point]]
"""Mid of the Up book by market: (seconds into the window, price)."""


@dataclass(frozen=True, slots=True)
class Kill:
    """One SIGKILL: when on the recorded clock, and what it took with it."""

    at_us: int
    took: str


@dataclass(frozen=True, slots=True)
class Proof:
    """What the kills were survived with."""

    summary: Mapping[str, object]
    kills: Sequence[Kill]
    content_hash: str
    undisturbed_content_hash: str
    orders_left_without_volume: int
    orders_before_without_volume: int

    @property
    def same(self) -> bool:
        """Say whether the killed run ended with the books of the undisturbed one."""
        return self.content_hash == self.undisturbed_content_hash


def chapter(story: Story, mids: Mids, proof: Proof) -> str:
    """Return the whole chapter."""
    return "".join((verdict(proof), figures(proof), equity(story, proof.kills), expected(story),
                    windows(story, mids), orders(story)))  # fmt: skip


def verdict(proof: Proof) -> str:
    """Return what was proved, or that it was not."""
    kills = "".join(
        f"<li>at {clock(kill.at_us, '%H:%M:%S')} of the recorded day: "
        f"SIGKILL to {html.escape(kill.took)}</li>"
        for kill in proof.kills
    )
    claim = (
        "Killed and resumed, it ended with exactly the books of the undisturbed run."
        if proof.same
        else "The killed run did NOT end with the books of the undisturbed run."
    )
    return (
        f'<div class="card verdict{"" if proof.same else " no"}"><div><b>{claim}</b>'
        f"<ul>{kills}</ul><p><code>content_hash {proof.content_hash}</code><br>"
        f"<code>undisturbed&nbsp; {proof.undisturbed_content_hash}</code></p>"
        f'<p class="soft">The same kill without a volume: of '
        f"{proof.orders_before_without_volume} orders, {proof.orders_left_without_volume} "
        "are left.</p></div></div>"
    )


def figures(proof: Proof) -> str:
    """Return the row of large figures."""
    summary = proof.summary
    names = {
        "windows": "windows", "orders": "orders", "fills": "fills", "denied": "denied by risk",
        "fees_usd": "USD fees", "realized_pnl_usd": "USD realised", "equity_usd": "USD equity",
        "max_drawdown_usd": "USD max drawdown",
    }  # fmt: skip
    return tiles([(str(summary.get(key, "")), name) for key, name in names.items()])


def equity(story: Story, kills: Sequence[Kill]) -> str:
    """Return equity over the day, with the kills."""
    points = [(at / SECOND_US, value / MICROS) for at, value in story.equity]
    if not points:
        return '<h3>Equity</h3><p class="soft">Nothing was traded.</p>'
    values = [value for _, value in points]
    pad = max((max(values) - min(values)) * 0.12, 0.5)
    frame = chart.Frame(
        1072, 260, points[0][0], points[-1][0], min(values) - pad, max(values) + pad, left=56
    )
    levels = chart.ticks(frame.y_min, frame.y_max, 4)
    hours = chart.ticks(frame.x_min / 3600, frame.x_max / 3600, 6)
    picture = frame.svg(
        *(chart.rule(frame, level, f"{level:,.2f}") for level in levels),
        chart.area(points, frame, "wash", frame.y_min),
        chart.line(points, frame, "equity", steps=True),
        *(
            chart.upright(frame, kill.at_us / SECOND_US, "kill", f"SIGKILL to {kill.took}")
            for kill in kills
        ),
        *(
            chart.text(frame.x(at), 254, clock(round(at * SECOND_US)), anchor="middle")
            for at in (hour * 3600 for hour in hours)
        ),
        label="equity over the recorded day",
    )
    return (
        '<h3>Equity</h3><p class="soft">Cash and positions at the bid, in USD, on the recorded '
        "clock (UTC). Red: the engine was killed here and came back.</p>"
        f'<div class="card">{picture}</div>'
    )


def windows(story: Story, mids: Mids) -> str:
    """Return one small picture a window."""
    cards = "".join(
        card(window, mids.get(market_id, ())) for market_id, window in story.windows.items()
    )
    return (
        '<h3>Each window</h3><p class="soft">The mid of the Up book, as recorded, over the '
        "15 minutes, and our fills on it (a fill of Down stands at one minus its price).</p>"
        '<div class="legend"><span><i class="pos">&#9650;</i> bought Up</span>'
        '<span><i style="color:var(--down)">&#9660;</i> bought Down</span>'
        f'<span><i>&#9632;</i> sold</span></div><div class="grid">{cards}</div>'
    )


def card(window: WindowStory, mid: Sequence[chart.Point]) -> str:
    """Return the picture of one window."""
    length = (window.market.window.end_us - window.market.window.start_us) / SECOND_US
    frame = chart.Frame(318, 150, 0, length, 0, 1, left=30)
    picture = frame.svg(
        *(chart.rule(frame, level, f"{level:g}") for level in (0, 1)),
        chart.rule(frame, 0.5, "0.5", "half"),
        chart.line([point for point in mid if 0 <= point[0] <= length], frame, "mid"),
        chart.marks([mark for order in window.orders for mark in fills(order, window)], frame),
        *(
            chart.text(frame.x(minute * 60), 146, f"{minute} min", anchor="middle")
            for minute in (5, 10)
        ),
        label=f"mid of {window.market.slug} and our fills",
    )
    won = f"{window.winner.title()} won" if window.winner else "open"
    kind = "none" if not window.orders else "pos" if window.profit.micros >= 0 else "neg"
    chip = signed(window.profit) if window.orders else "no trade"
    return (
        f'<div class="card"><div class="top"><span><b>{span(window.market.window)}</b> '
        f'<span class="soft">{won}</span></span><span class="chip {kind}">{chip}</span></div>'
        f"{picture}</div>"
    )


def fills(order: OrderStory, window: WindowStory) -> list[chart.Mark]:
    """Return the marks of one order's fills on its window's picture."""
    found = []
    for fill in order.fills:
        price = fill.price.micros / MICROS
        up = price if fill.outcome is Outcome.UP else 1 - price
        kind = "sell" if fill.side is Side.SELL else str(fill.outcome)
        when = clock(fill.filled_us, "%H:%M:%S")
        title = f"{when} {fill.side} {fill.size} {fill.outcome} at {fill.price}"
        at = (fill.filled_us - window.market.window.start_us) / SECOND_US
        found.append(chart.Mark(at, up, kind, title))
    return found


def expected(story: Story) -> str:
    """Return expected against actual: price by price, and fee by fee."""
    done = [order for order in story.orders.values() if order.fills]
    if not done:
        return ""
    prices = [
        (order.intent.signal.expected_price.micros / MICROS, order.price_micros / MICROS, order)
        for order in done
    ]
    fees = [
        (order.intent.signal.expected_fee.micros / MICROS, order.fee.micros / MICROS, order)
        for order in done
    ]
    slips = [order.slip_micros for order in done]
    mean = Usd(round(sum(slips) / len(slips)))
    return (
        f'<h3>Expected against actual</h3><p class="soft">{len(done)} filled orders. On the dashed '
        f"line what was got is what was expected. Price: {signed(mean, 4)} USD a share worse on "
        f"average (negative is better), worst {signed(Usd(max(slips)), 4)}.</p>"
        f'<div class="two"><div class="card">{versus(prices, "price, USD a share")}</div>'
        f'<div class="card">{versus(fees, "fee, USD")}</div></div>'
    )


def versus(points: Sequence[tuple[float, float, OrderStory]], what: str) -> str:
    """Return a picture of expected (across) against actual (up)."""
    values = [value for x, y, _ in points for value in (x, y)]
    pad = (max(values) - min(values)) * 0.08 or max(values) * 0.1 or 1
    low, high = min(values) - pad, max(values) + pad
    frame = chart.Frame(500, 300, low, high, low, high, left=50, bottom=36)
    levels = chart.ticks(low, high, 5)
    return frame.svg(
        *(chart.rule(frame, level, f"{level:.4g}") for level in levels),
        *(chart.text(frame.x(level), 282, f"{level:.4g}", anchor="middle") for level in levels),
        chart.line([(low, low), (high, high)], frame, "same"),
        chart.marks(
            [
                chart.Mark(x, y, f"dot {order.intent.terms.outcome}", f"{x:.4f}, got {y:.4f}")
                for x, y, order in points
            ],
            frame,
        ),
        chart.text(frame.width - 8, 298, f"expected {what}"),
        chart.text(frame.left, 8, f"actual {what}", anchor="start"),
        label=f"expected against actual {what}",
    )  # fmt: skip


def orders(story: Story) -> str:
    """Return every order as a table."""
    headings = (
        "time", "order", "state", "shares", "expected", "actual", "worse by", "expected fee",
        "fee", "why",
    )  # fmt: skip
    total = cents(sum((window.profit for window in story.windows.values()), Usd(0)))
    return (
        f'<h3>Every order</h3><p class="soft">Realised in all: {total} USD.</p>'
        f"{rows(headings, [row(order) for order in story.orders.values()])}"
    )


def row(order: OrderStory) -> tuple[str, ...]:
    """Return one order's line of the table."""
    terms, signal = order.intent.terms, order.intent.signal
    got = (
        (format_micros(order.price_micros), signed(Usd(order.slip_micros), 4))
        if order.fills
        else ("", "")
    )
    return (
        clock(order.intent.made_us, "%H:%M:%S"),
        f"{terms.side} {terms.outcome}",
        str(order.state),
        format_micros(order.size_micros),
        str(signal.expected_price),
        *got,
        str(signal.expected_fee),
        format_micros(order.fee.micros),
        signal.reason,
    )
