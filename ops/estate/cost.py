"""What Railway bills for a month, by its published prices. Pure: no file, no network.

Source of all prices: docs.railway.com/pricing/plans, /storage-buckets/billing, /volumes/backups,
read 2026-08-21. Prices may have moved; `PRICES_READ` stands in every answer.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

PRICES_READ = "2026-08-21"
USD_PER_VCPU_MONTH = 20.0
USD_PER_MEMORY_GB_MONTH = 10.0
USD_PER_VOLUME_GB_MONTH = 0.15
USD_PER_EGRESS_GB = 0.05
USD_PER_BUCKET_GB_MONTH = 0.015
OLD_PLAN_USD = (10.0, 15.0)
"""What the plan document this project replaces expected a month to cost."""


class Plan(StrEnum):
    """A subscription; the bill is its price or the usage, whichever is more."""

    HOBBY = "hobby"
    PRO = "pro"

    @property
    def usd(self) -> float:
        """Price of a month, which includes as much usage."""
        return 5.0 if self is Plan.HOBBY else 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """A month's consumption: averages over the month, egress as the month's sum."""

    vcpu: float
    memory_gb: float
    volume_gb: float
    backup_gb: float
    egress_gb: float
    bucket_gb: float

    def items(self) -> dict[str, float]:
        """Return what each part costs, in USD a month, unrounded."""
        return {
            "cpu": USD_PER_VCPU_MONTH * self.vcpu,
            "memory": USD_PER_MEMORY_GB_MONTH * self.memory_gb,
            "volume": USD_PER_VOLUME_GB_MONTH * self.volume_gb,
            "backups": USD_PER_VOLUME_GB_MONTH * self.backup_gb,
            "egress": USD_PER_EGRESS_GB * self.egress_gb,
            "bucket": USD_PER_BUCKET_GB_MONTH * math.ceil(self.bucket_gb),
        }

    def usd(self) -> float:
        """Return what is used, in USD a month."""
        return sum(self.items().values())

    def on(self, plan: Plan) -> "Usage":
        """Return what of this the plan allows: Hobby has no volume backups to bill."""
        if plan is Plan.PRO:
            return self
        return Usage(
            vcpu=self.vcpu,
            memory_gb=self.memory_gb,
            volume_gb=self.volume_gb,
            backup_gb=0.0,
            egress_gb=self.egress_gb,
            bucket_gb=self.bucket_gb,
        )


TYPICAL = Usage(
    vcpu=0.10, memory_gb=0.5, volume_gb=2.0, backup_gb=0.0, egress_gb=5.0, bucket_gb=2.0
)
"""A month of one bot trading short windows, before there are metrics of its own."""


def bill(usage: Usage, plan: Plan) -> float:
    """Return the month's bill in USD: the subscription, or the usage where it is more."""
    return max(plan.usd, usage.on(plan).usd())


def against_old_plan(usd: float) -> str:
    """Say where a bill lies beside the old plan document's estimate."""
    low, high = OLD_PLAN_USD
    if usd < low:
        return f"${low - usd:.2f} under"
    if usd > high:
        return f"${usd - high:.2f} over"
    return "within"


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """One month of one case on one plan, in USD rounded to cents."""

    case: str
    plan: str
    usage_usd: float
    bill_usd: float
    old_estimate: str
    items_usd: dict[str, float]


def estimate(case: str, usage: Usage, plan: Plan) -> Estimate:
    """Price one case on one plan."""
    used, due = usage.on(plan), bill(usage, plan)
    return Estimate(
        case=case,
        plan=plan.value,
        usage_usd=round(used.usd(), 2),
        bill_usd=round(due, 2),
        old_estimate=against_old_plan(due),
        items_usd={item: round(usd, 3) for item, usd in used.items().items()},
    )
