"""What must be true before the first order of a live process: asked of the venue, each by itself.

Nothing here repairs anything: credentials are never replaced, wallets never deployed, approvals
never granted. A check that cannot be answered is not passed.
"""

import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from polymarket._internal.actions.relayer.deployed import fetch_deployed
from polymarket._internal.wallet import WalletType
from polymarket.models.clob.relayer import RelayerTransactionType

from bot.adapters.polymarket.connection import Connection
from bot.domain.money import Usd
from bot.ports import Permanent, Temporary

SKEW_S_MAX: Final = 2.0
CLOSE_ONLY: Final = frozenset({"PL", "SG", "TH", "TW"})
"""Where positions may only be closed. An answer without a country counts as one of these."""
COUNTRY: Final = re.compile(r"[A-Z]{2}")
KINDS: Final[dict[WalletType, RelayerTransactionType]] = {
    "DEPOSIT_WALLET": RelayerTransactionType.WALLET,
    "POLY_PROXY": RelayerTransactionType.PROXY,
    "GNOSIS_SAFE": RelayerTransactionType.SAFE,
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: what was asked, whether it holds, what was found, what to do."""

    name: str
    ok: bool
    found: str
    remedy: str = ""
    answered: bool = True
    """The question was answered; if not, another try may help."""


Check = Callable[[Connection], Awaitable[Finding]]


async def geoblock(connection: Connection) -> Finding:
    """Ask, from inside this process, whether trading is allowed from here.

    The answer is `{blocked, ip, country, region}`; that a country is close-only is only written on
    the page. Source: docs.polymarket.com/api-reference/geoblock, read 2026-11-23.
    """
    said = await connection.get("geoblock", connection.settings.endpoints.geoblock)
    body = said if isinstance(said, dict) else {}
    blocked, country = body.get("blocked"), str(body.get("country", "?"))
    where = f"{country} {body.get('region', '')}".strip()
    remedy = "run in a region from which Polymarket may be used; there is no way round"
    if blocked is not False:
        return Finding("geoblock", ok=False, found=f"blocked in {where}", remedy=remedy)
    if country in CLOSE_ONLY or not COUNTRY.fullmatch(country):
        return Finding("geoblock", ok=False, found=f"close-only in {where}", remedy=remedy)
    return Finding("geoblock", ok=True, found=f"allowed in {where}")


async def clock_skew(connection: Connection) -> Finding:
    """Compare our wall clock with the venue's: signatures carry it."""
    before = time.time()
    said = await connection.get("time", f"{connection.settings.endpoints.clob}/time")
    after = time.time()
    if not isinstance(said, int) or isinstance(said, bool):
        return Finding(
            "clock", ok=False, found=f"/time said {str(said)[:40]!r}", remedy="try again"
        )
    # The venue tells whole seconds: its time is anywhere in [said, said + 1).
    skew = max(said - after, before - (said + 1), 0.0)
    return Finding(
        "clock", ok=skew <= SKEW_S_MAX, found=f"{skew:.1f} s apart",
        remedy="" if skew <= SKEW_S_MAX else "set the machine's clock (NTP)",
    )  # fmt: skip


async def credentials(connection: Connection) -> Finding:
    """Prove the API key by a signed read; a socket with wrong ones would retry for ever."""
    remedy = "run `poly credentials derive` and set what it prints"
    try:
        keys = await connection.ask("credentials", connection.client.fetch_api_keys)
    except Temporary as error:
        if "HTTP 401" in str(error):
            return Finding("credentials", ok=False, found="refused by the venue", remedy=remedy)
        raise
    if connection.context.credentials.key not in keys:
        return Finding("credentials", ok=False, found="the API key is not listed", remedy=remedy)
    return Finding("credentials", ok=True, found="valid")


async def wallet(connection: Connection) -> Finding:
    """Ask whether the wallet exists; key and address were held to each other already."""
    kind = connection.client.wallet_type
    relayed = KINDS.get(kind)
    if relayed is None:
        return Finding("wallet", ok=True, found="EOA")
    exists = await connection.ask(
        "wallet",
        lambda: fetch_deployed(
            connection.context.relayer, address=str(connection.client.wallet), type=relayed
        ),
    )
    return Finding(
        "wallet", ok=exists, found=f"{kind} {'deployed' if exists else 'does not exist'}",
        remedy="" if exists else "correct POLYMARKET_WALLET, or open the account at polymarket.com",
    )  # fmt: skip


async def closed_only(connection: Connection) -> Finding:
    """Ask whether the account may only close positions."""
    closed = await connection.ask("closed-only", connection.client.get_closed_only_mode)
    return Finding(
        "account", ok=not closed, found="closed-only" if closed else "may trade",
        remedy="ask Polymarket why the account is in closed-only mode" if closed else "",
    )  # fmt: skip


async def funds(connection: Connection) -> Finding:
    """Ask for collateral and for what the exchanges may take of it."""
    said = await connection.ask(
        "balance", lambda: connection.client.get_balance_allowance(asset_type="COLLATERAL")
    )
    if said.balance <= 0:
        return Finding("funds", ok=False, found="0.00 USD", remedy="deposit collateral (pUSD)")
    granted = {spender.lower(): amount for spender, amount in said.allowances.items()}
    config = connection.config
    for name in (config.standard_exchange, config.exchange_v3):
        if granted.get(name.lower(), 0) < said.balance:
            return Finding(
                "funds", ok=False, found=f"{Usd(said.balance)} USD, allowance missing for {name}",
                remedy="run `poly approvals --grant`",
            )  # fmt: skip
    return Finding("funds", ok=True, found=f"{Usd(said.balance)} USD, allowances granted")


CHECKS: Final[tuple[tuple[str, Check], ...]] = (
    ("geoblock", geoblock),
    ("clock", clock_skew),
    ("credentials", credentials),
    ("wallet", wallet),
    ("account", closed_only),
    ("funds", funds),
)
"""In the order in which they are asked; the first that fails explains the rest."""


async def boot_checks(connection: Connection) -> tuple[Finding, ...]:
    """Ask everything; a question without an answer is a check that did not pass."""
    findings = list[Finding]()
    for name, check in CHECKS:
        try:
            findings.append(await check(connection))
        except (Temporary, Permanent) as error:
            findings.append(
                Finding(name, ok=False, found=str(error), remedy="try again", answered=False)
            )
    return tuple(findings)
