"""What is asked before the first order, and what each wrong answer is called."""

import pytest

from bot.adapters.polymarket.boot import boot_checks
from bot.adapters.polymarket.connection import Connection
from bot.domain.refusal import ExitCode, Refused
from tests.contract.venue.ground import Ground, settings_of
from tests.contract.venue.live import LiveStage

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def failed(stage: LiveStage) -> dict[str, str]:
    return {one.name: one.found for one in await boot_checks(stage.connection) if not one.ok}


async def test_a_good_account_passes_every_check(stage: LiveStage) -> None:
    findings = await boot_checks(stage.connection)
    assert [one.name for one in findings] == [
        "geoblock", "clock", "credentials", "wallet", "account", "funds",
    ]  # fmt: skip
    assert all(one.ok for one in findings), findings


@pytest.mark.parametrize(
    ("fault", "name", "found"),
    [
        ("geoblocked", "geoblock", "blocked in US"),
        ("geoblock-close-only", "geoblock", "close-only in SG"),
        ("closed-only", "account", "closed-only"),
        ("unauthorized", "credentials", "refused by the venue"),
        ("read-timeout", "geoblock", "geoblock: no answer within 1 s"),
        ("read-502", "geoblock", "HTTP 502"),
    ],
)
async def test_each_wrong_answer_fails_its_check(
    stage: LiveStage, fault: str, name: str, found: str
) -> None:
    stage.ground.stand_in.strike(fault)
    bad = await failed(stage)
    assert set(bad) == {name}
    assert found in bad[name]


@pytest.mark.parametrize("skew_s", [-30, 30])
async def test_a_clock_that_is_wrong_is_refused(stage: LiveStage, skew_s: int) -> None:
    stage.ground.stand_in.post("clock", skew_s=skew_s)
    assert "s apart" in (await failed(stage))["clock"]


async def test_an_empty_wallet_and_a_missing_allowance_are_named(stage: LiveStage) -> None:
    address, post = stage.connection.settings.wallet, stage.ground.stand_in.post
    post("wallets", wallet=address, cash_usd="0")
    assert (await failed(stage))["funds"] == "0.00 USD"
    post("wallets", wallet=address, cash_usd="100000", approved=False)
    assert "allowance missing" in (await failed(stage))["funds"]
    post("wallets", wallet=address, approved=True)


async def test_wrong_credentials_are_found_and_never_replaced(ground: Ground) -> None:
    account = ground.account()
    wrong = ground.variables(account) | {
        "POLYMARKET_API_KEY": "00000000-0000-0000-0000-000000000000"
    }
    connection = await Connection.open(settings_of(wrong))
    bad = {one.name: one for one in await boot_checks(connection) if not one.ok}
    assert bad["credentials"].found == "refused by the venue"
    assert "poly credentials derive" in bad["credentials"].remedy
    assert connection.context.credentials.key == wrong["POLYMARKET_API_KEY"]
    await connection.close()


@pytest.mark.parametrize(
    ("variable", "said"),
    [
        ("POLYMARKET_WALLET", "is no wallet of signer"),
        ("POLYMARKET_ADDRESS", "but the private key belongs to"),
    ],
)
async def test_a_mistyped_address_is_found_before_anything_is_sent(
    ground: Ground, variable: str, said: str
) -> None:
    wrong = ground.variables(ground.account()) | {variable: "0x" + "12" * 20}
    with pytest.raises(Refused, match=said) as refused:
        await Connection.open(settings_of(wrong))
    assert refused.value.code is ExitCode.USAGE
    assert refused.value.args[0].startswith(variable)


async def test_a_wallet_that_does_not_exist_is_found(ground: Ground) -> None:
    account = ground.account()
    ground.stand_in.post("wallets", wallet=account["wallet"], deployed=False)
    connection = await Connection.open(settings_of(ground.variables(account)))
    bad = {one.name: one.found for one in await boot_checks(connection) if not one.ok}
    assert bad["wallet"] == "DEPOSIT_WALLET does not exist"
    await connection.close()
