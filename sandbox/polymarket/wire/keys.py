"""API keys: created and derived with an L1 signature, listed and deleted with an L2 one."""

from aiohttp import web

from sandbox.polymarket.venue.accounts import ApiKey
from sandbox.polymarket.venue.state import RefusedError
from sandbox.polymarket.wire.answers import answer
from sandbox.polymarket.wire.gate import Gate

CANNOT_CREATE = "Could not create api key"
CANNOT_DERIVE = "Could not derive api key!"


class Keys:
    """`/auth/…` of the CLOB."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate
        self.world = gate.world

    def routes(self) -> list[web.RouteDef]:
        """Return its routes."""
        return [
            web.post("/auth/api-key", self.create),
            web.get("/auth/derive-api-key", self.derive),
            web.get("/auth/api-keys", self.listed),
            web.delete("/auth/api-key", self.delete),
            web.get("/auth/ban-status/closed-only", self.closed_only),
        ]

    async def create(self, request: web.Request) -> web.Response:
        """Make a key; a second one under the same nonce is refused, and the client derives it."""
        address, nonce = self.gate.first_level(request)
        accounts = self.world.venue.accounts
        if accounts.key_of(address, nonce) is not None:
            raise RefusedError(CANNOT_CREATE)
        return _told(accounts.new_key(address, nonce))

    async def derive(self, request: web.Request) -> web.Response:
        """Return the key that exists under a nonce."""
        address, nonce = self.gate.first_level(request)
        key = self.world.venue.accounts.key_of(address, nonce)
        if key is None:
            raise RefusedError(CANNOT_DERIVE)
        return _told(key)

    async def listed(self, request: web.Request) -> web.Response:
        """List the ids of an address's keys."""
        key = await self.gate.second_level(request)
        own = [k for k in self.world.venue.accounts.keys.values() if k.eoa == key.eoa]
        return answer({"apiKeys": [k.credentials.key for k in own]})

    async def delete(self, request: web.Request) -> web.Response:
        """Delete the key that signed the call; its heartbeat ends with it."""
        key = await self.gate.second_level(request)
        del self.world.venue.accounts.keys[key.credentials.key]
        self.world.heartbeats.beats.pop(key.credentials.key, None)
        return answer("OK")

    async def closed_only(self, request: web.Request) -> web.Response:
        """Say whether an address may only close positions."""
        key = await self.gate.second_level(request)
        trader = self.world.venue.accounts.trader(key.eoa)
        struck = self.world.venue.faults.strikes("closed-only")
        return answer({"closed_only": trader.closed_only or struck})


def _told(key: ApiKey) -> web.Response:
    own = key.credentials
    return answer({"apiKey": own.key, "secret": own.secret, "passphrase": own.passphrase})
