"""What may be set is written down once, and the manual and the operator's template follow it."""

import re
from collections import Counter
from pathlib import Path

import pytest

from bot.bootstrap.variable import ALSO, GROUPS, table
from bot.domain.refusal import Refused
from bot.settings import read_settings

ROOT = Path(__file__).parents[4]
SET = re.compile(r"^#?([A-Z_]+)=(.*)$", re.MULTILINE)
KNOWN = [name for group in GROUPS.values() for name in group]
OPERATORS = (
    "POLY_MODE", "POLYMARKET_PRIVATE_KEY", "POLYMARKET_ADDRESS", "POLYMARKET_WALLET",
    "POLYMARKET_API_KEY", "POLYMARKET_API_SECRET", "POLYMARKET_PASSPHRASE",
    "POLYMARKET_RELAYER_API_KEY", "POLYMARKET_RELAYER_API_KEY_ADDRESS",
    "POLY_LIVE_WITHOUT_GATE", "POLY_STRATEGY", "POLY_ALERT_URLS", "POLY_CONTROL_TOKEN",
)  # fmt: skip
SECRETS = ("PRIVATE_KEY", "API_KEY", "SECRET", "PASSPHRASE", "TOKEN", "URLS")


def test_the_manual_has_the_generated_table() -> None:
    """Made by `python -m bot --variables`; put its output there again when this fails."""
    manual = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    assert table() in manual


def test_every_variable_stands_in_one_group() -> None:
    assert [name for name, times in Counter(KNOWN).items() if times > 1] == []


def test_the_template_has_what_an_operator_sets_and_nothing_unknown() -> None:
    found = SET.findall((ROOT / ".env.example").read_text(encoding="utf-8"))
    names = [name for name, _ in found]
    assert set(names) <= set(KNOWN)
    assert [name for name in OPERATORS if name not in names] == []
    assert len(names) == len(set(names))
    assert [name for name, value in found if value and name.endswith(SECRETS)] == []


@pytest.mark.parametrize("name", [one for one in KNOWN if one.startswith("POLY_")])
def test_a_mistyped_variable_is_refused_with_the_right_one(name: str) -> None:
    with pytest.raises(Refused, match=f"^{name}X: is not known; did you mean POLY_"):
        read_settings({f"{name}X": "1"}, ALSO)
