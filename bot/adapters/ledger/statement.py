"""Every statement that writes, built with SQLAlchemy, compiled once, run on the raw connection.

Columns come from schema.sql, so a statement cannot name one that is not there. What goes into
them is `projection`'s business; nothing here runs anything.
"""

from collections.abc import Callable, Iterable
from functools import cache
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Executable,
    Integer,
    ScalarSelect,
    and_,
    bindparam,
    case,
    column,
    func,
    literal_column,
    not_,
    select,
    table,
    update,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.sqlite import Insert, insert
from sqlalchemy.sql.expression import TableClause

from bot.adapters.ledger import driver

SCHEMA: Final = Path(__file__).with_name("schema.sql")
MILLION: Final[ColumnElement[Any]] = literal_column("1000000", Integer)
_ZERO: Final[ColumnElement[Any]] = literal_column("0", Integer)

Value = int | str | None
Row = dict[str, Value]


@cache
def columns() -> dict[str, tuple[str, ...]]:
    """Return the columns of every table of schema.sql, in order."""
    connection = driver.connect("file::memory:")
    connection.executescript(SCHEMA.read_text())
    names = [
        str(name)
        for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type='table'")
    ]
    found = {
        name: tuple(str(row[1]) for row in connection.execute(f"PRAGMA table_info({name})"))
        for name in names
    }
    connection.close()
    return found


def of(name: str) -> TableClause:
    """Return a table of the schema."""
    return table(name, *(column(each) for each in columns()[name]))


def given(name: str) -> BindParameter[Any]:
    """Return the value a row gives under `name`; the prefix keeps it apart from the column."""
    return bindparam(f"v_{name}")


class Statement:
    """Compiled SQL and how to lay a row out for it; `found` demands that it changes a row."""

    __slots__ = ("_layout", "found", "sql", "wants")

    def __init__(self, statement: Executable, *, found: bool = False) -> None:
        """Compile for SQLite's positional parameters."""
        compiled = statement.compile(dialect=sqlite.dialect(paramstyle="qmark"))  # type: ignore[attr-defined]
        wanted = tuple(name.removeprefix("v_") for name in compiled.positiontup or ())
        self.sql: str = str(compiled)
        self.wants: Final = frozenset(wanted)
        self.found = found
        # Doubled last, because an itemgetter of one name returns no tuple.
        layout: Callable[[Row], tuple[Value, ...]] = itemgetter(*wanted, wanted[-1])
        self._layout: Final = layout

    def values(self, row: Row) -> tuple[Value, ...]:
        """Return the row's values in the statement's order."""
        return self._layout(row)[:-1]


def ratio(dividend: ColumnElement[Any], divisor: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return the integer quotient, NULL for a divisor of 0; SQLAlchemy's own `/` is a float's."""
    return dividend.op("/")(func.nullif(divisor, literal_column("0")))


EVENTS, HEAD, MARKETS, INTENTS = map(
    of, ("trade_events", "ledger_head", "markets", "trade_intents")
)
ORDERS, FILLS, POSITIONS, SETTLEMENTS = map(of, ("orders", "fills", "positions", "settlements"))
CASH, STRATEGIES, DAYS, BOOTS = map(
    of, ("cash", "strategy_instances", "daily_performance", "boots")
)
DENIALS, ANOMALIES, DRIFTS, STATES = map(of, ("denials", "anomalies", "drifts", "trading_states"))
MARKS = of("equity_marks")
CHAIN = of("chain_actions")


def adding(into: TableClause, /, **special: ColumnElement[Any] | ScalarSelect[Any]) -> Insert:
    """Return an insert of every column, given by the row but for the special ones."""
    return insert(into).values({c.name: special.get(c.name, given(c.name)) for c in into.c})


def upsert(
    statement: Insert,
    key: Iterable[str],
    *,
    keep: Iterable[str] = (),
    **special: ColumnElement[Any],
) -> Insert:
    """Return the insert, which replaces the row of the same key but for what is kept."""
    key = list(key)
    kept = {*key, *keep}
    new = statement.excluded
    changed = {c.name: special.get(c.name, new[c.name]) for c in new if c.name not in kept}
    return statement.on_conflict_do_update(index_elements=key, set_=changed)


def slug() -> ScalarSelect[Any]:
    """Return the old bot's window id: the slug of the row's market, NULL if it is not listed."""
    return select(MARKETS.c.slug).where(MARKETS.c.market_id == given("market_id")).scalar_subquery()


ADD_EVENT: Final = Statement(adding(EVENTS))

_head = adding(HEAD, id=literal_column("1"))
SET_HEAD: Final = Statement(
    upsert(
        _head,
        ["id"],
        **{n: HEAD.c[n] + _head.excluded[n] for n in ("intents", "orders", "fills", "denied")},
    )
)

_market = adding(
    MARKETS,
    **dict.fromkeys(("winner", "settled_seq", "settled_us"), literal_column("NULL")),
    listed_seq=given("seq"),
    changed_seq=given("seq"),
)
LIST_MARKET: Final = Statement(
    upsert(_market, ["market_id"], keep=("winner", "listed_seq", "settled_seq", "settled_us"))
)
SETTLE_MARKET: Final = Statement(
    update(MARKETS)
    .where(MARKETS.c.market_id == given("market_id"))
    .values(
        winner=given("winner"),
        settled_seq=func.coalesce(MARKETS.c.settled_seq, given("seq")),
        settled_us=func.coalesce(MARKETS.c.settled_us, given("at_us")),
    ),
    found=True,
)

ADD_INTENT: Final = Statement(adding(INTENTS, window_id=slug()))
CHANGE_INTENT: Final = Statement(
    update(INTENTS)
    .where(INTENTS.c.intent_id == given("intent_id"))
    .values(status=given("intent_status"), result=given("result"), completed_us=given("closed_us")),
    found=True,
)
ADD_ORDER: Final = Statement(adding(ORDERS, window_id=slug()))
_acked = func.coalesce(ORDERS.c.acked_us, given("acked_us"))
CHANGE_ORDER: Final = Statement(
    update(ORDERS)
    .where(ORDERS.c.order_hash == given("order_hash"))
    .values(
        status=given("status"),
        reason=given("reason"),
        filled_size_micros=given("filled_size_micros"),
        acked_us=_acked,
        latency_us=_acked - ORDERS.c.submitted_us,
        closed_us=given("closed_us"),
        changed_seq=given("seq"),
    ),
    found=True,
)

# 1 unless this very fill is recorded already: recording one twice changes no sum.
_known = select(FILLS.c.seq).where(FILLS.c.fill_id == given("fill_id")).exists()
_is_new = case((_known, literal_column("0", Integer)), else_=literal_column("1", Integer))
_notional = ORDERS.c.filled_notional_micros + given("notional_micros") * _is_new
FILL_ORDER: Final = Statement(
    update(ORDERS)
    .where(ORDERS.c.order_hash == given("order_hash"))
    .values(
        filled_size_micros=given("filled_size_micros"),
        filled_notional_micros=_notional,
        avg_fill_price_micros=ratio(_notional * MILLION, given("filled_size_micros")),
        fees_micros=ORDERS.c.fees_micros + given("fee_micros") * _is_new,
        filled_us=given("filled_us"),
        changed_seq=given("seq"),
    ),
    found=True,
)
# 1 while this very fill stands: taking one back twice changes no sum.
_standing = (
    select(FILLS.c.seq)
    .where(FILLS.c.fill_id == given("fill_id"), FILLS.c.status != literal_column("'voided'"))
    .exists()
)
_stands = case((_standing, literal_column("1", Integer)), else_=literal_column("0", Integer))
_left = ORDERS.c.filled_notional_micros - given("notional_micros") * _stands
TAKE_FROM_ORDER: Final = Statement(
    update(ORDERS)
    .where(ORDERS.c.order_hash == given("order_hash"))
    .values(
        filled_size_micros=given("filled_size_micros"),
        filled_notional_micros=_left,
        avg_fill_price_micros=ratio(_left * MILLION, given("filled_size_micros")),
        fees_micros=ORDERS.c.fees_micros - given("fee_micros") * _stands,
        changed_seq=given("seq"),
    ),
    found=True,
)
MARK_FILL: Final = Statement(
    update(FILLS).where(FILLS.c.fill_id == given("fill_id")).values(status=given("status")),
    found=True,
)
ADD_FILL: Final = Statement(upsert(adding(FILLS, window_id=slug()), ["fill_id"], keep=["seq"]))

_position = adding(POSITIONS, window_id=slug())
_has = _position.excluded.size_micros > literal_column("0")
_had = POSITIONS.c.size_micros > literal_column("0")
SET_POSITION: Final = Statement(
    upsert(
        _position,
        ["market_id", "strategy_id", "outcome"],
        keep=["side", "window_id", "opened_seq"],
        token_id=func.coalesce(_position.excluded.token_id, POSITIONS.c.token_id),
        entry_price_micros=case(
            (_has, _position.excluded.entry_price_micros), else_=POSITIONS.c.entry_price_micros
        ),
        opened_us=case(
            (and_(_has, not_(_had)), _position.excluded.opened_us), else_=POSITIONS.c.opened_us
        ),
    )
)
ADD_SETTLEMENT: Final = Statement(
    upsert(
        adding(SETTLEMENTS, window_id=slug()),
        ["market_id", "strategy_id", "outcome"],
        keep=["seq"],
    )
)
ADD_CASH: Final = Statement(adding(CASH))
_last_cash = CASH.c.seq == select(func.max(CASH.c.seq)).scalar_subquery()
_equity = select(CASH.c.equity_micros).where(_last_cash)
_equity_after = func.coalesce(_equity.scalar_subquery(), literal_column("0")) + given(
    "deposit_micros"
)
DEPOSIT: Final = Statement(adding(CASH, equity_micros=_equity_after))

COMPOSE: Final = Statement(
    upsert(adding(STRATEGIES), ["strategy_id", "strategy_hash"], keep=["created_us", "seq"])
)
RETIRE: Final = Statement(
    update(STRATEGIES)
    .where(
        STRATEGIES.c.strategy_id == given("strategy_id"),
        STRATEGIES.c.strategy_hash != given("strategy_hash"),
    )
    .values(active=literal_column("0"))
)

_same = and_(
    POSITIONS.c.market_id == given("market_id"),
    POSITIONS.c.strategy_id == given("strategy_id"),
    POSITIONS.c.outcome == given("outcome"),
)
_before = select(POSITIONS.c.pnl_micros).where(_same).scalar_subquery()
_was_open = (
    select(case((_had, literal_column("1", Integer)), else_=_ZERO)).where(_same).scalar_subquery()
)
_others = select(func.sum(POSITIONS.c.cost_micros)).where(_had, not_(_same)).scalar_subquery()
_balance = select(CASH.c.cash_micros).where(_last_cash)
_last_day = DAYS.c.date == select(func.max(DAYS.c.date)).scalar_subquery()
_peak = select(DAYS.c.peak_equity_micros).where(_last_day)
_FALLS = (
    "drawdown_micros",
    "max_drawdown_micros",
    "drawdown_pct_micros",
    "max_drawdown_pct_micros",
)
_SUMS = ("realized_pnl_micros", "fees_micros", "trades_count", "wins", "losses")


def _add_to_day(equity: ColumnElement[Any], counts: ColumnElement[Any] = _is_new) -> Statement:
    day = adding(
        DAYS,
        starting_balance_micros=func.coalesce(_balance.scalar_subquery(), _ZERO),
        equity_micros=equity,
        peak_equity_micros=func.max(
            equity,
            func.coalesce(_peak.scalar_subquery() + given("deposit_micros"), equity),
        ),
        realized_pnl_micros=given("pnl_micros") - func.coalesce(_before, _ZERO),
        unrealized_pnl_micros=equity
        - given("current_balance_micros")
        - given("cost_micros")
        - func.coalesce(_others, _ZERO),
        fees_micros=given("fee_micros") * counts,
        trades_count=given("trades") * counts,
        wins=given("won") * func.coalesce(_was_open, _ZERO),
        losses=given("lost") * func.coalesce(_was_open, _ZERO),
        **dict.fromkeys(_FALLS, _ZERO),
    )
    return Statement(
        upsert(
            day,
            ["date"],
            keep=["starting_balance_micros", "max_drawdown_micros", "max_drawdown_pct_micros"],
            **{name: DAYS.c[name] + day.excluded[name] for name in _SUMS},
        )
    )


ADD_TO_DAY: Final = _add_to_day(given("equity_micros"))
TAKE_FROM_DAY: Final = _add_to_day(given("equity_micros"), _stands)
DEPOSIT_TO_DAY: Final = _add_to_day(_equity_after)
_fall = DAYS.c.peak_equity_micros - DAYS.c.equity_micros
_share = func.coalesce(ratio(_fall * literal_column("100000000"), DAYS.c.peak_equity_micros), _ZERO)
DRAW_DOWN: Final = Statement(
    update(DAYS)
    .where(DAYS.c.date == given("date"))
    .values(
        drawdown_micros=_fall,
        max_drawdown_micros=func.max(DAYS.c.max_drawdown_micros, _fall),
        drawdown_pct_micros=_share,
        max_drawdown_pct_micros=func.max(DAYS.c.max_drawdown_pct_micros, _share),
    )
)

ADD_BOOT: Final = Statement(
    adding(BOOTS, **dict.fromkeys(("stopped_seq", "stop_reason"), literal_column("NULL")))
)
STOP_BOOT: Final = Statement(
    update(BOOTS)
    .where(BOOTS.c.boot == select(func.max(BOOTS.c.boot)).scalar_subquery())
    .values(stopped_seq=given("seq"), stop_reason=given("reason"))
)
_denial = adding(DENIALS, first_seq=given("seq"), last_seq=given("seq"))
ADD_DENIAL: Final = Statement(
    upsert(
        _denial,
        ["market_id", "strategy_id", "limit_name"],
        keep=["first_seq"],
        count=DENIALS.c["count"] + _denial.excluded["count"],
    )
)
_anomaly = adding(ANOMALIES, first_seq=given("seq"), last_seq=given("seq"))
ADD_ANOMALY: Final = Statement(
    upsert(
        _anomaly,
        ["kind", "detail"],
        keep=["first_seq"],
        count=ANOMALIES.c["count"] + _anomaly.excluded["count"],
    )
)
ADD_DRIFT: Final = Statement(adding(DRIFTS))
SET_STATE: Final = Statement(adding(STATES))
ADD_MARK: Final = Statement(adding(MARKS))
SET_CHAIN: Final = Statement(
    upsert(adding(CHAIN), ["action"], keep=("planned_seq", "planned_us", "kind"))
)
