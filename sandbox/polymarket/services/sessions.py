"""Session keys of a deposit wallet: authorised and revoked over the relayer, listed by the CLOB."""

from dataclasses import dataclass

import msgspec
from aiohttp import web
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from sandbox.polymarket.services.relayer import Relayer
from sandbox.polymarket.signing.typed import Call
from sandbox.polymarket.venue.accounts import Wallet
from sandbox.polymarket.venue.state import RefusedError
from sandbox.polymarket.wire.answers import answer
from sandbox.polymarket.wire.gate import Gate

_AUTHORIZE = keccak(b"authorizeSessionSigner(address,uint256)")[:4]
_REVOKE = keccak(b"revokeSessionSigner(address)")[:4]


@dataclass(slots=True)
class Sessions:
    """Session signers, by idempotency key."""

    gate: Gate
    relayer: Relayer

    def routes(self) -> list[web.RouteDef]:
        """Return its routes."""
        return [
            web.post("/relayer/v1/session-signers/authorizations", self.authorize),
            web.post("/relayer/v1/session-signers/revocations", self.revoke),
            web.get("/v1/user/session-signers", self.listed),
        ]

    async def authorize(self, request: web.Request) -> web.Response:
        """Let a key sign for a wallet until a moment, for the scopes named."""
        body, wallet, signer = await self._read(request)
        until, scopes = int(str(body["validUntil"])), body.get("scopes")
        if not isinstance(scopes, list) or not scopes:
            raise RefusedError("scopes must not be empty")
        data = _AUTHORIZE + encode(["address", "uint256"], [signer, until])
        self.relayer.chain.scopes[signer.lower()] = [str(scope) for scope in scopes]
        sent = self._submit(wallet, body, data)
        return answer({"status": "SUBMITTED", "transactionId": sent, "transactionHash": ""})

    async def revoke(self, request: web.Request) -> web.Response:
        """Take a key's right away; it may not sign from this call on."""
        body, wallet, signer = await self._read(request)
        sent = self._submit(wallet, body, _REVOKE + encode(["address"], [signer]))
        wallet.sessions = [s for s in wallet.sessions if s.address != signer.lower()]
        return answer({"status": "FENCED", "fenced": True, "transactionId": sent})

    async def listed(self, request: web.Request) -> web.Response:
        """List the session keys of the caller's deposit wallet."""
        key = await self.gate.second_level(request)
        self.relayer.advance()
        wallets = self.gate.world.venue.accounts.wallets.values()
        own = [w for w in wallets if w.owner == key.eoa.lower() and w.kind == 3 and w.deployed]  # noqa: PLR2004
        if not own:
            raise RefusedError("no deposit wallet", 404)
        signers = [
            {"address": s.address, "scopes": s.scopes, "valid_until": s.valid_until_s}
            for s in own[0].sessions
        ]
        return answer({"wallet": own[0].address, "signers": signers})

    async def _read(self, request: web.Request) -> tuple[dict[str, object], Wallet, str]:
        raw = await request.read()
        self.relayer.check(request, raw)
        try:
            body = msgspec.json.decode(raw, type=dict[str, object])
        except msgspec.DecodeError:
            raise RefusedError("invalid request body") from None
        wallet = self.gate.world.venue.accounts.wallet(str(body.get("walletAddress")))
        if wallet is None or not wallet.deployed:
            raise RefusedError("wallet not deployed")
        return body, wallet, str(body.get("sessionSignerAddress"))

    def _submit(self, wallet: Wallet, body: dict[str, object], data: bytes) -> str:
        call = Call(wallet.address, 0, data)
        if self.relayer.batch(wallet, body, [call]) is None:
            raise RefusedError("invalid signature")
        self.relayer.claim_nonce(wallet, int(str(body["nonce"])))
        return self.relayer.take(wallet, [call]).id
