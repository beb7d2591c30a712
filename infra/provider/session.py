"""What a kind works with: Railway under the configured token, confirmations, and a way to speak.

Reads the environment once, in `configured`; tokens stay inside the client.
"""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

import httpx

from infra.provider.ownership import Refusal, Urn
from infra.provider.wire import UNKNOWN, Properties, plain
from infra.railway.calls import account
from infra.railway.calls.account import TokenScope
from infra.railway.client import VENDOR_URL, Railway
from infra.railway.pace import Pace
from infra.railway.token import Token, TokenKind, token_from, token_text

CONFIRM_VARIABLE = "POLY_CONFIRM_VOLUME"
URL_VARIABLE = "RAILWAY_API_URL"
CONFIGURATION = {
    "token": "Account or workspace token; better in the environment as RAILWAY_API_TOKEN, which "
    "keeps it out of the state. A project token goes into RAILWAY_TOKEN.",
    "url": "Address of the API; only to reach a stand-in. Also RAILWAY_API_URL.",
    "workspaceId": "Workspace new projects are made in; needed where the token reaches several.",
}


class Severity(StrEnum):
    """How loud a message to the person is."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"


Say = Callable[[Severity, str, str], None]
"""Severity, text, URN (empty for none)."""


@dataclass(frozen=True, slots=True)
class Session:
    """Railway, as this run of the engine may use it."""

    api: Railway
    scope: TokenScope
    workspace_id: str | None
    confirmed: frozenset[str]
    """Volume ids whose loss a person has confirmed."""
    say: Say

    def workspace(self, declared: str | None) -> str:
        """Return the workspace new projects go into.

        Raises:
            Refusal: it cannot be known, or the token makes no projects.

        """
        if self.scope.kind is TokenKind.PROJECT:
            raise Refusal(
                "RAILWAY_TOKEN holds a project token, which cannot make or find projects: put an "
                "account or workspace token into RAILWAY_API_TOKEN"
            )
        known = {workspace.id: workspace.name for workspace in self.scope.workspaces}
        chosen = declared or self.workspace_id or (next(iter(known)) if len(known) == 1 else None)
        listed = ", ".join(f"{name} = {key}" for key, name in known.items()) or "none"
        if chosen is None:
            raise Refusal(
                f"railway:workspaceId must be set, for the token reaches {len(known)} workspaces "
                f"({listed}): pulumi config set railway:workspaceId <id>"
            )
        if known and chosen not in known:
            raise Refusal(
                f"workspaceId {chosen} is not open to this token, which reaches {listed}: "
                "pulumi config set railway:workspaceId <id>"
            )
        return chosen

    def warn(self, urn: Urn, text: str) -> None:
        """Tell the person something about a resource."""
        self.say(Severity.WARNING, f"{urn.name}: {text}", "")


def configured(
    arguments: Properties,
    environ: Mapping[str, str],
    say: Say,
    *,
    pace: Pace,
    transport: httpx.BaseTransport | None = None,
) -> Session:
    """Return a session from the stack's configuration and the environment, its token proved.

    Raises:
        Refusal: names the key, the value (never a token) and the remedy.
        RailwayError: the token is refused, or Railway cannot be reached.

    """
    api = Railway(
        _token(arguments, environ), _url(arguments, environ), pace=pace, transport=transport
    )
    try:
        scope = account.token_scope(api)
        workspace = _text(arguments, "workspaceId")
    except BaseException:
        api.close()
        raise
    return Session(api, scope, workspace, confirmed_volumes(environ), say)


def confirmed_volumes(environ: Mapping[str, str]) -> frozenset[str]:
    """Return the volume ids a person has named in POLY_CONFIRM_VOLUME."""
    return frozenset(re.split(r"[,\s]+", environ.get(CONFIRM_VARIABLE, ""))) - {""}


def environment() -> Mapping[str, str]:
    """Return the process's environment: the engine passes its own on to the provider."""
    return os.environ


def _token(arguments: Properties, environ: Mapping[str, str]) -> Token:
    try:
        declared = _text(arguments, "token")
        if declared is not None:
            return Token(TokenKind.BEARER, token_text(declared, "railway:token"))
        found = token_from(environ)
    except ValueError as error:
        raise Refusal(str(error)) from None
    if found is None:
        raise Refusal(
            "no Railway token: put an account or workspace token into the environment variable "
            "RAILWAY_API_TOKEN (or: pulumi config set --secret railway:token)"
        )
    return found


def _url(arguments: Properties, environ: Mapping[str, str]) -> str:
    url = _text(arguments, "url") or environ.get(URL_VARIABLE) or VENDOR_URL
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Refusal(
            f"railway:url (or {URL_VARIABLE}) must be an http(s) address, was {url!r}: "
            "leave it out to reach Railway itself"
        )
    loopback = parts.hostname in ("127.0.0.1", "localhost", "::1")
    if parts.scheme == "http" and not loopback:
        raise Refusal(
            f"railway:url (or {URL_VARIABLE}) {url!r} would send the token unencrypted: use https"
        )
    return url


def _text(arguments: Properties, name: str) -> str | None:
    value = plain(arguments.get(name))
    if value is None or value is UNKNOWN or value == "":
        return None
    if not isinstance(value, str):
        raise Refusal(f"railway:{name} must be a string: pulumi config set railway:{name} <text>")
    return value
