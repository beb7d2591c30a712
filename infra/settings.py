"""The only reader of `pulumi.Config`: a stack's keys become one frozen Settings.

Every refusal names the key, the value it had and what to do instead; a key that is not known is
refused with the nearest one that is. Nothing here creates a resource or calls Railway.
"""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import pulumi

from infra.keys import NAMESPACE, choice, flag, positive, railway_name, refuse, required

MOUNT_PATH = "/app/data"
START_COMMAND = "python -m bot.watchdog"
"""The watchdog is the container's first process; it starts the engine, `python -m bot`."""
RESERVED = ("POLY_HALT", "POLY_RESUME", "RAILWAY_")
FIXED = ("POLY_MODE", "POLY_DATA_DIR", "POLY_LOCK_WAIT_S", "POLY_BACKUP_")
KEYS = frozenset(
    (
        *("project", "workspace", "environment", "service", "plan", "region", "regionSignedOff"),
        *("image", "repository", "branch", "startCommand", "cpu", "memoryGb", "storage"),
        *("volumeMb", "mountPath", "mode", "variables", "secrets", "sealSecrets"),
        *("bucket", "bucketRegion", "backupSchedule", "healthCheck"),
    )
)
IMAGE = re.compile(r"[a-z0-9][a-z0-9._:/-]*@sha256:[0-9a-f]{64}")
REPOSITORY = re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+")
NAME = re.compile(r"[A-Z_][A-Z0-9_]*")


class Plan(StrEnum):
    """Railway's plans that have a volume."""

    HOBBY = "hobby"
    PRO = "pro"


class Region(StrEnum):
    """Where Railway runs things. Source: docs.railway.com/deployments/regions, 2026-08-21."""

    CALIFORNIA = "us-west2"
    VIRGINIA = "us-east4-eqdc4a"
    AMSTERDAM = "europe-west4-drams3a"
    SINGAPORE = "asia-southeast1-eqsg3a"


class BucketRegion(StrEnum):
    """Where Railway keeps buckets; not the names of the compute regions."""

    CALIFORNIA = "sjc"
    VIRGINIA = "iad"
    AMSTERDAM = "ams"
    SINGAPORE = "sin"


class Mode(StrEnum):
    """What the bot's orders go to. REPLAY reads a recording instead of a market."""

    REPLAY = "REPLAY"
    PAPER = "PAPER"
    LIVE = "LIVE"


class Schedule(StrEnum):
    """How often Railway itself snapshots the volume; no plan below Pro does."""

    DAILY = "DAILY"
    WEEKLY = "WEEKLY"
    MONTHLY = "MONTHLY"


@dataclass(frozen=True, slots=True)
class Image:
    """A container image, pinned by digest."""

    reference: str


@dataclass(frozen=True, slots=True)
class Repository:
    """A branch Railway builds itself; never for LIVE, where the image has to be pinned."""

    name: str
    branch: str


@dataclass(frozen=True, slots=True)
class Limits:
    """The most the service may use; what is billed is what it does use."""

    cpu: float
    memory_gb: float


@dataclass(frozen=True, slots=True)
class Variables:
    """What the bot is told: plain values, and secrets that stay outputs of the engine."""

    plain: Mapping[str, str]
    secret: Mapping[str, pulumi.Output[str]]
    sealed: bool


@dataclass(frozen=True, slots=True)
class Backups:
    """The bucket, if any, and Railway's own schedule, empty where the plan has none."""

    bucket: str | None
    region: BucketRegion
    schedule: tuple[Schedule, ...]


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything a stack decides."""

    workspace: str | None
    """None: the only workspace the token belongs to."""
    project: str
    environment: str
    service: str
    plan: Plan
    region: Region
    source: Image | Repository
    start_command: str
    health_check: bool
    """Wait at each deployment until the bot answers /health (docs/alerts.md)."""
    limits: Limits
    volume_mb: int | None
    mode: Mode
    variables: Variables
    backups: Backups


def read(config: pulumi.Config) -> Settings:
    """Read and check one stack's keys.

    Raises:
        pulumi.RunError: names the key, its value and the remedy.

    """
    known_keys(config)
    plan = choice(config, "plan", Plan)
    mode = choice(config, "mode", Mode, Mode.PAPER)
    volume(config)
    return Settings(
        workspace=config.get("workspace"),
        project=railway_name(config, "project", "poly"),
        environment=railway_name(config, "environment", "production"),
        service=railway_name(config, "service", "poly"),
        plan=plan,
        region=signed_off_region(config),
        source=source(config, mode),
        start_command=config.get("startCommand") or START_COMMAND,
        health_check=flag(config, "healthCheck", default=False),
        limits=Limits(
            cpu=positive(config, "cpu", 1.0, most=48),
            memory_gb=positive(config, "memoryGb", 1.0, most=48),
        ),
        volume_mb=volume_mb(config),
        mode=mode,
        variables=variables(config, plan),
        backups=backups(config, plan),
    )


def known_keys(config: pulumi.Config) -> None:
    """Refuse a key nobody reads: a typing error would otherwise leave a default in force."""
    given = pulumi.runtime.config.CONFIG.get()
    allowed = KEYS | set(secret_names(config))
    for full in sorted(given):
        namespace, _, key = full.partition(":")
        if namespace == config.name and key not in allowed:
            near = difflib.get_close_matches(key, sorted(allowed), n=1)
            hint = f"did you mean {NAMESPACE}:{near[0]}?" if near else "remove it"
            raise pulumi.RunError(f"{NAMESPACE}:{key} is not a known key: {hint}")


def signed_off_region(config: pulumi.Config) -> Region:
    """Return the region the owner put a name to.

    Polymarket closes or limits every region Railway has (docs/adr/0012-region.md), so no default
    is safe; a sign-off names the region it is for and is void when the region changes.
    """
    region = choice(config, "region", Region)
    signed = config.get("regionSignedOff") or ""
    if not re.fullmatch(rf"{re.escape(region)} \d{{4}}-\d\d-\d\d \S.*", signed):
        raise refuse(
            "regionSignedOff",
            signed,
            f"the owner must have read docs/adr/0012-region.md; write '{region} YYYY-MM-DD NAME'",
        )
    return region


def source(config: pulumi.Config, mode: Mode) -> Image | Repository:
    """Return the image or the repository; exactly one of the two."""
    image, repository = config.get("image"), config.get("repository")
    if image and repository:
        raise refuse("repository", repository, f"{NAMESPACE}:image is set too; keep one of them")
    if repository:
        if mode is Mode.LIVE:
            raise refuse("repository", repository, f"LIVE needs {NAMESPACE}:image with a digest")
        if not REPOSITORY.fullmatch(repository):
            raise refuse("repository", repository, "write it as OWNER/NAME")
        return Repository(repository, required(config, "branch", "the branch to build"))
    pinned = required(config, "image", "an image by digest, NAME@sha256:…")
    if not IMAGE.fullmatch(pinned):
        raise refuse("image", pinned, "a tag can move; pin the digest as NAME@sha256:<64 hex>")
    return Image(pinned)


def volume(config: pulumi.Config) -> None:
    """Refuse another storage than the volume, and another place than the bot's data directory."""
    storage = config.get("storage") or "volume"
    if storage == "turso":
        raise refuse("storage", storage, "the Turso ledger does not exist yet; use volume")
    if storage != "volume":
        raise refuse("storage", storage, "use volume")
    mount = config.get("mountPath") or MOUNT_PATH
    if mount != MOUNT_PATH:
        raise refuse(
            "mountPath", mount, f"the ledger lives at exactly {MOUNT_PATH}; remove the key"
        )


def volume_mb(config: pulumi.Config) -> int | None:
    """Return the volume's size, None for the plan's default (Hobby 5 GB, Pro 50 GB)."""
    if config.get("volumeMb") is None:
        return None
    size = positive(config, "volumeMb", 1, most=1_000_000)
    if size != int(size):
        raise refuse("volumeMb", config.get("volumeMb"), "use whole megabytes")
    return int(size)


def secret_names(config: pulumi.Config) -> tuple[str, ...]:
    """Return the variables whose values are secret keys of their own."""
    names = config.get_object("secrets") or []
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise refuse("secrets", names, "write a list of variable names")
    return tuple(names)


def variables(config: pulumi.Config, plan: Plan) -> Variables:
    """Return the bot's own variables; a secret is refused unless the stack keeps it encrypted."""
    plain = config.get_object("variables") or {}
    if not isinstance(plain, dict):
        raise refuse("variables", type(plain).__name__, "write a map of names to strings")
    for name, value in plain.items():
        if not isinstance(value, str):  # a value is never repeated: it may be a secret misplaced
            raise refuse(f"variables.{name}", type(value).__name__, "quote it: values are strings")
    names = secret_names(config)
    for key, name in [*(("variables", n) for n in plain), *(("secrets", n) for n in names)]:
        variable_name(key, name)
    for name in names:
        if name in plain:
            raise refuse("variables", name, f"it is in {NAMESPACE}:secrets too; keep it there only")
        secret_value(config, name)
    return Variables(
        plain=dict(sorted(plain.items())),
        secret={name: config.require_secret(name) for name in sorted(names)},
        sealed=flag(config, "sealSecrets", default=plan is Plan.PRO),
    )


def variable_name(key: str, name: str) -> None:
    """Refuse what is no variable name, and names that belong to Railway or the kill switch."""
    if not NAME.fullmatch(name):
        raise refuse(key, name, "use capital letters, digits and underscores")
    if name.startswith(RESERVED):
        raise refuse(key, name, "this name belongs to Railway or the kill switch; remove it")
    if name.startswith(FIXED):
        raise refuse(key, name, "the estate sets this variable itself; remove it")


def secret_value(config: pulumi.Config, name: str) -> None:
    """Refuse a secret that is missing, or that stands in the stack's file in clear."""
    remedy = f"`pulumi config set --secret {NAMESPACE}:{name}`"
    if not config.get(name):
        raise pulumi.RunError(f"{NAMESPACE}:{name} is missing: set it with {remedy}")
    if not pulumi.runtime.config.is_config_secret(f"{config.name}:{name}"):
        raise pulumi.RunError(
            f"{NAMESPACE}:{name} is in the stack's file in clear: rotate it, then {remedy}"
        )


def backups(config: pulumi.Config, plan: Plan) -> Backups:
    """Return what keeps a second copy of the ledger."""
    listed = config.get_object("backupSchedule") or []
    try:
        schedule = tuple(Schedule(kind) for kind in listed)
    except (TypeError, ValueError):
        raise refuse("backupSchedule", listed, f"use a list of {', '.join(Schedule)}") from None
    if schedule and plan is Plan.HOBBY:
        raise refuse(
            "backupSchedule", listed, "the Hobby plan has no volume backups; remove the key"
        )
    bucket = config.get("bucket") or None
    if bucket is not None and not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,31}", bucket):
        raise refuse("bucket", bucket, "use 1 to 32 small letters, digits and dashes")
    region = choice(config, "bucketRegion", BucketRegion, BucketRegion.AMSTERDAM)
    return Backups(bucket, region, tuple(sorted(set(schedule))))
