"""Ask the venue for our tier and for what is left of one bucket."""

from dataclasses import dataclass

from bot.adapters.polymarket.connection import Connection
from bot.adapters.polymarket.order.budget import LOWEST, TIERS, Budget, Kind

NOBODY = "0x" + "0" * 64
"""An order that does not exist: cancelling it costs one token and changes nothing."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The tier, and both buckets as documented, as we use them, and as the venue has them."""

    tier: str
    share: float
    buckets: tuple[dict[str, object], ...]

    @property
    def known(self) -> bool:
        """Say whether the tier is in our table; else it counts as the lowest."""
        return self.tier in TIERS

    def document(self) -> dict[str, object]:
        """Return it for a script."""
        return {
            "ok": True,
            "tier": self.tier,
            "known": self.known,
            "share": self.share,
            "buckets": list(self.buckets),
        }


async def limits(connection: Connection, budget: Budget) -> Limits:
    """Read the tier, and the headers of one cancel; raises as `Connection.ask`."""
    said = await connection.ask(
        "tier", lambda: connection.context.secure_clob.get_json("/v1/user/rate-limit-tier")
    )
    tier = str(said.get("tier", "")) if isinstance(said, dict) else ""
    budget.take_tier(tier)
    async with budget.ask(Kind.CANCEL, within_s=connection.settings.call_timeout_s):
        await connection.ask("cancel", lambda: connection.client.cancel_order(order_id=NOBODY))
    order_rate, order_burst, cancel_rate, cancel_burst = TIERS.get(tier, TIERS[LOWEST])
    sizes = {Kind.ORDER: (order_rate, order_burst), Kind.CANCEL: (cancel_rate, cancel_burst)}
    buckets: list[dict[str, object]] = [
        {
            "kind": f"{kind}s",
            "per_s": sizes[kind][0],
            "burst": sizes[kind][1],
            "our_per_s": budget.buckets[kind].rate,
            "our_burst": budget.buckets[kind].burst,
            "left_at_venue": budget.heard[kind].remaining,
            "warning": budget.heard[kind].warning,
        }
        for kind in Kind
    ]
    return Limits(tier, budget.share, tuple(buckets))
