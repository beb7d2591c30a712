"""The JSON-RPC calls that redeeming and approving need, single or in a batch.

Source: polymarket-client 0.14.0 `_internal/eoa/rpc.py`; a result never stands beside an `error`
key, because the client takes any `error` for one.
"""

from dataclasses import dataclass, field

import msgspec
import rlp
from aiohttp import web
from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError
from eth_account import Account as KeyAccount
from eth_utils.crypto import keccak
from rlp.exceptions import RLPException

from sandbox.polymarket.services.chain import Chain, RevertedError
from sandbox.polymarket.signing.addresses import CHAIN_ID, PUSD, WALLET_BEACON
from sandbox.polymarket.signing.typed import Call, hexed
from sandbox.polymarket.venue.accounts import Wallet
from sandbox.polymarket.wire.answers import answer, page
from sandbox.polymarket.world import World

MINED_US = 80_000
"""How long an EOA's transaction has no receipt, wall time."""
SERVER_ERROR, REVERTED, UNKNOWN_METHOD = -32000, 3, -32601


class RpcError(Exception):
    """A call that the node answers with an error object."""

    def __init__(self, code: int, said: str) -> None:
        super().__init__(said)
        self.code = code


@dataclass(slots=True)
class Sent:
    """A raw transaction on its way."""

    wallet: Wallet
    call: Call
    at_us: int
    status: int | None = None


@dataclass(slots=True)
class Rpc:
    """A Polygon node, as far as needed."""

    world: World
    chain: Chain
    sent: dict[str, Sent] = field(default_factory=dict)

    def routes(self) -> list[web.RouteDef]:
        """Return its route."""
        return [web.post("/rpc", self.call)]

    async def call(self, request: web.Request) -> web.Response:
        """Answer one call or a batch."""
        if self.world.venue.faults.strikes("rpc-502"):
            return page()
        try:
            body = msgspec.json.decode(await request.read())
        except msgspec.DecodeError:
            return answer({"jsonrpc": "2.0", "id": None, "error": _error(-32700, "parse error")})
        if isinstance(body, list):
            return answer([self._one(part) for part in body])
        return answer(self._one(body))

    def _one(self, body: object) -> dict[str, object]:
        if not isinstance(body, dict):
            return {"jsonrpc": "2.0", "id": None, "error": _error(-32600, "invalid request")}
        head: dict[str, object] = {"jsonrpc": "2.0", "id": body.get("id")}
        if self.world.venue.faults.strikes("rpc-error"):
            return head | {"error": _error(SERVER_ERROR, "upstream unavailable")}
        try:
            return head | {"result": self._result(str(body.get("method")), body.get("params"))}
        except RpcError as error:
            return head | {"error": _error(error.code, str(error))}
        except (DecodingError, RLPException, KeyError, IndexError, TypeError, ValueError):
            return head | {"error": _error(-32602, "invalid params")}

    def _result(self, method: str, params: object) -> object:
        given = params if isinstance(params, list) else []
        self.advance()
        if method == "eth_chainId":
            return hex(CHAIN_ID)
        if method == "eth_getBlockByNumber":
            return {"timestamp": hex(self.world.clocks.protocol_s())}
        if method == "eth_gasPrice":
            return hex(30 * 10**9)
        if method == "eth_estimateGas":
            return hex(200_000)
        if method == "eth_getTransactionCount":
            wallet = self.world.venue.accounts.wallet(str(given[0]))
            return hex(wallet.nonce if wallet else 0)
        return self._more(method, given)

    def _more(self, method: str, given: list[object]) -> object:
        if method == "eth_call":
            asked = given[0]
            if not isinstance(asked, dict):
                raise RpcError(-32602, "invalid params")
            return self._read(str(asked["to"]), hexed(asked["data"]) or b"")
        if method == "eth_sendRawTransaction":
            return self._send(hexed(given[0]) or b"")
        if method == "eth_getTransactionReceipt":
            sent = self.sent.get(str(given[0]))
            if sent is None or sent.status is None:
                return None
            return {"transactionHash": given[0], "status": hex(sent.status)}
        raise RpcError(UNKNOWN_METHOD, f"the method {method} does not exist")

    def advance(self) -> None:
        """Mine the transactions whose time has come."""
        now_us = self.world.clocks.protocol_us()
        for tx_hash, sent in self.sent.items():
            if sent.status is not None or now_us - sent.at_us < MINED_US:
                continue
            if self.world.venue.faults.strikes("receipt-reverted"):
                sent.status = 0
                continue
            try:
                self.chain.execute(sent.wallet, [sent.call], tx_hash)
                sent.status = 1
            except RevertedError as error:
                sent.status = 0
                self.world.log("reverted", {"hash": tx_hash, "why": str(error)})

    def _send(self, raw: bytes) -> str:
        nonce, _, _, to, value, data, *_ = rlp.decode(raw)
        sender = str(KeyAccount.recover_transaction(raw))
        self.world.venue.accounts.trader(sender)
        wallet = self.world.venue.accounts.wallets[sender.lower()]
        if int.from_bytes(nonce) != wallet.nonce:
            low = int.from_bytes(nonce) < wallet.nonce
            raise RpcError(SERVER_ERROR, "nonce too low" if low else "nonce too high")
        wallet.nonce += 1
        tx_hash = "0x" + keccak(raw).hex()
        call = Call("0x" + to.hex(), int.from_bytes(value), data)
        self.sent[tx_hash] = Sent(wallet, call, self.world.clocks.protocol_us())
        return tx_hash

    def _read(self, target: str, data: bytes) -> str:
        """Answer a view function; a wallet nobody knows holds nothing."""
        selector, raw = data[:4].hex(), data[4:]
        accounts = self.world.venue.accounts

        def holds(owner: str, token: int) -> int:
            wallet = accounts.wallet(owner)
            return wallet.tokens.get(str(token), 0) if wallet else 0

        if selector == "00fdd58e":
            owner, token = decode(["address", "uint256"], raw)
            return _word(holds(owner, token))
        if selector == "4e1273f4":
            owners, tokens = decode(["address[]", "uint256[]"], raw)
            amounts = [holds(o, t) for o, t in zip(owners, tokens, strict=True)]
            return "0x" + encode(["uint256[]"], [amounts]).hex()
        if selector == "70a08231":
            wallet = accounts.wallet(decode(["address"], raw)[0])
            return _word(wallet.cash if wallet and target.lower() == PUSD.lower() else 0)
        return self._read_more(target, selector, raw)

    def _read_more(self, target: str, selector: str, raw: bytes) -> str:
        accounts = self.world.venue.accounts
        if selector in {"dd62ed3e", "e985e9c5"}:
            owner, spender = decode(["address", "address"], raw)
            wallet, pair = accounts.wallet(owner), f"{target}/{spender}".lower()
            if wallet is None:
                return _word(0)
            allowed = wallet.allowances.get(pair, 0)
            return _word(allowed if selector == "dd62ed3e" else wallet.operators.get(pair, False))
        if selector == "49493a4d":
            return _word(int(WALLET_BEACON, 16))
        if selector in {"dd34de67", "0504c814"}:
            market = self.world.venue.markets.get("0x" + raw[:32].hex())
            winner = market.winner if market else None
            if selector == "dd34de67" or winner is None:
                return _word(0 if winner is None else 1)
            return _word(int(int.from_bytes(raw[32:64]) == winner))
        raise RpcError(REVERTED, "execution reverted")


def _word(value: int) -> str:
    return "0x" + int(value).to_bytes(32, "big").hex()


def _error(code: int, said: str) -> dict[str, object]:
    return {"code": code, "message": said}
