"""What a service really used, from Railway's metrics. Reads only."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from infra.railway.calls import account
from infra.railway.client import Railway
from ops.estate.cost import TYPICAL, Usage
from ops.estate.stack import Target

DAYS_A_MONTH = 30
MEASUREMENTS = (
    "CPU_USAGE",
    "MEMORY_USAGE_GB",
    "DISK_USAGE_GB",
    "NETWORK_TX_GB",
    "BACKUP_USAGE_GB",
)


def measure(client: Railway, target: Target, now: datetime, *, days: int) -> Usage | None:
    """Return a month's usage at the rate of the last days; None where there are no metrics yet.

    CPU and memory are averages, disks their last reading, egress the sum scaled to 30 days. The
    bucket has no metric; it is taken as in a typical month.

    Raises:
        RailwayError: Railway's own.

    """
    scope = {
        "projectId": target.project,
        "environmentId": target.environment,
        "serviceId": target.service,
    }
    rows = account.metrics(client, scope, MEASUREMENTS, since=now - timedelta(days=days))
    found = {row.measurement: [sample.value for sample in row.values] for row in rows}
    if not found.get("CPU_USAGE") or not found.get("MEMORY_USAGE_GB"):
        return None
    return Usage(
        vcpu=mean(found["CPU_USAGE"]),
        memory_gb=mean(found["MEMORY_USAGE_GB"]),
        volume_gb=last(found.get("DISK_USAGE_GB", [])),
        backup_gb=last(found.get("BACKUP_USAGE_GB", [])),
        egress_gb=sum(found.get("NETWORK_TX_GB", [])) * DAYS_A_MONTH / days,
        bucket_gb=TYPICAL.bucket_gb,
    )


def mean(values: Sequence[float]) -> float:
    """Return the average of at least one value."""
    return sum(values) / len(values)


def last(values: Sequence[float]) -> float:
    """Return the latest value, 0 where there is none."""
    return values[-1] if values else 0.0
