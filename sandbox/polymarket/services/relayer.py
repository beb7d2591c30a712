"""The relayer: takes signed transactions of wallets and walks them to the chain, in wall time.

Deposit wallets sign a batch, proxies a `rlx:` message, Safes a Safe transaction; the chain's
nonce decides which comes first. Source: polymarket-client 0.14.0 `_internal/actions/relayer`.
"""

from dataclasses import dataclass, field

import msgspec
from aiohttp import web
from eth_abi.abi import decode
from eth_utils.crypto import keccak

from sandbox.polymarket.clock import MICROS
from sandbox.polymarket.services.chain import Chain, RevertedError
from sandbox.polymarket.signing.addresses import (
    PROXY_FACTORY,
    RELAY_HUB,
    SAFE_MULTISEND,
    WalletKind,
)
from sandbox.polymarket.signing.secrets import matches
from sandbox.polymarket.signing.typed import (
    Call,
    batch_hash,
    hexed,
    recover,
    recover_personal,
    safe_digest,
    unwrap_session,
)
from sandbox.polymarket.venue.accounts import Wallet
from sandbox.polymarket.venue.state import RefusedError
from sandbox.polymarket.wire.answers import answer, page, reset
from sandbox.polymarket.world import World

STEP_US = 40_000
"""How long a transaction stays in each state, wall time."""
WALK = ("STATE_NEW", "STATE_EXECUTED", "STATE_MINED", "STATE_CONFIRMED")
FAILED = "STATE_FAILED"
RELAY = "0x" + "be" * 20
KINDS = {"WALLET": WalletKind.DEPOSIT, "PROXY": WalletKind.PROXY, "SAFE": WalletKind.SAFE}
Body = dict[str, object]


@dataclass(slots=True)
class Transaction:
    """One submitted transaction."""

    id: str
    wallet: Wallet
    calls: list[Call]
    at_us: int
    tx_hash: str
    deploys: bool = False
    state: str = "STATE_NEW"
    error: str = ""


@dataclass(slots=True)
class Relayer:
    """`relayer-v2`, with the chain below it."""

    world: World
    chain: Chain
    transactions: dict[str, Transaction] = field(default_factory=dict)

    def routes(self) -> list[web.RouteDef]:
        """Return its routes, below /relayer."""
        return [
            web.get("/relayer/deployed", self.deployed),
            web.get("/relayer/v1/account/transactions/params", self.params),
            web.get("/relayer/relay-payload", self.params),
            web.get("/relayer/v1/account/transactions/{id}", self.state),
            web.post("/relayer/submit", self.submit),
        ]

    async def deployed(self, request: web.Request) -> web.Response:
        """Say whether a wallet exists; an address that nobody derived does not."""
        wallet = self.world.venue.accounts.wallet(request.query.get("address", ""))
        return answer({"deployed": wallet is not None and wallet.deployed})

    async def params(self, request: web.Request) -> web.Response:
        """Return the nonce that the next transaction of a key's wallet must carry."""
        self.check(request, b"")
        eoa, kind = request.query.get("address", ""), request.query.get("type", "")
        if kind not in KINDS:
            raise RefusedError("invalid type")
        wallet = self.wallet_of(eoa, KINDS[kind])
        address = RELAY if kind == "PROXY" else eoa
        return answer({"address": address, "nonce": str(wallet.nonce)})

    async def state(self, request: web.Request) -> web.Response:
        """Return where a transaction is."""
        if self.world.venue.faults.strikes("relayer-poll-502"):
            return page()
        found = self.transactions.get(request.match_info["id"])
        if found is None:
            raise RefusedError("transaction not found", 404)
        self.advance()
        shown = "" if found.state == "STATE_NEW" else found.tx_hash
        body: Body = {"state": found.state, "transaction_id": found.id, "transaction_hash": shown}
        if found.error:
            body["error_msg"] = found.error
        return answer(body)

    async def submit(self, request: web.Request) -> web.StreamResponse:
        """Take a signed transaction."""
        raw = await request.read()
        self.check(request, raw)
        if not self.world.limits.submits(self.world.clocks.protocol_us()):
            return answer({"error": "rate limit exceeded"}, 429, {"Retry-After": "60"})
        refused = self._struck()
        if refused is not None:
            return refused
        try:
            body = msgspec.json.decode(raw, type=Body)
            found = self._accept(body)
        except (msgspec.DecodeError, KeyError, ValueError, TypeError):
            raise RefusedError("invalid request body") from None
        if self.world.venue.faults.strikes("relayer-cut-after-submit"):
            reset(request)
        told = {"state": found.state, "transactionID": found.id, "transactionHash": ""}
        return answer(told)

    def take(self, wallet: Wallet, calls: list[Call], *, deploys: bool = False) -> Transaction:
        """Put a transaction on its way."""
        venue = self.world.venue
        found = Transaction(
            id=venue.new_uuid("relayer"),
            wallet=wallet,
            calls=calls,
            at_us=self.world.clocks.protocol_us(),
            tx_hash=venue.new_hash("relayed"),
            deploys=deploys,
        )
        self.transactions[found.id] = found
        return found

    def advance(self) -> None:
        """Walk every transaction to where the wall clock has brought it."""
        now_us = self.world.clocks.protocol_us()
        for found in self.transactions.values():
            if found.error or found.state == WALK[-1]:
                continue
            reached = min(len(WALK) - 1, max(0, now_us - found.at_us) // STEP_US)
            while found.state not in {WALK[reached], FAILED}:
                found.state = WALK[WALK.index(found.state) + 1]
                if found.state == "STATE_MINED":
                    self._mine(found)

    def check(self, request: web.Request, raw: bytes) -> None:
        """Refuse a caller without a relayer or builder key.

        Raises:
            RefusedError: 401.

        """
        given = request.headers
        owner = self.world.relayer_keys.get(given.get("RELAYER_API_KEY", ""))
        if owner is not None and owner == given.get("RELAYER_API_KEY_ADDRESS", "").lower():
            return
        builder = self.world.builder_keys.get(given.get("POLY_BUILDER_API_KEY", ""))
        if builder is not None:
            path = request.path.removeprefix("/relayer")
            stamp = given.get("POLY_BUILDER_TIMESTAMP", "")
            message = stamp.encode() + request.method.encode() + path.encode() + raw
            right = matches(builder.secret, message, given.get("POLY_BUILDER_SIGNATURE", ""))
            if right and given.get("POLY_BUILDER_PASSPHRASE") == builder.passphrase:
                return
        raise RefusedError("invalid authorization", 401)

    def wallet_of(self, eoa: str, kind: WalletKind) -> Wallet:
        """Return a key's wallet of a kind: a deployed one first, a session's too."""
        accounts = self.world.venue.accounts
        accounts.trader(eoa)
        of_kind = [wallet for wallet in accounts.wallets.values() if wallet.kind is kind]
        own = [w for w in of_kind if any(s.address == eoa.lower() for s in w.sessions)]
        own += [wallet for wallet in of_kind if wallet.owner == eoa.lower()]
        return next((wallet for wallet in own if wallet.deployed), own[0])

    def batch(self, wallet: Wallet, body: Body, calls: list[Call]) -> str | None:
        """Return who signed a deposit wallet's batch, if they may."""
        signature, session = unwrap_session(hexed(body["signature"]) or b"")
        deadline = int(str(body["deadline"]))
        hashes = batch_hash(wallet.address, int(str(body["nonce"])), deadline, calls)
        signer = recover(*hashes, signature)
        now_s = self.world.clocks.protocol_s()
        if signer is None or deadline < now_s:
            return None
        accounts = self.world.venue.accounts
        may = accounts.may_sign(wallet, signer, now_s, session=session is not None)
        return signer if may else None

    def claim_nonce(self, wallet: Wallet, nonce: int) -> None:
        """Use up a nonce.

        Raises:
            RefusedError: it is not the wallet's next.

        """
        behind = self.world.venue.faults.strikes("relayer-nonce")
        if nonce != wallet.nonce or behind:
            wallet.nonce += behind
            raise RefusedError(f"batch nonce {nonce} does not match on-chain nonce {wallet.nonce}")
        wallet.nonce += 1

    def _struck(self) -> web.Response | None:
        faults = self.world.venue.faults
        if faults.strikes("relayer-busy"):
            return answer({"error": "wallet busy: the wallet has an active action"}, 400)
        if faults.strikes("relayer-429"):
            return answer({"error": "too many requests"}, 429, {"Retry-After": "1"})
        return None

    def _accept(self, body: Body) -> Transaction:
        eoa, kind = str(body["from"]), str(body["type"])
        if kind == "WALLET-CREATE":
            return self.take(self.wallet_of(eoa, WalletKind.DEPOSIT), [], deploys=True)
        if kind == "WALLET":
            return self._deposit(eoa, body)
        wallet, nonce = self.wallet_of(eoa, KINDS[kind]), int(str(body["nonce"]))
        data = hexed(body["data"]) or b""
        if kind == "PROXY":
            signer, calls = _proxy_signer(eoa, data, body), _proxy_calls(data)
        else:
            signer, calls = _safe_signer(wallet, data, body), _safe_calls(str(body["to"]), data)
        if signer is None or signer.lower() != eoa.lower():
            raise RefusedError("invalid signature")
        self.claim_nonce(wallet, nonce)
        return self.take(wallet, calls)

    def _deposit(self, eoa: str, body: Body) -> Transaction:
        params = body["depositWalletParams"]
        if not isinstance(params, dict):
            raise RefusedError("invalid request body")
        wallet = self.world.venue.accounts.wallet(str(params["depositWallet"]))
        if wallet is None or not wallet.deployed:
            raise RefusedError("wallet not deployed")
        calls = [
            Call(str(c["target"]), int(c["value"]), hexed(c["data"]) or b"")
            for c in params["calls"]
        ]
        signed = {**body, "deadline": params["deadline"]}
        signer = self.batch(wallet, signed, calls)
        if signer is None or signer.lower() != eoa.lower():
            raise RefusedError("invalid signature")
        self.claim_nonce(wallet, int(str(body["nonce"])))
        return self.take(wallet, calls)

    def _mine(self, found: Transaction) -> None:
        if self.world.venue.faults.strikes("relayer-transaction-fails"):
            found.state, found.error = FAILED, "execution reverted"
            return
        found.wallet.deployed = found.wallet.deployed or found.deploys
        try:
            self.chain.execute(found.wallet, found.calls, found.tx_hash)
        except RevertedError as error:
            found.state, found.error = FAILED, str(error)
        age_s = (self.world.clocks.protocol_us() - found.at_us) / MICROS
        self.world.log("relayed", {"id": found.id, "state": found.state, "age_s": age_s})


def _proxy_signer(eoa: str, data: bytes, body: Body) -> str | None:
    params = body["signatureParams"]
    if not isinstance(params, dict):
        return None
    message = b"rlx:" + _raw(eoa) + _raw(PROXY_FACTORY) + data
    numbers = (params["relayerFee"], params["gasPrice"], params["gasLimit"], body["nonce"])
    for number in numbers:
        message += int(str(number)).to_bytes(32, "big")
    message += _raw(RELAY_HUB) + _raw(str(params["relay"]))
    return recover_personal(keccak(message), hexed(body["signature"]) or b"")


def _proxy_calls(data: bytes) -> list[Call]:
    rows = decode(["(uint8,address,uint256,bytes)[]"], data[4:])[0]
    return [Call(to, value, inner) for _, to, value, inner in rows]


def _safe_signer(wallet: Wallet, data: bytes, body: Body) -> str | None:
    params = body["signatureParams"]
    if not isinstance(params, dict):
        return None
    call = Call(str(body["to"]), int(str(body.get("value", "0"))), data)
    operation, nonce = int(str(params["operation"])), int(str(body["nonce"]))
    signed = safe_digest(wallet.address, call, operation=operation, nonce=nonce)
    signature = bytearray(hexed(body["signature"]) or b"")
    if signature:
        signature[-1] -= 4  # A Safe marks a personal_sign signature by v + 4.
    return recover_personal(signed, bytes(signature))


def _safe_calls(target: str, data: bytes) -> list[Call]:
    if target.lower() != SAFE_MULTISEND.lower():
        return [Call(target, 0, data)]
    packed, calls, at = decode(["bytes"], data[4:])[0], list[Call](), 0
    while at < len(packed):
        to, value = packed[at + 1 : at + 21], packed[at + 21 : at + 53]
        length = int.from_bytes(packed[at + 53 : at + 85])
        inner = packed[at + 85 : at + 85 + length]
        calls.append(Call("0x" + to.hex(), int.from_bytes(value), inner))
        at += 85 + length
    return calls


def _raw(address: str) -> bytes:
    return bytes.fromhex(address.removeprefix("0x"))
