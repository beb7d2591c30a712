"""Speaks to Railway for the operator's commands; its errors become refusals.

Takes both kinds of token; an account or workspace token wins, because most of what is asked here
is more than a project token may see.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import urlsplit

from bot.domain.refusal import ExitCode, Refused
from infra.railway.client import VENDOR_URL, Railway
from infra.railway.errors import LostAnswer, RailwayError
from infra.railway.token import BEARER_VARIABLE, PROJECT_VARIABLE, token_from

URL_VARIABLE = "RAILWAY_API_URL"
"""Where another server answers for Railway: the stand-in. Unset: Railway itself."""


@contextmanager
def railway(environment: Mapping[str, str] | None = None) -> Iterator[Railway]:
    """Open a client; whatever Railway refuses inside becomes one line and its exit code.

    Raises:
        Refused: no token, or what Railway said.

    """
    given = os.environ if environment is None else environment
    try:
        token = token_from(given)
    except ValueError as error:
        raise Refused(str(error), ExitCode.USAGE) from None
    if token is None:
        raise Refused(
            f"{BEARER_VARIABLE} is missing: make a workspace token in Railway's settings and set "
            f"it (or {PROJECT_VARIABLE} to a project token)",
            ExitCode.USAGE,
        )
    client = Railway(token, address(given.get(URL_VARIABLE) or VENDOR_URL))
    try:
        yield client
    except LostAnswer as error:
        raise Refused(str(error), ExitCode.UNKNOWN_OUTCOME) from error
    except RailwayError as error:
        raise Refused(str(error), ExitCode.OUTSIDE) from error
    finally:
        client.close()


def address(url: str) -> str:
    """Return an address a token may be sent to.

    Raises:
        Refused: it is none, or would carry the token over the network in clear.

    """
    parts = urlsplit(url)
    loopback = parts.hostname in {"127.0.0.1", "localhost", "::1"}
    if parts.scheme == "https" or (parts.scheme == "http" and loopback):
        return url
    raise Refused(
        f"{URL_VARIABLE} is {url!r}: use https, or http on this machine; unset it to reach Railway",
        ExitCode.USAGE,
    )
