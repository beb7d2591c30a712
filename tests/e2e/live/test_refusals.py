"""Whatever speaks against trading is one clear line and an exit code, before the first order."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from tests.e2e.live.given import said
from tests.simulation.live.life import Life, until

OTHER_KEY = "0x" + "11" * 32
OTHER_ADDRESS = "0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A"
pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Life]:
    with Life(tmp_path_factory.mktemp("stand"), seed=5) as one:
        yield one


@pytest.fixture
def life(stand: Life, tmp_path: Path) -> Iterator[Life]:
    """A data directory of its own, and the module's venue as it was."""
    one = replace_folder(stand, tmp_path)
    yield one
    stand.exchange.disarm()
    stand.exchange.post("clock", skew_s=0)


def replace_folder(stand: Life, folder: Path) -> Life:
    one = replace(stand, folder=folder)
    one.exchange = stand.exchange
    return one


def refused(life: Life, **variables: str) -> tuple[int, str]:
    """Start the bot with these variables and return its exit code and its last words."""
    life.variables = variables
    life.begin()
    return life.ended(), life.words()


def account(life: Life) -> Mapping[str, str]:
    found: Mapping[str, str] = life.exchange.variables()
    return found


CHECKED: list[tuple[str, Callable[[Life], object], int, str]] = [
    ("geoblock", lambda one: one.exchange.arm("geoblocked", rate=1), 3, "geoblock: blocked in"),
    (
        "close-only", lambda one: one.exchange.arm("geoblock-close-only", rate=1), 3,
        "geoblock: close-only in SG",
    ),
    (
        "skew", lambda one: one.exchange.post("clock", skew_s=30), 3, "set the machine's clock",
    ),
    ("closed", lambda one: one.exchange.arm("closed-only", rate=1), 3, "account: closed-only"),
    ("unauthorized", lambda one: one.exchange.arm("unauthorized", rate=1), 3, "credentials: refus"),
    ("unreachable", lambda one: one.exchange.arm("read-502", rate=1), 5, "try again"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("prepare", "code", "line"), [row[1:] for row in CHECKED], ids=[row[0] for row in CHECKED]
)
def test_a_check_that_fails_is_named_and_nothing_is_sent(
    life: Life, prepare: Callable[[Life], object], code: int, line: str
) -> None:
    prepare(life)
    ended, words = refused(life)
    assert line in words
    assert ended == code
    assert words.startswith("poly: live trading is refused: ")
    assert words.count("\n") == 0
    assert life.exchange.truth()["orders"] == []


GIVEN: list[tuple[str, dict[str, str], str]] = [
    ("gate", {"POLY_LIVE_WITHOUT_GATE": "yes"}, "POLY_LIVE_WITHOUT_GATE: must be I-accept"),
    ("no key", {"POLYMARKET_PRIVATE_KEY": ""}, "POLYMARKET_PRIVATE_KEY: is not set"),
    ("short key", {"POLYMARKET_PRIVATE_KEY": "0x12"}, "POLYMARKET_PRIVATE_KEY: must be 64 hex"),
    ("other key", {"POLYMARKET_PRIVATE_KEY": OTHER_KEY}, "POLYMARKET_ADDRESS: is 0x"),
    ("no address", {"POLYMARKET_ADDRESS": ""}, "POLYMARKET_ADDRESS: is not set"),
    ("no wallet", {"POLYMARKET_WALLET": ""}, "POLYMARKET_WALLET: is not set"),
    ("other wallet", {"POLYMARKET_WALLET": OTHER_ADDRESS}, "POLYMARKET_WALLET: 0x19E7"),
    ("no secret", {"POLYMARKET_API_SECRET": ""}, "POLYMARKET_API_SECRET: is not set, but"),
    (
        "none", dict.fromkeys(
            ("POLYMARKET_API_KEY", "POLYMARKET_API_SECRET", "POLYMARKET_PASSPHRASE"), ""
        ), "POLYMARKET_API_KEY: is not set; run `poly credentials derive`",
    ),
    ("clob", {"POLY_CLOB_URL": "https://clob.polymarket.com"}, "POLY_CLOB_URL: must be on this"),
    ("clock", {"POLY_MARKET_CLOCK": "never"}, "POLY_MARKET_CLOCK: must be <market_us>"),
    ("recording", {"POLY_RECORDING": "x"}, "POLY_RECORDING: is for a replay, and POLY_MODE is li"),
    ("unknown", {"POLY_MODEE": "live"}, "POLY_MODEE: is not known; did you mean POLY_MODE?"),
    ("proxy", {"HTTPS_PROXY": "http://127.0.0.1:1"}, "HTTPS_PROXY: is set; unset it"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "line"), [row[1:] for row in GIVEN], ids=[row[0] for row in GIVEN]
)
def test_a_variable_that_cannot_be_is_named(life: Life, change: dict[str, str], line: str) -> None:
    ended, words = refused(life, **change)
    assert words.startswith(f"poly: {line}")
    assert ended == 2
    assert words.count("\n") == 0
    for name in ("POLYMARKET_PRIVATE_KEY", "POLYMARKET_API_SECRET", "POLYMARKET_PASSPHRASE"):
        assert account(life)[name] not in words


@pytest.mark.parametrize("name", ["POLYMARKET_API_KEY", "POLYMARKET_API_SECRET"])
def test_wrong_credentials_are_refused_and_never_replaced(life: Life, name: str) -> None:
    wrong = account(life)["POLYMARKET_RELAYER_API_KEY"] if name.endswith("KEY") else "AAAA" * 8
    ended, words = refused(life, **{name: wrong})
    assert ended == 3
    assert "credentials: refused by the venue; run `poly credentials derive`" in words


def test_an_account_without_money_is_refused(life: Life) -> None:
    wallet = account(life)["POLYMARKET_WALLET"]
    life.exchange.post("wallets", wallet=wallet, cash_usd="0", approved=True, deployed=True)
    ended, words = refused(life)
    life.exchange.post("wallets", wallet=wallet, cash_usd="1000", approved=True, deployed=True)
    assert ended == 3
    assert "funds: 0.00 USD; deposit collateral (pUSD)" in words


def test_an_account_without_allowances_is_refused(life: Life) -> None:
    wallet = account(life)["POLYMARKET_WALLET"]
    life.exchange.post("wallets", wallet=wallet, cash_usd="1000", approved=False, deployed=True)
    ended, words = refused(life)
    life.exchange.post("wallets", wallet=wallet, cash_usd="1000", approved=True, deployed=True)
    assert ended == 3
    assert "allowance missing for 0x" in words
    assert "poly approvals --grant" in words


def test_a_strategy_for_an_asset_without_windows_is_refused(life: Life, tmp_path: Path) -> None:
    file = tmp_path / "gold.toml"
    file.write_text(life.strategy.read_text().replace('"btc-5m", ', '"gold-5m", '))
    ended, words = refused(life, POLY_STRATEGY=str(file))
    assert ended == 2
    assert "series: gold-5m has no windows; choose of btc-5m" in words


def test_a_ledger_of_paper_is_not_traded_live(life: Life) -> None:
    """Pretended money and real money never meet in one ledger."""
    life.variables = {"POLY_MODE": "paper"}
    life.begin()
    until(lambda: said(life, "trading.state"), "paper trades")
    assert life.stop() == 0
    ended, words = refused(life)
    assert ended == 3
    assert "mode live is not the ledger's (paper)" in words
    assert life.exchange.truth()["orders"] == []
