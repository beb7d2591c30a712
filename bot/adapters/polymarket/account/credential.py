"""Make or find the API credentials of a key, once, for a person to keep.

The live engine never calls this: the kill switch must hold the same credentials as the engine.
Source: polymarket-client 0.14.0 `actions/auth.py`; docs.polymarket.com on authentication.
"""

import asyncio
import time

from eth_account import Account
from polymarket import ApiKeyCreds
from polymarket._internal.actions.auth import create_or_derive_api_key
from polymarket._internal.environment import PRODUCTION_CONFIG
from polymarket._internal.l1_auth import sign_api_key_auth
from polymarket.clients._transport import AsyncTransport

from bot.adapters.polymarket.connection import guarded_client, translated
from bot.adapters.polymarket.setting import Credentials, LiveSettings
from bot.domain.refusal import ExitCode, Refused
from bot.domain.secret import Secret


async def derive(settings: LiveSettings, nonce: int = 0) -> Credentials:
    """Create the API key of a nonce, or derive it again if it exists.

    Raises:
        Refused: the private key is not that of POLYMARKET_ADDRESS; USAGE.
        Temporary: no answer; ask again.
        Permanent: the venue refused.

    """
    signer = Account.from_key(settings.private_key.reveal())
    if signer.address.lower() != settings.address.lower():
        raise Refused(
            f"POLYMARKET_ADDRESS: is {settings.address}, but the private key belongs to "
            f"{signer.address}; correct one of them",
            ExitCode.USAGE,
        )
    signature = sign_api_key_auth(
        signer, chain_id=PRODUCTION_CONFIG.chain_id, timestamp=int(time.time()), nonce=nonce
    )
    async with guarded_client(settings, settings.endpoints.clob) as http:
        clob = AsyncTransport(base_url=settings.endpoints.clob, client=http)
        with translated("credentials", settings.call_timeout_s):
            async with asyncio.timeout(settings.call_timeout_s):
                found: ApiKeyCreds = await create_or_derive_api_key(clob, signature)
    return Credentials(Secret(found.key), Secret(found.secret), Secret(found.passphrase))
