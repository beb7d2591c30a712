"""AWS signature version 4, checked: a wrong secret must be refused as the real store refuses it.

Source: docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, unquote

ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True, slots=True)
class Signed:
    """What a request claims to be signed with."""

    access_key: str
    scope: str
    headers: tuple[str, ...]
    signature: str
    at: str
    payload: str
    in_query: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """The parts of a request a signature covers."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]


def claimed(asked: Asked) -> Signed | None:
    """Read the signature of a request from its header or its query; None without one."""
    header = asked.headers.get("authorization", "")
    if header.startswith(ALGORITHM):
        fields = dict(
            part.strip().partition("=")[::2] for part in header[len(ALGORITHM) :].split(",")
        )
        key, _, scope = fields.get("Credential", "").partition("/")
        return Signed(
            key,
            scope,
            tuple(fields.get("SignedHeaders", "").split(";")),
            fields.get("Signature", ""),
            asked.headers.get("x-amz-date", ""),
            asked.headers.get("x-amz-content-sha256", "UNSIGNED-PAYLOAD"),
            in_query=False,
        )
    query = dict(parse_qsl(asked.query, keep_blank_values=True))
    if query.get("X-Amz-Algorithm") != ALGORITHM:
        return None
    key, _, scope = query.get("X-Amz-Credential", "").partition("/")
    return Signed(
        key,
        scope,
        tuple(query.get("X-Amz-SignedHeaders", "").split(";")),
        query.get("X-Amz-Signature", ""),
        query.get("X-Amz-Date", ""),
        "UNSIGNED-PAYLOAD",
        in_query=True,
    )


def matches(asked: Asked, signed: Signed, secret: str) -> bool:
    """Say whether the signature is this secret's."""
    pairs = parse_qsl(asked.query, keep_blank_values=True)
    if signed.in_query:
        pairs = [pair for pair in pairs if pair[0] != "X-Amz-Signature"]
    query = "&".join(
        f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in sorted(pairs)
    )
    rows = "".join(
        f"{name}:{' '.join(asked.headers.get(name, '').split())}\n" for name in signed.headers
    )
    canonical = "\n".join(
        (
            asked.method,
            quote(unquote(asked.path), safe="/-_.~"),
            query,
            rows,
            ";".join(signed.headers),
            signed.payload,
        )
    )
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    to_sign = f"{ALGORITHM}\n{signed.at}\n{signed.scope}\n{digest}"
    key = f"AWS4{secret}".encode()
    for part in signed.scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    right = hmac.digest(key, to_sign.encode(), "sha256").hex()
    return hmac.compare_digest(right, signed.signature)
