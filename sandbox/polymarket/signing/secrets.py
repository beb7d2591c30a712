"""API credentials and the HMAC that every private call carries, over the bytes as they came."""

import base64
import binascii
import hashlib
import hmac
import uuid
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Credentials:
    """One API key as the venue hands it out once."""

    key: str
    secret: str
    passphrase: str


def derive(seed: bytes, label: str) -> Credentials:
    """Make the credentials of a label; the same seed and label give the same again."""

    def draw(part: str) -> bytes:
        return hmac.digest(seed, f"{label}/{part}".encode(), "sha256")

    return Credentials(
        key=str(uuid.UUID(bytes=draw("key")[:16], version=4)),
        secret=base64.urlsafe_b64encode(draw("secret")).decode(),
        passphrase=draw("passphrase").hex(),
    )


def sign(secret: str, message: bytes) -> str:
    """Return urlsafe base64 of HMAC-SHA256, padding kept; empty where the secret is not base64."""
    try:
        key = base64.urlsafe_b64decode(secret + "=" * (-len(secret) % 4))
    except (binascii.Error, ValueError):
        return ""
    return base64.urlsafe_b64encode(hmac.new(key, message, hashlib.sha256).digest()).decode()


def matches(secret: str, message: bytes, signature: str) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(sign(secret, message).encode(), signature.encode())
