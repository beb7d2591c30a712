"""The account's commands as a person types them, against a stand-in exchange."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.adapters.ledger.directory import DataDirectory
from bot.adapters.ledger.ledger import SqliteLedger
from bot.domain.entry import ChainStepTaken
from tests.contract.polymarket_sdk.standin import Row
from tests.contract.venue.ground import Ground

Ran = subprocess.CompletedProcess[str]
Typed = Callable[..., Ran]
DOLLAR = 1_000_000


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    made = Ground(tmp_path_factory.mktemp("ground"))
    yield made
    made.close()


@pytest.fixture
def account(ground: Ground) -> Row:
    ground.stand_in.disarm()
    return ground.account()


@pytest.fixture
def typed(ground: Ground, account: Row, tmp_path: Path) -> Typed:
    """Return `poly` with the account's variables; keywords change them, None takes one away."""

    def run(*words: str, **changes: str | None) -> Ran:
        variables: dict[str, str | None] = {**ground.variables(account, timeout_s=5.0)}
        variables |= {"POLY_DATA_DIR": str(tmp_path), **changes}
        kept = {name: value for name, value in variables.items() if value is not None}
        bare = {name: value for name, value in os.environ.items() if not name.startswith("POLY")}
        command = [sys.executable, "-m", "ops", *words]
        return subprocess.run(
            command, env={**bare, **kept}, capture_output=True, text=True, check=False, timeout=90
        )

    return run


def told(ran: Ran, code: int = 0) -> Row:
    assert ran.returncode == code, ran.stderr
    assert ran.stdout.count("\n") == 1
    row: Row = json.loads(ran.stdout)
    return row


def steps(directory: Path) -> list[str]:
    """Return the steps of transactions in the ledger, in order."""
    ledger = SqliteLedger.open(directory, threaded=False)
    try:
        taken = [one.entry for one in ledger.entries()]
    finally:
        ledger.drop()
    return [one.step.phase.value for one in taken if isinstance(one, ChainStepTaken)]


def test_limits_shows_the_tier_and_what_is_left(typed: Typed, ground: Ground, account: Row) -> None:
    ground.stand_in.post("wallets", wallet=account["wallet"], tier="Gold")
    shown = told(typed("limits", "--json", POLY_RATE_SHARE="0.5"))
    assert (shown["tier"], shown["known"], shown["share"]) == ("Gold", True, 0.5)
    orders, cancels = shown["buckets"]
    assert (orders["per_s"], orders["our_per_s"], orders["left_at_venue"]) == (400, 200.0, None)
    assert (cancels["burst"], cancels["our_burst"]) == (1200, 600.0)
    assert 0 < cancels["left_at_venue"] < 1200
    assert "tier Gold" in typed("limits").stdout


def test_approvals_are_shown_missing_and_granted_once(
    typed: Typed, ground: Ground, account: Row, tmp_path: Path
) -> None:
    ground.stand_in.post("wallets", wallet=account["wallet"], approved=False)
    before = typed("approvals")
    assert before.returncode == 1
    assert "poly approvals --grant" in before.stderr
    granted = told(typed("approvals", "--grant", "--json"))
    assert granted["transaction"]["phase"] == "done"
    rights = {row["spender"]: row["granted"] for row in granted["approvals"]}
    assert not rights["perps_deposit_contract"]
    assert not rights["auto_redeem_operator"]
    phases = steps(tmp_path)
    assert phases == ["planned", "submitted", "done"]
    assert told(typed("approvals", "--grant", "--json"))["transaction"] is None


def test_what_was_won_is_redeemed_once(typed: Typed, ground: Ground, account: Row) -> None:
    market = ground.market()
    ground.stand_in.post("wallets", wallet=account["wallet"], tokens={market["tokens"][0]: "10"})
    ground.stand_in.post("markets", condition_id=market["condition_id"], winner="Up")
    looked = told(typed("redeem", "--dry-run", "--json"))
    assert [row["usd"] for row in looked["redeemable"]] == ["10.00"]
    assert looked["transactions"] == []
    done = told(typed("redeem", "--json"))
    assert [row["phase"] for row in done["transactions"]] == ["done"]
    assert ground.stand_in.wallet(account["wallet"])["cash"] == 1010 * DOLLAR
    assert "nothing to redeem" in typed("redeem").stdout


def test_a_lost_answer_is_found_out_and_nothing_is_sent_twice(
    typed: Typed, ground: Ground, account: Row
) -> None:
    """The relayer took it and the answer never came: nothing is sent twice."""
    market = ground.market()
    ground.stand_in.post("wallets", wallet=account["wallet"], tokens={market["tokens"][0]: "10"})
    ground.stand_in.post("markets", condition_id=market["condition_id"], winner="Up")
    ground.stand_in.strike("relayer-cut-after-submit")
    nonce = ground.stand_in.wallet(account["wallet"])["nonce"]
    done = told(typed("redeem", "--json"))
    assert done["ok"]
    after = ground.stand_in.wallet(account["wallet"])
    assert (after["nonce"], after["cash"]) == (nonce + 1, 1010 * DOLLAR)


def test_nothing_is_sent_while_an_engine_is_at_work(typed: Typed, tmp_path: Path) -> None:
    with DataDirectory.hold(tmp_path, wait_s=0):
        for words in (("redeem",), ("approvals", "--grant")):
            ran = typed(*words)
            assert ran.returncode == 4
            assert "an engine is at work here" in ran.stderr


def test_credentials_are_printed_once_and_rotate_without_a_change_of_code(
    typed: Typed, ground: Ground
) -> None:
    """The old key is deleted at the venue; the next start has the new one, and works."""
    bare: dict[str, str | None] = dict.fromkeys(
        ("POLYMARKET_API_KEY", "POLYMARKET_API_SECRET", "POLYMARKET_PASSPHRASE")
    )
    first = typed("credentials", "derive", **bare)
    assert first.returncode == 0
    lines = dict(line.split("=", 1) for line in first.stdout.split())
    assert set(lines) == set(bare)
    second = told(typed("credentials", "derive", "--nonce", "1", "--json", **bare))
    rotated = {name: str(second[name]) for name in bare}
    assert rotated["POLYMARKET_API_KEY"] != lines["POLYMARKET_API_KEY"]
    assert typed("limits", **lines).returncode == 0
    assert typed("limits", **rotated).returncode == 0
    wrong = typed("limits", **{**rotated, "POLYMARKET_API_SECRET": lines["POLYMARKET_API_SECRET"]})
    assert wrong.returncode == 5
    assert "401" in wrong.stderr


@pytest.mark.parametrize(
    ("changes", "code", "said"),
    [
        ({"POLYMARKET_PRIVATE_KEY": None}, 2, "POLYMARKET_PRIVATE_KEY: is not set"),
        ({"POLYMARKET_WALLET": "0x" + "12" * 20}, 2, "POLYMARKET_WALLET: 0x12"),
        ({"POLYMARKET_API_KEY": None}, 2, "POLYMARKET_API_KEY: is not set"),
        ({"POLY_CLOB_URL": "http://127.0.0.1:1"}, 5, "All connection attempts failed"),
        ({"HTTPS_PROXY": "http://127.0.0.1:1"}, 2, "HTTPS_PROXY: is set"),
    ],
)
def test_a_mistake_is_one_line_and_shows_no_secret(
    typed: Typed, account: Row, changes: dict[str, str | None], code: int, said: str
) -> None:
    ran = typed("limits", **changes)
    assert ran.returncode == code
    assert said in ran.stderr
    assert ran.stderr.count("\n") == 1
    for secret in ("private_key", "api_secret", "api_passphrase"):
        assert account[secret] not in ran.stdout + ran.stderr
