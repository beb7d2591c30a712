"""A strategy file says what it means, or is refused with the key, the value and the remedy."""

from typing import Any

import pytest

from bot.domain.refusal import ExitCode, Refused
from bot.engine.strategy.composition import compose, unreadable
from bot.engine.strategy.parameter import describe
from bot.engine.strategy.registry import COMPONENTS, KINDS, names, versions
from bot.engine.strategy.view import Component
from tests.unit.bot.given import STRATEGY, strategy

FAVOURITE = "late_favourite"


def changed(**changes: Any) -> dict[str, Any]:
    return {**STRATEGY, **changes}


def entry(**changes: Any) -> dict[str, Any]:
    return changed(entry={**STRATEGY["entry"], **changes})


@pytest.mark.parametrize(
    ("document", "line"),
    [
        (changed(nam="x"), "s.toml: nam is not a known key; did you mean 'name'?"),
        (changed(zzzzzz=1), "s.toml: zzzzzz is not a known key; known are name, parent"),
        (entry(price_mim="0.5"), "price_mim is not a known key; did you mean 'price_min'?"),
        ({k: v for k, v in STRATEGY.items() if k != "exit"}, "s.toml: [exit] is missing"),
        (changed(exit=3), "s.toml: exit must be a table [exit], was 3"),
        (changed(name="No Good"), "s.toml: name must be like 'late_favourite', was 'No Good'"),
        (changed(about=3), "s.toml: about must be a text, was 3"),
        (changed(series="btc-15m"), "series must be a list such as ['btc-15m'], was"),
        (changed(series=["btc"]), "s.toml: series must be a list such as"),
        (changed(filters={}), "s.toml: filters must be tables [[filters]]"),
        (changed(exit={"component": 3, "version": 1}), "component must be a component's name, was"),
        (changed(exit={"component": "x"}), "[exit]: version must be a whole number, was None"),
        (entry(version=True), "[entry]: version must be a whole number, was True"),
        (entry(version=9), "[entry]: version 9 of 'late_favourite' does not exist; there is 1, 2"),
        (entry(component="late_favorite"), "entry component; did you mean 'late_favourite'?"),
        (entry(component="zzz"), "'zzz' is not a known entry component; known are late_favourite"),
        (entry(price_min="0.4"), "[entry]: price_min must be from 0.5 to 0.99 price, was 0.4"),
        (entry(clips_max=0), "[entry]: clips_max must be from 1 to 100 count, was 0"),
        (entry(clips_max="1.5"), "must be a whole number, was '1.5'; give a number of count"),
        (entry(price_min=True), "[entry]: price_min must be a number of price, was True"),
        (entry(price_min="nan"), "[entry]: price_min must be a plain decimal"),
        (changed(entry={"component": FAVOURITE, "version": 1}), "price_min is missing; it is"),
        (changed(risk={"exposure": 1}), "[risk]: exposure is not a known key; did you mean"),
        (changed(paper={"cash_usd": "-1"}), "cash_usd must be from 0 to 100000000 usd, was -1"),
    ],
)  # fmt: skip
def test_a_bad_key_is_refused_in_one_clear_line(document: dict[str, Any], line: str) -> None:
    with pytest.raises(Refused) as refusal:
        compose(document, "s.toml")
    assert line in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert refusal.value.code is ExitCode.USAGE


def test_a_file_that_is_no_toml_is_refused_by_its_name() -> None:
    assert str(unreadable("s.toml", ValueError("line 3"))).startswith(
        "s.toml: is not a strategy file"
    )


def test_every_parameter_and_version_changes_the_hashes() -> None:
    hashes = [
        strategy(**change).strategy_hash
        for change in (
            {},
            {"entry": {**STRATEGY["entry"], "price_min": "0.61"}},
            {"entry": {**STRATEGY["entry"], "version": 2}},
            {"filters": [{"component": "spread", "version": 1, "spread_max": "0.02"}]},
            {"risk": {"end_s_min": 6}},
            {"paper": {"cash_usd": "999"}},
            {"series": ["btc-15m"]},
        )
    ]
    assert len(set(hashes)) == len(hashes)


def test_names_and_texts_change_no_hash() -> None:
    """The same strategy under another name decides the same."""
    assert strategy(name="other", about="x").strategy_hash == strategy().strategy_hash


def test_the_same_number_written_otherwise_is_the_same_parameter() -> None:
    one = strategy(entry={**STRATEGY["entry"], "price_min": "0.60"})
    assert one.strategy_hash == strategy().strategy_hash
    assert dict(one.component_hashes)["entry"] == dict(strategy().component_hashes)["entry"]


def test_a_strategy_trades_its_series_and_without_one_every_window() -> None:
    assert strategy().trades("eth-updown-5m-1")
    named = strategy(series=["btc-15m"])
    assert named.trades("btc-updown-15m-1790586000")
    assert not named.trades("btc-updown-5m-1790586000")
    assert not named.trades("odd")


def test_old_versions_stay_available() -> None:
    assert versions("entry", "late_favourite") == [1, 2]
    assert versions("entry", "nothing") == []
    assert "take_profit" in names("exit")


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda one: f"{one.NAME}@{one.VERSION}")
def test_every_component_says_what_it_is_and_what_its_parameters_mean(
    component: type[Component],
) -> None:
    assert component.KIND in KINDS
    assert component.ABOUT
    for name, bounds, default in describe(component):
        assert bounds.meaning, name
        assert default == "" or bounds.unit
