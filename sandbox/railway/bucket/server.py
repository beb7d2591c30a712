"""S3 over HTTP: moto behind a door that checks keys, as Railway's store does and moto does not.

Run as a child: `python -m sandbox.railway.bucket.server DESCRIPTOR DIRECTORY PARENT`. A key opens
its own bucket only; a bucket is neither made nor deleted here; versions, locks, lifecycles and
policies do not exist. Source: docs.railway.com/storage-buckets, read 2026-11-22.
"""

import ctypes
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote
from xml.sax.saxutils import escape

from moto.moto_server.werkzeug_app import create_backend_app
from typing_extensions import override
from werkzeug.serving import WSGIRequestHandler, make_server

from sandbox.faults import Faults
from sandbox.railway.bucket.mirror import Mirror
from sandbox.railway.bucket.signature import Asked, claimed, matches
from sandbox.railway.faults import FAULTS

DEATH_SIGNAL = 1
MISSING = frozenset(
    {
        "accelerate",
        "encryption",
        "legal-hold",
        "lifecycle",
        "notification",
        "object-lock",
        "policy",
        "replication",
        "retention",
        "versioning",
        "versions",
        "website",
    }
)
"""Sub-resources Railway's store does not have."""

Start = Callable[..., Any]


class Denied(Exception):  # noqa: N818 - an answer in S3's words
    """A request the door does not let through."""

    def __init__(self, status: HTTPStatus, code: str, message: str) -> None:
        """Keep S3's code and message."""
        super().__init__(message)
        self.status, self.code = status, code


class Door:
    """A WSGI application before moto's."""

    def __init__(self, directory: Path) -> None:
        """Look for keys in `directory` at every request."""
        self._directory = directory
        self._inner = create_backend_app("s3")
        self._mirror = Mirror(directory)
        self._faults = Faults(FAULTS)
        self._armed = ""
        self._lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        """Answer one request."""
        with self._lock:
            try:
                bucket, key = self._admit(environ)
            except Denied as denied:
                return _told(denied, start)
            seen: list[str] = []

            def noting(status: str, *rest: Any) -> Any:
                seen.append(status)
                return start(status, *rest)

            body = b"".join(self._inner(environ, noting))
            if environ["REQUEST_METHOD"] != "GET" and seen[0].startswith("2"):
                self._keep(bucket, key)
            return [body]

    def _keep(self, bucket: str, key: str) -> None:
        if key:
            self._mirror.keep(bucket, key)
        else:
            self._mirror.sweep(bucket)

    def _admit(self, environ: dict[str, Any]) -> tuple[str, str]:
        """Check key, signature and what is asked; return bucket and object key.

        Raises:
            Denied: in S3's words.

        """
        asked = _asked(environ)
        bucket, _, key = unquote(asked.path).lstrip("/").partition("/")
        known = json.loads((self._directory / "keys.json").read_text())
        if self._strikes():
            raise Denied(HTTPStatus.SERVICE_UNAVAILABLE, "SlowDown", "Please reduce your rate")
        signed = claimed(asked)
        if signed is None:
            raise Denied(HTTPStatus.FORBIDDEN, "AccessDenied", "Access Denied")
        owner = next((b for b, k in known.items() if k["access_key"] == signed.access_key), None)
        if owner is None:
            raise Denied(
                HTTPStatus.FORBIDDEN, "InvalidAccessKeyId", "The access key does not exist"
            )
        if not matches(asked, signed, known[owner]["secret_key"]):
            raise Denied(
                HTTPStatus.FORBIDDEN, "SignatureDoesNotMatch", "The signature does not match"
            )
        if owner != bucket:
            raise Denied(HTTPStatus.FORBIDDEN, "AccessDenied", "Access Denied")
        if MISSING & set(parse_qs(asked.query, keep_blank_values=True)):
            raise Denied(HTTPStatus.NOT_IMPLEMENTED, "NotImplemented", "Not implemented")
        if not key and asked.method in {"PUT", "DELETE"}:
            raise Denied(HTTPStatus.FORBIDDEN, "AccessDenied", "Access Denied")
        self._mirror.ensure(bucket)
        return bucket, key

    def _strikes(self) -> bool:
        """Ask the fault armed in the stand-in; it tells by a file."""
        file = self._directory / "faults.json"
        text = file.read_text() if file.exists() else ""
        if text != self._armed:
            self._armed = text
            self._faults.disarm()
            for armed in json.loads(text or "[]"):
                self._faults.arm("s3-unavailable", **armed)
        return self._faults.strikes("s3-unavailable")


def _asked(environ: dict[str, Any]) -> Asked:
    headers = {
        name[5:].replace("_", "-").lower(): str(value)
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if environ.get(name):
            headers[name.replace("_", "-").lower()] = str(environ[name])
    raw = str(environ.get("RAW_URI") or environ["PATH_INFO"])
    return Asked(
        environ["REQUEST_METHOD"], raw.partition("?")[0], environ.get("QUERY_STRING", ""), headers
    )


def _told(denied: Denied, start: Start) -> list[bytes]:
    text = (
        f"<?xml version='1.0' encoding='UTF-8'?><Error><Code>{denied.code}</Code>"
        f"<Message>{escape(str(denied))}</Message></Error>"
    )
    start(f"{denied.status.value} {denied.status.phrase}", [("Content-Type", "application/xml")])
    return [text.encode()]


class Quiet(WSGIRequestHandler):
    """Writes no line for every request."""

    @override
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


def main() -> None:
    """Serve on the descriptor the stand-in has bound, and end with it."""
    descriptor, directory, parent = int(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    ctypes.CDLL(None).prctl(DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        return
    server = make_server(
        "127.0.0.1", 0, Door(directory), threaded=True, request_handler=Quiet, fd=descriptor
    )
    server.serve_forever()


if __name__ == "__main__":
    main()
