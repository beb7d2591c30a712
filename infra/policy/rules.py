"""The rules, pure: declared resources in, one sentence for each violation out.

They look at what a program declares, never at Railway, and never repeat a value that may be a
secret. `infra.policy.pack` turns them into a policy pack.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

MOUNT_PATH = "/app/data"
PACKAGE = "railway:index:"
VOLUME, SERVICE, BUCKET = PACKAGE + "Volume", PACKAGE + "Service", PACKAGE + "Bucket"
VARIABLES, DEPLOYMENT = PACKAGE + "VariableSet", PACKAGE + "Deployment"
SORTS = ("plain", "secret", "sealed", "references")
PINNED = re.compile(r".+@sha256:[0-9a-f]{64}")
BACKUP_VARIABLES = tuple(
    f"POLY_BACKUP_{key}"
    for key in ("BUCKET", "ENDPOINT", "REGION", "ACCESS_KEY_ID", "SECRET_ACCESS_KEY")
)
SECRET_NAME = re.compile(
    r"(^|_)(SECRET|PASSWORD|PASSPHRASE|TOKEN|MNEMONIC|API_KEY|PRIVATE_KEY)(_|$)"
)
RAILWAY_TOKEN = re.compile(r"RAILWAY.*TOKEN")
SECRET_SHAPES = {
    "a private key in hex": re.compile(r"(?<![\w:])(0x)?[0-9a-fA-F]{64}(?!\w)"),
    "a PEM block": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    "a mnemonic": re.compile(r"(?<!\S)[a-z]{3,8}( [a-z]{3,8}){11}(?!\S)"),
    "a JSON web token": re.compile(r"eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}"),
    "a base64 key": re.compile(r"(?<![\w/+-])[\w/+-]{43}=(?!\w)"),
}


@dataclass(frozen=True, slots=True)
class Declared:
    """One resource as a program declares it."""

    kind: str
    name: str
    properties: Mapping[str, object]
    protected: bool = False
    uses: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """By property, the names of the resources its value comes from."""


def volume_protected(resource: Declared) -> Iterator[str]:
    """Demand protection of every volume: the ledger is on it."""
    if resource.kind == VOLUME and not resource.protected:
        yield f"volume {resource.name} is not protected: declare it with protect=True"


def mount_path(resource: Declared) -> Iterator[str]:
    """Demand the one mount path the bot's image knows."""
    if resource.kind == VOLUME and resource.properties.get("mountPath") != MOUNT_PATH:
        where = resource.properties.get("mountPath")
        yield f"volume {resource.name} is mounted at {where!r}: it has to be {MOUNT_PATH}"


def restart_policy(resource: Declared) -> Iterator[str]:
    """Demand that a crashed bot is started again, a stopped one is not, and none sleeps."""
    if resource.kind != SERVICE:
        return
    said = resource.properties
    if said.get("restartPolicyType") != "ON_FAILURE":
        yield (
            f"service {resource.name} restarts {said.get('restartPolicyType')!r}: "
            "it has to be ON_FAILURE"
        )
    retries = said.get("restartPolicyMaxRetries")
    if isinstance(retries, int | float) and retries < 1:
        yield f"service {resource.name} is never restarted: allow at least 1 retry"
    if said.get("sleepApplication"):
        yield f"service {resource.name} may sleep: a bot that sleeps does not watch its orders"


def no_plain_secret(resource: Declared) -> Iterator[str]:
    """Refuse what looks like a secret anywhere a preview would print it."""
    if not resource.kind.startswith(PACKAGE):
        return
    for path, value in plain_values(resource):
        name = path.rpartition(".")[2]
        if resource.kind == VARIABLES and SECRET_NAME.search(name):
            yield f"{resource.name}.{path} has a secret's name: declare it in poly:secrets"
            continue
        for shape, pattern in SECRET_SHAPES.items():
            if pattern.search(value):
                yield f"{resource.name}.{path} looks like {shape}: declare it in poly:secrets"


def plain_values(resource: Declared) -> Iterator[tuple[str, str]]:
    """Name every text of a resource that is not declared secret."""
    if resource.kind == VARIABLES:
        for name, value in entries(resource.properties, "plain"):
            yield f"plain.{name}", str(value)
        return
    for name in resource.properties:
        value = resource.properties[name]
        if isinstance(value, str) and name not in {"fingerprint", "trigger", "image"}:
            yield name, value


def no_railway_token(resource: Declared) -> Iterator[str]:
    """Refuse a Railway token among the bot's variables: it could delete the bot and its volume."""
    if resource.kind != VARIABLES:
        return
    for sort in SORTS:
        for name, _ in entries(resource.properties, sort):
            if RAILWAY_TOKEN.search(name):
                yield f"{resource.name}.{sort}.{name} gives the bot a Railway token: remove it"


def one_replica(stack: Sequence[Declared]) -> Iterator[str]:
    """Demand exactly one replica of a service with a volume: two would trade on one ledger."""
    holders = {
        name
        for volume in stack
        if volume.kind == VOLUME
        for name in volume.uses.get("serviceId", ())
    }
    for service in stack:
        if service.kind == SERVICE and service.name in holders:
            replicas = service.properties.get("numReplicas")
            if replicas != 1:
                yield f"service {service.name} has a volume and {replicas} replicas: it has to be 1"


def live_is_backed_up(stack: Sequence[Declared]) -> Iterator[str]:
    """Demand of LIVE a bucket, the variables that use it, and an image that cannot move."""
    sets = [resource for resource in stack if resource.kind == VARIABLES]
    if not any(dict(entries(one.properties, "plain")).get("POLY_MODE") == "LIVE" for one in sets):
        return
    if not any(resource.kind == BUCKET for resource in stack):
        yield "POLY_MODE is LIVE without a bucket for backups: set poly:bucket"
    known = {name for one in sets for sort in SORTS for name, _ in entries(one.properties, sort)}
    missing = [name for name in BACKUP_VARIABLES if name not in known]
    if missing:
        names = ", ".join(missing)
        yield f"POLY_MODE is LIVE without the backup variables {names}: set poly:bucket"
    for deployment in stack:
        image = deployment.properties.get("image")
        if deployment.kind == DEPLOYMENT and not PINNED.fullmatch(str(image or "")):
            yield (
                f"POLY_MODE is LIVE and deployment {deployment.name} runs {image!r}: "
                "pin the image by digest in poly:image"
            )


def entries(properties: Mapping[str, object], sort: str) -> Iterable[tuple[str, object]]:
    """Return the entries of one sort of variables, none when it is not declared."""
    values = properties.get(sort)
    return values.items() if isinstance(values, Mapping) else ()


RESOURCE_RULES = {
    "volume-protected": volume_protected,
    "mount-path": mount_path,
    "restart-policy": restart_policy,
    "no-plain-secret": no_plain_secret,
    "no-railway-token": no_railway_token,
}
STACK_RULES = {"one-replica-with-a-volume": one_replica, "live-is-backed-up": live_is_backed_up}
