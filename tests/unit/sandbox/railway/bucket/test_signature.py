"""Signatures checked against botocore's own."""

from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from sandbox.railway.bucket.signature import Asked, claimed, matches

KEYS = Credentials("AKID", "secret")
HOST = "http://127.0.0.1:9000"
NAMES = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc"), exclude_characters="?#/\\"),
    min_size=1,
    max_size=20,
)


def signed(method: str, url: str, auth: Any, body: bytes = b"") -> Asked:
    """Return the request as botocore would send it."""
    request = AWSRequest(method=method, url=url, data=body, headers={})
    auth.add_auth(request)
    sent = request.prepare()
    parts = urlsplit(sent.url)
    headers = {
        name.lower(): value.decode() if isinstance(value, bytes) else str(value)
        for name, value in sent.headers.items()
    }
    headers.setdefault("host", parts.netloc)
    return Asked(method, parts.path, parts.query, headers)


def checked(asked: Asked, secret: str = KEYS.secret_key) -> bool:
    claim = claimed(asked)
    assert claim is not None
    assert claim.access_key == "AKID"
    return matches(asked, claim, secret)


@given(NAMES)
def test_a_header_signature_is_right_for_any_key(name: str) -> None:
    from urllib.parse import quote  # noqa: PLC0415 - only here

    asked = signed("PUT", f"{HOST}/b/{quote(name)}", S3SigV4Auth(KEYS, "s3", "auto"), b"x")
    assert checked(asked)
    assert not checked(asked, "other")


@pytest.mark.parametrize("query", ["list-type=2&prefix=a%2Fb", "uploads", "delete", "x=%20%2B1"])
def test_a_query_is_covered(query: str) -> None:
    asked = signed("GET", f"{HOST}/b?{query}", S3SigV4Auth(KEYS, "s3", "auto"))
    assert checked(asked)
    changed = Asked(asked.method, asked.path, asked.query + "&more=1", asked.headers)
    assert not checked(changed)


def test_a_signed_address_is_right_and_another_method_is_not() -> None:
    auth = S3SigV4QueryAuth(KEYS, "s3", "auto", expires=60)
    asked = signed("GET", f"{HOST}/b/k", auth)
    assert checked(asked)
    assert not checked(Asked("PUT", asked.path, asked.query, asked.headers))


def test_without_a_signature_there_is_no_claim() -> None:
    assert claimed(Asked("GET", "/b/k", "", {"authorization": "Bearer x"})) is None
