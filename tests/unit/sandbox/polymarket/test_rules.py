"""What the venue refuses, and the words it uses."""

import dataclasses

import pytest

from sandbox.polymarket.book.order import Want
from sandbox.polymarket.book.units import ONE
from sandbox.polymarket.signing.addresses import EXCHANGE, PUSD, WalletKind
from sandbox.polymarket.signing.orders import Recovered, SignedOrder
from sandbox.polymarket.venue import rules
from sandbox.polymarket.venue.accounts import ApiKey, Session
from sandbox.polymarket.venue.state import RefusedError
from tests.unit.sandbox.polymarket.given import EOA, TERMS, UP, WALLET, Desk, desk

STRANGER = "0x" + "99" * 20


def signed(**changes: object) -> SignedOrder:
    """A buy of 10 at 0.50 by the deposit wallet."""
    order = SignedOrder(
        salt=1,
        maker=WALLET,
        signer=WALLET,
        token=UP,
        maker_amount=5 * ONE,
        taker_amount=10 * ONE,
        side="BUY",
        kind=WalletKind.DEPOSIT,
        timestamp_ms=1,
        metadata=bytes(32),
        builder=bytes(32),
        expiration_s=0,
        signature=b"",
        order_type="GTC",
        post_only=False,
        owner="",
    )
    return dataclasses.replace(order, **changes)  # type: ignore[arg-type]  # a test's own fields


def key_of(made: Desk) -> ApiKey:
    return made.venue.accounts.new_key(EOA, 0)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"owner": "other"}, "owner has to be the owner of the API KEY"),
        ({"maker": STRANGER, "signer": STRANGER}, "signer address has to be the address"),
        ({"signer": EOA}, "signer address has to be the address"),
        ({"kind": WalletKind.EOA, "signer": STRANGER}, "signer address has to be the address"),
        ({"kind": WalletKind.PROXY, "signer": EOA, "maker": EOA}, "invalid signature"),
    ],
)
def test_an_order_must_be_the_key_s_own(changes: dict[str, object], text: str) -> None:
    made = desk()
    key = key_of(made)
    order = signed(**{"owner": key.credentials.key, **changes})
    with pytest.raises(RefusedError, match=text):
        rules.check_owner(made.venue, order, key)


def test_who_signed_must_be_the_key_and_may_be_a_session() -> None:
    made = desk()
    key, wallet = key_of(made), made.venue.accounts.wallets[WALLET]
    rules.check_signature(made.venue, Recovered("0x", EOA, session=False), wallet, key, now_s=1)
    with pytest.raises(RefusedError, match="invalid signature"):
        rules.check_signature(
            made.venue, Recovered("0x", None, session=False), wallet, key, now_s=1
        )
    with pytest.raises(RefusedError, match="order_version_mismatch"):
        rules.check_signature(
            made.venue, Recovered("0x", None, session=False, elsewhere=EOA), wallet, key, now_s=1
        )
    with pytest.raises(RefusedError, match="address of the API KEY"):
        rules.check_signature(
            made.venue, Recovered("0x", STRANGER, session=False), wallet, key, now_s=1
        )


@pytest.mark.parametrize(
    ("until_s", "scopes", "may"),
    [(100, ["CLOB"], True), (100, ["ALL"], True), (100, ["COMBOSRFQ"], False), (9, ["ALL"], False)],
)
def test_a_session_signs_within_its_time_and_scope(
    until_s: int, scopes: list[str], *, may: bool
) -> None:
    made = desk()
    wallet = made.venue.accounts.wallets[WALLET]
    wallet.sessions.append(Session(STRANGER, until_s, scopes))
    assert made.venue.accounts.may_sign(wallet, STRANGER, 10, session=True) is may


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        (
            {"taker_amount": 4 * ONE, "maker_amount": 2 * ONE},
            r"Size \(4\) lower than the minimum: 5",
        ),
        ({"maker_amount": 5_550_000}, r"Price \(0.555\) breaks minimum tick size rule: 0.01"),
        ({"maker_amount": 10 * ONE}, r"Price \(1\) breaks minimum tick size"),
        ({"taker_amount": 10_001_000}, "maker amount supports a max accuracy of 4 decimals"),
        ({"maker_amount": 5_000_001}, "taker amount a max of 2 decimals"),
        ({"taker_amount": 19_690_000, "maker_amount": 4_330_000}, "should be '4.3318'"),
        ({"maker_amount": 0}, "Invalid order payload"),
        ({"order_type": "FAK", "maker_amount": 5_001_000}, "the market buy orders maker amount"),
        ({"order_type": "FOK", "taker_amount": 10_000_010}, "taker amount a max of 4 decimals"),
    ],
)
def test_amounts_off_the_grid_are_refused(changes: dict[str, object], text: str) -> None:
    made = desk()
    with pytest.raises(RefusedError, match=text):
        rules.read_terms(signed(**changes), made.market, "0xid")


@pytest.mark.parametrize(
    ("usd", "shares", "limit"),
    [(5_000_000, 9_090_900, 550_000), (5_000_000, 9_803_900, 510_000)],
)
def test_a_market_buy_means_the_price_below_its_ratio(usd: int, shares: int, limit: int) -> None:
    """The vendor's client rounds the shares down, which lifts the ratio a hair over the cap."""
    order = signed(order_type="FAK", maker_amount=usd, taker_amount=shares)
    terms = rules.read_terms(order, desk().market, "0x")
    assert (terms.limit, terms.budget) == (limit, usd)


def test_a_market_sell_means_the_price_above_its_ratio() -> None:
    order = signed(order_type="FAK", side="SELL", maker_amount=3_330_000, taker_amount=1_098_900)
    terms = rules.read_terms(order, desk().market, "0x")
    assert (terms.limit, terms.shares, terms.budget) == (330_000, 3_330_000, 0)


@pytest.mark.parametrize(
    ("kind", "expiration", "fine"),
    [("GTD", 1_059, False), ("GTD", 1_060, True), ("GTC", 0, True), ("GTC", 2_000, False)],
)
def test_an_expiration_is_gtd_s_only_and_a_minute_ahead(
    kind: str, expiration: int, *, fine: bool
) -> None:
    order = signed(order_type=kind, expiration_s=expiration)
    if fine:
        rules.check_expiration(order, now_s=1_000)
        return
    with pytest.raises(RefusedError, match="invalid expiration"):
        rules.check_expiration(order, now_s=1_000)


def test_a_dollar_is_the_least_that_may_match_at_once() -> None:
    terms = dataclasses.replace(TERMS, usd=990_000)
    with pytest.raises(RefusedError, match=r"marketable BUY order \(\$0.99\), min size: \$1"):
        rules.check_marketable(Want(0, "BUY", 500_000, ONE), terms)
    rules.check_marketable(Want(0, "SELL", 500_000, ONE), terms)


def test_open_orders_and_locks_count_against_the_balance() -> None:
    made = desk(cash=10)
    wallet = made.venue.accounts.wallets[WALLET]
    rules.check_funds(made.venue, signed(), wallet, TERMS, 0)
    made.post(made.order("BUY", 60, 10))
    with pytest.raises(RefusedError, match="balance: 10000000, order amount: 5000000") as refused:
        rules.check_funds(made.venue, signed(), wallet, TERMS, 0)
    assert "sum of active orders: 6000000" in refused.value.said


def test_the_fee_must_be_there_too() -> None:
    made = desk(cash=5)
    wallet = made.venue.accounts.wallets[WALLET]
    with pytest.raises(RefusedError, match="order amount: 5000010"):
        rules.check_funds(made.venue, signed(), wallet, TERMS, 10)


def test_allowances_are_asked_of_the_right_contract() -> None:
    made = desk()
    wallet = made.venue.accounts.wallets[WALLET]
    wallet.allowances[f"{PUSD}/{EXCHANGE}".lower()] = 4 * ONE
    with pytest.raises(RefusedError, match=f"the allowance is not enough -> spender: {EXCHANGE}"):
        rules.check_funds(made.venue, signed(), wallet, TERMS, 0)


def test_a_sale_needs_the_tokens_and_the_operator() -> None:
    made = desk()
    wallet = made.venue.accounts.wallets[WALLET]
    order = signed(side="SELL", maker_amount=10 * ONE, taker_amount=5 * ONE)
    with pytest.raises(RefusedError, match="balance: 0, order amount: 10000000"):
        rules.check_funds(made.venue, order, wallet, TERMS, 0)
    wallet.tokens[UP] = 10 * ONE
    rules.check_funds(made.venue, order, wallet, TERMS, 0)
    wallet.operators.clear()
    with pytest.raises(RefusedError, match="the allowance is not enough"):
        rules.check_funds(made.venue, order, wallet, TERMS, 0)


def test_a_closed_or_unknown_market_takes_nothing() -> None:
    made = desk()
    with pytest.raises(RefusedError, match="No orderbook exists"):
        rules.check_market(made.venue, signed(token="123"))
    made.market.book_from_us = made.venue.now_us + 1
    with pytest.raises(RefusedError, match="not yet ready"):
        rules.check_market(made.venue, signed())


def test_closed_only_may_sell_but_not_buy() -> None:
    made = desk()
    key = key_of(made)
    made.venue.accounts.trader(EOA).closed_only = True
    rules.check_standing(made.venue, signed(side="SELL"), key)
    with pytest.raises(RefusedError, match="closed only mode"):
        rules.check_standing(made.venue, signed(), key)
