"""The few contracts that trading needs, as pure state changes of one wallet at a time.

A batch of calls is one transaction: when one of them reverts, none of them happened.
"""

import copy
from collections.abc import Callable
from dataclasses import dataclass, field

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError

from sandbox.polymarket.signing.addresses import (
    COLLATERAL_ADAPTER,
    CTF,
    NEG_RISK_COLLATERAL_ADAPTER,
    POSITION_MANAGER,
    PUSD,
    ROUTER,
    WalletKind,
)
from sandbox.polymarket.signing.typed import Call
from sandbox.polymarket.venue.accounts import Session, Wallet
from sandbox.polymarket.venue.market import Market
from sandbox.polymarket.venue.state import Activity, Venue

_ADAPTERS = {COLLATERAL_ADAPTER.lower(), NEG_RISK_COLLATERAL_ADAPTER.lower()}
_HOLDERS = {CTF.lower(): CTF, POSITION_MANAGER.lower(): POSITION_MANAGER}


class RevertedError(Exception):
    """A contract call failed; nothing of its transaction happened."""


@dataclass(slots=True)
class Chain:
    """Carries calls out on the venue's wallets."""

    venue: Venue
    scopes: dict[str, list[str]] = field(default_factory=dict)
    """What a session key that is about to be authorised may do, by its address."""

    def execute(self, wallet: Wallet, calls: list[Call], tx_hash: str) -> None:
        """Carry out a transaction of one wallet.

        Raises:
            RevertedError: nothing of it happened.

        """
        before = copy.deepcopy((wallet.cash, wallet.tokens, wallet.allowances, wallet.operators))
        noted = len(self.venue.activities)
        try:
            for call in calls:
                self._run(wallet, call, tx_hash)
        except (RevertedError, DecodingError) as error:
            wallet.cash, wallet.tokens, wallet.allowances, wallet.operators = before
            del self.venue.activities[noted:]
            raise RevertedError(str(error) or "execution reverted") from error

    def _run(self, wallet: Wallet, call: Call, tx_hash: str) -> None:
        selector, arguments = call.data[:4].hex(), call.data[4:]
        handlers: dict[str, Callable[[Wallet, str, bytes, str], None]] = {
            "095ea7b3": self._approve,
            "a22cb465": self._approve_all,
            "a9059cbb": self._transfer,
            "72ce4275": self._split,
            "9e7212ad": self._merge,
            "01b7037c": self._redeem,
            "82d3b9f1": self._router_split,
            "5b63685e": self._router_merge,
            "d217a3cc": self._router_redeem,
        }
        if call.target.lower() == wallet.address and wallet.kind is WalletKind.DEPOSIT:
            self._session(wallet, call.data)
            return
        handler = handlers.get(selector)
        if handler is None:
            raise RevertedError(f"no function {selector} at {call.target}")
        handler(wallet, call.target.lower(), arguments, tx_hash)

    def _approve(self, wallet: Wallet, target: str, raw: bytes, _: str) -> None:
        spender, amount = decode(["address", "uint256"], raw)
        _expect(target == PUSD.lower(), "not the collateral token")
        wallet.allowances[f"{PUSD}/{spender}".lower()] = amount

    def _approve_all(self, wallet: Wallet, target: str, raw: bytes, _: str) -> None:
        operator, approved = decode(["address", "bool"], raw)
        _expect(target in _HOLDERS, "not a token contract")
        wallet.operators[f"{_HOLDERS[target]}/{operator}".lower()] = approved

    def _transfer(self, wallet: Wallet, target: str, raw: bytes, _: str) -> None:
        to, amount = decode(["address", "uint256"], raw)
        _expect(target == PUSD.lower(), "not the collateral token")
        _expect(wallet.cash >= amount, "transfer amount exceeds balance")
        wallet.cash -= amount
        other = self.venue.accounts.wallet(to)
        if other is not None:
            other.cash += amount

    def _split(self, wallet: Wallet, target: str, raw: bytes, tx_hash: str) -> None:
        market, amount = self._adapter(target, raw)
        _expect(wallet.allowance(target) >= amount, "insufficient allowance")
        self._minted(wallet, market, amount, tx_hash)

    def _merge(self, wallet: Wallet, target: str, raw: bytes, tx_hash: str) -> None:
        market, amount = self._adapter(target, raw)
        _expect(wallet.may_move(market.tokens[0], target), "operator not approved")
        self._minted(wallet, market, -amount, tx_hash)

    def _redeem(self, wallet: Wallet, target: str, raw: bytes, tx_hash: str) -> None:
        _expect(target in _ADAPTERS, "not a collateral adapter")
        kinds = ["address", "bytes32", "bytes32", "uint256[]"]
        market = self._market(decode(kinds, raw)[2])
        _expect(wallet.may_move(market.tokens[0], target), "operator not approved")
        winner = _winner(market)
        paid = wallet.tokens.get(market.tokens[winner], 0)
        for token in market.tokens:
            wallet.tokens[token] = 0
        self._paid(wallet, market, paid, tx_hash)

    def _router_split(self, wallet: Wallet, target: str, raw: bytes, tx_hash: str) -> None:
        market, amount = self._router(target, raw)
        _expect(wallet.allowance(ROUTER) >= amount, "insufficient allowance")
        self._minted(wallet, market, amount, tx_hash)

    def _router_merge(self, wallet: Wallet, target: str, raw: bytes, tx_hash: str) -> None:
        market, amount = self._router(target, raw)
        _expect(wallet.may_move(market.tokens[0], ROUTER), "operator not approved")
        self._minted(wallet, market, -amount, tx_hash)

    def _router_redeem(self, wallet: Wallet, target: str, raw: bytes, tx_hash: str) -> None:
        _expect(target == ROUTER.lower(), "not the router")
        condition, index, amount = decode(["bytes31", "uint256", "uint256"], raw)
        market = self._market(condition + b"\0")
        _expect(index in {0, 1}, "no such outcome")
        token, winner = market.tokens[index], _winner(market)
        _expect(wallet.may_move(token, ROUTER), "operator not approved")
        _expect(wallet.tokens.get(token, 0) >= amount, "balance too low")
        wallet.tokens[token] -= amount
        self._paid(wallet, market, amount if index == winner else 0, tx_hash)

    def _session(self, wallet: Wallet, data: bytes) -> None:
        """Authorise or revoke a session key: the wallet calls itself."""
        if len(data) == 4 + 64:
            signer, until = decode(["address", "uint256"], data[4:])
            self._forget(wallet, signer)
            scopes = self.scopes.pop(signer.lower(), ["ALL"])
            wallet.sessions.append(Session(signer.lower(), until, scopes))
        elif len(data) == 4 + 32:
            self._forget(wallet, decode(["address"], data[4:])[0])
        else:
            raise RevertedError("the wallet has no such function")

    def _forget(self, wallet: Wallet, signer: str) -> None:
        wallet.sessions = [s for s in wallet.sessions if s.address != signer.lower()]

    def _adapter(self, target: str, raw: bytes) -> tuple[Market, int]:
        _expect(target in _ADAPTERS, "not a collateral adapter")
        kinds = ["address", "bytes32", "bytes32", "uint256[]", "uint256"]
        _, _, condition, _, amount = decode(kinds, raw)
        return self._market(condition), amount

    def _router(self, target: str, raw: bytes) -> tuple[Market, int]:
        _expect(target == ROUTER.lower(), "not the router")
        condition, amount = decode(["bytes31", "uint256"], raw)
        return self._market(condition + b"\0"), amount

    def _market(self, condition: bytes) -> Market:
        market = self.venue.markets.get("0x" + condition.hex())
        if market is None:
            raise RevertedError("no such condition")
        return market

    def _minted(self, wallet: Wallet, market: Market, amount: int, tx_hash: str) -> None:
        """Turn cash into one of each outcome, or back where the amount is negative."""
        _expect(wallet.cash >= amount, "collateral too low")
        for token in market.tokens:
            held = wallet.tokens.get(token, 0)
            _expect(held + amount >= 0, "balance too low")
            wallet.tokens[token] = held + amount
        wallet.cash -= amount
        kind = "SPLIT" if amount >= 0 else "MERGE"
        self._note(kind, wallet, market, abs(amount), tx_hash)

    def _paid(self, wallet: Wallet, market: Market, paid: int, tx_hash: str) -> None:
        wallet.cash += paid
        self._note("REDEEM", wallet, market, paid, tx_hash)

    def _note(self, kind: str, wallet: Wallet, market: Market, usd: int, tx_hash: str) -> None:
        now_us = self.venue.now_us
        entry = Activity(kind, wallet.address, market.condition_id, usd, now_us, tx_hash)
        self.venue.activities.append(entry)


def _winner(market: Market) -> int:
    if market.winner is None:
        raise RevertedError("payouts not reported")
    return market.winner


def _expect(holds: bool, otherwise: str) -> None:  # noqa: FBT001 - reads as an assertion
    if not holds:
        raise RevertedError(otherwise)
