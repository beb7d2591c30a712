"""Contract calls: what they change, and that a batch with one revert changes nothing."""

import pytest
from eth_abi.abi import encode

from sandbox.polymarket.book.units import ONE
from sandbox.polymarket.services.chain import Chain, RevertedError
from sandbox.polymarket.signing.addresses import COLLATERAL_ADAPTER, PUSD
from sandbox.polymarket.signing.typed import Call
from sandbox.polymarket.venue.windows import resolve
from tests.unit.sandbox.polymarket.given import CONDITION, DOWN, UP, WALLET, desk

CONDITION_BYTES = bytes.fromhex(CONDITION[2:])


def split(amount: int, selector: str = "72ce4275") -> Call:
    kinds = ["address", "bytes32", "bytes32", "uint256[]", "uint256"]
    arguments = encode(kinds, [PUSD, bytes(32), CONDITION_BYTES, [1, 2], amount])
    return Call(COLLATERAL_ADAPTER, 0, bytes.fromhex(selector) + arguments)


def redeem(condition: bytes = CONDITION_BYTES) -> Call:
    kinds = ["address", "bytes32", "bytes32", "uint256[]"]
    arguments = encode(kinds, [PUSD, bytes(32), condition, [1, 2]])
    return Call(COLLATERAL_ADAPTER, 0, bytes.fromhex("01b7037c") + arguments)


def test_a_split_makes_one_of_each_and_a_merge_takes_them_back() -> None:
    made = desk()
    wallet, chain = made.venue.accounts.wallets[WALLET], Chain(made.venue)
    chain.execute(wallet, [split(5 * ONE)], "0x1")
    assert (wallet.cash, wallet.tokens[UP], wallet.tokens[DOWN]) == (995 * ONE, 5 * ONE, 5 * ONE)
    chain.execute(wallet, [split(5 * ONE, "9e7212ad")], "0x2")
    assert (wallet.cash, wallet.tokens[UP]) == (1_000 * ONE, 0)
    assert [a.kind for a in made.venue.activities] == ["SPLIT", "MERGE"]


def test_redeeming_pays_the_winner_and_burns_both() -> None:
    made = desk()
    wallet, chain = made.venue.accounts.wallets[WALLET], Chain(made.venue)
    chain.execute(wallet, [split(5 * ONE)], "0x1")
    resolve(made.venue, made.market, 1)
    chain.execute(wallet, [redeem()], "0x2")
    assert (wallet.cash, wallet.tokens[UP], wallet.tokens[DOWN]) == (1_000 * ONE, 0, 0)


@pytest.mark.parametrize(
    "bad",
    [
        redeem(),
        redeem(bytes(32)),
        split(2_000 * ONE),
        split(1, "9e7212ad"),
        Call(COLLATERAL_ADAPTER, 0, b"\x01\x02\x03\x04"),
        Call(COLLATERAL_ADAPTER, 0, bytes.fromhex("01b7037c") + b"\x01"),
        Call(PUSD, 0, bytes.fromhex("a9059cbb") + encode(["address", "uint256"], [WALLET, 10**12])),
        Call(WALLET, 0, b"\x01\x02\x03\x04"),
    ],
)
def test_one_revert_undoes_the_whole_batch(bad: Call) -> None:
    made = desk()
    wallet, chain = made.venue.accounts.wallets[WALLET], Chain(made.venue)
    wallet.tokens = {}
    approve = bytes.fromhex("095ea7b3") + encode(["address", "uint256"], [COLLATERAL_ADAPTER, 7])
    before = (wallet.cash, dict(wallet.tokens), dict(wallet.allowances))
    with pytest.raises(RevertedError):
        chain.execute(wallet, [Call(PUSD, 0, approve), bad], "0x1")
    assert (wallet.cash, wallet.tokens, wallet.allowances) == before
    assert made.venue.activities == []
