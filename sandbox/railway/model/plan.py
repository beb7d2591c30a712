"""What the two plans allow, and where Railway has its machines.

Source: docs.railway.com pricing, volumes, regions and observed `subscriptionPlanLimit` documents,
collected 2026-11-22.
"""

from dataclasses import dataclass

from sandbox.railway.model.records import Json


@dataclass(frozen=True, slots=True)
class Plan:
    """What one plan allows."""

    name: str
    requests_per_hour: int
    requests_per_second: int
    volume_default_mb: int
    volume_max_mb: int
    volumes_per_project: int
    backups_max: int
    backups_share_max: float
    cpus_max: int
    memory_gb_max: int
    log_days: int
    image_hours: int

    def limits(self) -> Json:
        """Return the document `subscriptionPlanLimit` gives; its shape is observed, not published.

        The path of the backup limit differed between observers: clients have to look for the key.
        """
        return {
            "containers": {"cpu": self.cpus_max, "memoryBytes": self.memory_gb_max * 10**9},
            "volumes": {
                "maxSizeMB": self.volume_max_mb,
                "defaultSizeMB": self.volume_default_mb,
                "maxPerProject": self.volumes_per_project,
                "maxBackupsCount": self.backups_max,
                "maxBackupsUsagePercent": self.backups_share_max,
            },
            "rateLimits": {
                "projectCreate": {"max": 1, "windowSeconds": 30},
                "environmentCreate": {"max": 1, "windowSeconds": 30},
                "volumeCreate": {"max": 1, "windowSeconds": 30},
            },
            "logs": {"retentionDays": self.log_days},
        }


PLANS = {
    "hobby": Plan(
        name="hobby",
        requests_per_hour=1_000,
        requests_per_second=10,
        volume_default_mb=5_000,
        volume_max_mb=5_000,
        volumes_per_project=10,
        backups_max=0,
        backups_share_max=0.0,
        cpus_max=48,
        memory_gb_max=48,
        log_days=7,
        image_hours=72,
    ),
    "pro": Plan(
        name="pro",
        requests_per_hour=10_000,
        requests_per_second=50,
        volume_default_mb=50_000,
        volume_max_mb=1_000_000,
        volumes_per_project=20,
        backups_max=10,
        backups_share_max=0.5,
        cpus_max=1_000,
        memory_gb_max=1_000,
        log_days=30,
        image_hours=120,
    ),
}


@dataclass(frozen=True, slots=True)
class Region:
    """One place Railway runs containers in."""

    name: str
    country: str
    location: str


REGIONS = (
    Region("us-west2", "US", "US West (California)"),
    Region("us-east4-eqdc4a", "US", "US East (Virginia)"),
    Region("europe-west4-drams3a", "NL", "EU West (Amsterdam)"),
    Region("asia-southeast1-eqsg3a", "SG", "Southeast Asia (Singapore)"),
)
PREFERRED_REGION = REGIONS[0].name
BUCKET_REGIONS = ("sjc", "iad", "ams", "sin")
