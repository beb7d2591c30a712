"""A strategy: one component of each kind with its parameters, read from a TOML document.

The hash of a component is that of its kind, name, version and parameters; the hash of the
composition adds the limits and the paper venue's terms. Both stand on every intent, order, fill.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from bot.domain.money import Usd
from bot.domain.order import StrategyId
from bot.domain.refusal import ExitCode, Refused
from bot.engine.strategy.limit import Expected, Limits
from bot.engine.strategy.parameter import Table, build, canonical, count, known, refuse, usd
from bot.engine.strategy.registry import KINDS, find
from bot.engine.strategy.view import Component, Entry, Exit, Filter, Probability, Sizing

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,63}")
HASH_LENGTH = 16
_KEYS = ["name", "parent", "about", "series", *KINDS, "risk", "paper", "expect"]


@dataclass(frozen=True, slots=True)
class PaperTerms:
    """What the paper venue starts with and how late it acts."""

    cash_usd: Usd = usd("0", "100000000", "starting cash of the paper venue", "1000")
    latency_ms: int = count("0", "60000", "milliseconds an order takes to the venue", "250")


@dataclass(frozen=True, slots=True)
class Composition:
    """A strategy ready to be run. `parent` is the hash of the one it was forked from, or ""."""

    name: StrategyId
    parent: str
    about: str
    series: tuple[str, ...]
    """Which windows it trades, as "btc-15m"; empty means every window it is shown."""
    probability: Probability
    entry: Entry
    sizing: Sizing
    exit: Exit
    filters: tuple[Filter, ...]
    limits: Limits
    paper: PaperTerms
    expected: Expected
    components: tuple[tuple[str, str], ...]
    """(kind, "name@version")."""
    component_hashes: tuple[tuple[str, str], ...]
    config: str
    """Canonical JSON of everything that decides, and of what is expected."""
    strategy_hash: str

    def trades(self, slug: str) -> bool:
        """Say whether a market of this slug is of a series this strategy trades."""
        parts = slug.split("-")
        return not self.series or f"{parts[0]}-{parts[-2] if len(parts) > 1 else ''}" in self.series


def compose(document: Table, where: str) -> Composition:
    """Make a composition from a parsed strategy file (`tomllib.loads(…, parse_float=str)`).

    Raises:
        Refused: names the file, the table and key, the value and what to do.

    """
    known(where, document, _KEYS)
    components = {kind: _one(document, kind, where) for kind in KINDS if kind != "filters"}
    filters = _filters(document, where)
    limits = build(Limits, _table(document, "risk", where), f"{where}: [risk]")
    paper = build(PaperTerms, _table(document, "paper", where), f"{where}: [paper]")
    expected = build(Expected, _table(document, "expect", where), f"{where}: [expect]")
    everything = [*components.values(), *filters]
    series = _series(document, where)
    config = {
        "components": [_canonical(one) for one in everything],
        "series": series,
        "risk": canonical(limits),
        "paper": canonical(paper),
    }
    return Composition(
        name=_name(document, where),
        parent=_string(document, "parent", where),
        about=_string(document, "about", where),
        series=series,
        probability=cast("Probability", components["probability"]),
        entry=cast("Entry", components["entry"]),
        sizing=cast("Sizing", components["sizing"]),
        exit=cast("Exit", components["exit"]),
        filters=tuple(cast("Filter", one) for one in filters),
        limits=limits,
        paper=paper,
        expected=expected,
        components=tuple((one.KIND, f"{one.NAME}@{one.VERSION}") for one in everything),
        component_hashes=tuple((one.KIND, _hash(_canonical(one))) for one in everything),
        config=_json({**config, "expect": canonical(expected)}),
        strategy_hash=_hash(config),
    )


def _name(document: Table, where: str) -> StrategyId:
    name = _string(document, "name", where)
    if not _NAME.fullmatch(name):
        raise refuse(where, "name", f"must be like 'late_favourite', was {name!r}")
    return StrategyId(name)


def _series(document: Table, where: str) -> tuple[str, ...]:
    series = document.get("series", [])
    ok = isinstance(series, list) and all(
        isinstance(one, str) and re.fullmatch(r"[a-z0-9]+-(5m|15m|1h|4h)", one) for one in series
    )
    if not ok:
        raise refuse(where, "series", f"must be a list such as ['btc-15m'], was {series!r}")
    return tuple(cast("list[str]", series))


def _string(document: Table, key: str, where: str) -> str:
    value = document.get(key, "")
    if not isinstance(value, str):
        raise refuse(where, key, f"must be a text, was {value!r}")
    return value


def _table(document: Table, key: str, where: str) -> Table:
    table = document.get(key, {})
    if not isinstance(table, Mapping):
        raise refuse(where, key, f"must be a table [{key}], was {table!r}")
    return cast("Table", table)


def _one(document: Table, kind: str, where: str) -> Component:
    if kind not in document:
        raise refuse(where, f"[{kind}]", "is missing; a strategy has one component of this kind")
    return _component(_table(document, kind, where), kind, where)


def _filters(document: Table, where: str) -> list[Component]:
    given = document.get("filters", [])
    if not isinstance(given, list) or not all(isinstance(one, Mapping) for one in given):
        raise refuse(where, "filters", f"must be tables [[filters]], was {given!r}")
    return [_component(cast("Table", one), "filters", where) for one in given]


def _component(table: Table, kind: str, where: str) -> Component:
    inside = f"{where}: [{kind}]"
    name, version = table.get("component"), table.get("version")
    if not isinstance(name, str):
        raise refuse(inside, "component", f"must be a component's name, was {name!r}")
    if not isinstance(version, int) or isinstance(version, bool):
        raise refuse(inside, "version", f"must be a whole number, was {version!r}")
    parameters = {key: value for key, value in table.items() if key not in {"component", "version"}}
    return build(find(kind, name, version, inside), parameters, inside)


def _canonical(one: Component) -> dict[str, object]:
    return {
        "kind": one.KIND,
        "name": one.NAME,
        "version": one.VERSION,
        "parameters": canonical(one),
    }


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), sort_keys=True)


def _hash(value: object) -> str:
    return hashlib.sha256(_json(value).encode()).hexdigest()[:HASH_LENGTH]


def unreadable(where: str, error: Exception) -> Refused:
    """Return the refusal of a file that is no TOML at all."""
    return Refused(f"{where}: is not a strategy file (TOML): {error}", ExitCode.USAGE)
