"""One client of the SDK behind a guard: known addresses only, our deadlines, our exceptions.

The SDK's own transports honour whatever proxy the environment names, wait up to 10 s an operation
without a total, and would register other credentials where ours are refused. None of that here:
its pools are replaced by ours before the first call, and nothing is called while it is made.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator
from typing import Protocol, TypeVar, cast

import httpx
from polymarket import ApiKeyCreds, AsyncSecureClient, PolymarketError, RelayerApiKey
from polymarket._internal.context import AsyncSecureClientContext
from polymarket._internal.environment import EnvironmentConfig, get_environment_config
from polymarket._internal.wallet import try_classify_wallet_type
from polymarket.clients._transport import AsyncTransport
from polymarket.errors import RateLimitError, RequestRejectedError, UserInputError
from polymarket.rate_limit import RateLimitUpdate
from typing_extensions import override

from bot.adapters.polymarket.environment import Origin, environment, origin
from bot.adapters.polymarket.setting import LiveSettings
from bot.domain.refusal import ExitCode, Refused
from bot.ports import Permanent, Temporary

Result = TypeVar("Result")
CLOSE_S = 3.0
TRANSPORTS = (
    "gamma", "data", "rfq", "clob", "perps", "secure_clob", "relayer", "combos", "builder_gateway",
)  # fmt: skip
"""Every transport of the SDK's context; the node's is one level deeper."""
KEPT_MAX = 6
"""Idle connections kept: the pool looks at each of them for every request."""
KEEPALIVE_S = 60.0
"""Longer than the pause between heartbeats, so that an order finds a warm connection."""


class Unlisted(httpx.ConnectError):
    """An address that was not given: nothing was dialled."""


class Guarded(httpx.AsyncBaseTransport):
    """Dials known origins only."""

    def __init__(self, inner: httpx.AsyncBaseTransport, allowed: frozenset[Origin]) -> None:
        """Wrap a transport."""
        self._inner = inner
        self._allowed = allowed

    @override
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if origin(str(request.url)) not in self._allowed:
            raise Unlisted(f"{request.url.host} is not an address of ours", request=request)
        return await self._inner.handle_async_request(request)

    @override
    async def aclose(self) -> None:
        await self._inner.aclose()


class RateListener(Protocol):
    """Hears what the venue says of our rate limits."""

    def __call__(self, update: RateLimitUpdate, /) -> None:
        """Take over what an answer's headers said."""
        ...


def transport(settings: LiveSettings) -> Guarded:
    """Return the one pool of connections that everything goes through."""
    limits = httpx.Limits(
        max_connections=50, max_keepalive_connections=KEPT_MAX, keepalive_expiry=KEEPALIVE_S
    )
    inner = httpx.AsyncHTTPTransport(
        verify=httpx.create_ssl_context(trust_env=False),
        http2=not settings.endpoints.loopback,
        limits=limits,
        trust_env=False,
        proxy=settings.proxy or None,
    )
    return Guarded(inner, settings.endpoints.origins)


def guarded_client(settings: LiveSettings, base_url: str = "") -> httpx.AsyncClient:
    """Return a client of our own: known addresses only, no proxy of the environment."""
    return httpx.AsyncClient(
        base_url=base_url,
        timeout=settings.call_timeout_s,
        transport=transport(settings),
        trust_env=False,
    )


class Connection:
    """The SDK's client of one wallet. Make it once, before the loops start: it takes 0.3 s."""

    def __init__(
        self, client: AsyncSecureClient, settings: LiveSettings, http: httpx.AsyncClient
    ) -> None:
        """Take over a client; use `open`."""
        self.client = client
        self.settings = settings
        self.http = http
        """For what the SDK has no call for, such as `/time`; same pool, same guard."""

    @classmethod
    async def open(cls, settings: LiveSettings, heard: RateListener | None = None) -> "Connection":
        """Make a client without calling anybody; boot checks prove what it was given.

        Raises:
            Refused: key, wallet or credentials that cannot belong together; USAGE.

        """
        given = settings.with_credentials()
        sdk = environment(settings.endpoints)
        try:
            client = await AsyncSecureClient._create(  # noqa: SLF001 - `create` would replace credentials
                private_key=settings.private_key.reveal(),
                wallet=settings.wallet,
                environment=sdk,
                credentials=ApiKeyCreds(
                    key=given.key.reveal(),
                    secret=given.secret.reveal(),
                    passphrase=given.passphrase.reveal(),
                ),
                api_key=relayer_key(settings),
                validate_credentials=False,
                on_rate_limit_update=heard,
            )
        except UserInputError as error:
            raise Refused(
                f"POLYMARKET_PRIVATE_KEY or POLYMARKET_WALLET: {error}", ExitCode.USAGE
            ) from None
        made = cls(client, settings, await _rewire(context(client), settings))
        try:
            made.check_identity()
        except Refused:
            await made.close()
            raise
        return made

    @property
    def context(self) -> AsyncSecureClientContext:
        """Return the SDK's own context, for what it has no public call for."""
        return context(self.client)

    @property
    def config(self) -> EnvironmentConfig:
        """Return contracts, chain id and addresses."""
        return get_environment_config(self.client.environment)

    def check_identity(self) -> None:
        """Hold key, address and wallet to each other, before anything is sent.

        The SDK takes a mistyped wallet for one that this key may sign for as a session, and every
        order then looks like a bad signature at the venue.

        Raises:
            Refused: they do not belong together; USAGE.

        """
        signer, wallet = str(self.client.signer), self.settings.wallet
        if signer.lower() != self.settings.address.lower():
            raise Refused(
                f"POLYMARKET_ADDRESS: is {self.settings.address}, but the private key belongs to "
                f"{signer}; correct one of them",
                ExitCode.USAGE,
            )
        kind = try_classify_wallet_type(
            signer=signer, wallet=wallet, config=self.config.wallet_derivation
        )
        if kind is None:
            raise Refused(
                f"POLYMARKET_WALLET: {wallet} is no wallet of signer {signer}; it must be the "
                "signer itself, its deposit wallet, its proxy or its Safe",
                ExitCode.USAGE,
            )

    async def ask(
        self, what: str, call: Callable[[], Awaitable[Result]], within_s: float | None = None
    ) -> Result:
        """Make an idempotent call within a total deadline.

        Raises:
            Temporary: no answer, a broken one, or one that says to come back later.
            Permanent: the venue refused the call itself; repeating it cannot help.

        """
        deadline_s = within_s or self.settings.call_timeout_s
        with translated(what, deadline_s):
            async with asyncio.timeout(deadline_s):
                return await call()
        raise AssertionError("unreachable")

    async def get(self, what: str, url: str) -> object:
        """Read JSON from an address of ours without signing; raises as `ask`."""

        async def call() -> object:
            answer = await self.http.get(url)
            if not answer.is_success:
                raise RequestRejectedError(f"HTTP {answer.status_code}", status=answer.status_code)
            return cast("object", answer.json())

        return await self.ask(what, call)

    async def close(self) -> None:
        """Let go of every connection, in bounded time; cancels no order."""
        with contextlib.suppress(TimeoutError, PolymarketError):
            async with asyncio.timeout(CLOSE_S):
                await self.client.close()
        await self.http.aclose()


@contextlib.contextmanager
def translated(what: str, deadline_s: float) -> Iterator[None]:
    """Turn what the SDK and httpx raise into the two exceptions of the ports."""
    try:
        yield
    except TimeoutError as error:
        raise Temporary(f"{what}: no answer within {deadline_s:g} s") from error
    except RateLimitError as error:
        raise Temporary(
            f"{what}: rate limited, retry after {error.retry_after or 1:g} s"
        ) from error
    except RequestRejectedError as error:
        refused = Permanent if error.status in {400, 404, 405, 422} else Temporary
        raise refused(f"{what}: HTTP {error.status}: {brief(error)}") from error
    except UserInputError as error:
        raise Permanent(f"{what}: {brief(error)}") from error
    except (PolymarketError, httpx.HTTPError, ValueError, RuntimeError) as error:
        # ValueError: JSON that is none; RuntimeError: the SDK's words for a closed client.
        raise Temporary(f"{what}: {brief(error)}") from error


def brief(error: Exception) -> str:
    """Return an exception as one short line."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text[:200]


def relayer_key(settings: LiveSettings) -> RelayerApiKey | None:
    """Return the relayer's key as the SDK wants it, None where there is none."""
    if settings.relayer is None:
        return None
    return RelayerApiKey(key=settings.relayer.key.reveal(), address=settings.relayer.address)


def context(client: AsyncSecureClient) -> AsyncSecureClientContext:
    """Return the client's context."""
    return client._ctx  # noqa: SLF001 - market facts and the relayer's nonce have no public call


async def _rewire(sdk: AsyncSecureClientContext, settings: LiveSettings) -> httpx.AsyncClient:
    """Give every transport of the SDK our guarded pool in place of its own."""
    pool = transport(settings)
    parts: list[AsyncTransport] = [getattr(sdk, name) for name in TRANSPORTS]
    parts.append(sdk.rpc._transport)  # noqa: SLF001 - the only way to it
    for part in parts:
        old = part._client  # noqa: SLF001 - the SDK takes no client of ours at the top
        part._client = httpx.AsyncClient(  # noqa: SLF001
            base_url=old.base_url, timeout=old.timeout, transport=pool, trust_env=False
        )
        await old.aclose()
    return httpx.AsyncClient(timeout=settings.call_timeout_s, transport=pool, trust_env=False)
