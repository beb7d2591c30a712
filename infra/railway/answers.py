"""What an HTTP answer of Railway means: the data asked for, or the error that it is.

Railway says no with HTTP 200 and an `errors` list; proxies in front of it say no with HTML.
"""

import json
import re
from typing import cast

import httpx

from infra.railway.errors import (
    AlreadyExists,
    InProgress,
    Invalid,
    LostAnswer,
    NotAuthorized,
    NotFound,
    RailwayError,
    RateLimited,
    Throttled,
    Unreadable,
)

Json = dict[str, object]

TOO_MANY_REQUESTS = 429
BAD_REQUEST = 400
UNAUTHORIZED = (401, 403)
LINE_MAX = 300
# A cut of a reply may hold what we sent; a long word in it may be a secret.
LONG_WORD = re.compile(r"[A-Za-z0-9+/_=-]{24,}")

# Railway has one code for nearly everything, so its wording is all there is to go by; compared
# without case. Source: railway facts 1.4, collected 2026-11-22.
REFUSALS: tuple[tuple[str, type[RailwayError]], ...] = (
    ("not authorized", NotAuthorized),
    ("too quickly", Throttled),
    ("already in progress", InProgress),
    ("already exists", AlreadyExists),
    ("not found", NotFound),
    ("invalid", Invalid),
    ("cannot query field", Invalid),
    ("error in ", Invalid),
)
INVALID_CODES = frozenset({"GRAPHQL_VALIDATION_FAILED", "BAD_USER_INPUT", "GRAPHQL_PARSE_FAILED"})
NO_OUTCOME = ("problem processing request", "upstream connect error", "timed out", "timeout")


def judge(operation: str, response: httpx.Response, *, mutates: bool) -> Json:
    """Return `data` of an answer.

    Any entry in `errors` is a failure, whatever `data` holds beside it.

    Raises:
        RailwayError: the class says what may have happened.

    """
    _refuse_limits(operation, response)
    body = _body(operation, response, mutates=mutates)
    errors = body.get("errors")
    if errors:
        raise _refusal(operation, body, mutates=mutates)
    found = body.get("data")
    if not isinstance(found, dict):
        raise _lost(operation, f"HTTP {response.status_code} without data", mutates=mutates)
    return found


def _refuse_limits(operation: str, response: httpx.Response) -> None:
    if response.status_code != TOO_MANY_REQUESTS:
        return
    after = _seconds(response.headers.get("retry-after"))
    wait = "a while" if after is None else f"{after:.0f} s"
    text = response.text
    if "1015" in text or "cloudflare" in text.lower():
        raise RateLimited(
            f"{operation}: Cloudflare in front of Railway limits this address (error 1015); "
            f"nothing was done: try again after {wait}",
            retry_after_s=after,
        )
    raise RateLimited(
        f"{operation}: too many requests for this token; nothing was done: try again after {wait}",
        retry_after_s=after,
    )


def _seconds(text: str | None) -> float | None:
    try:
        return max(0.0, float(text)) if text is not None else None
    except ValueError:  # the HTTP-date form, which Railway has not been seen to use
        return None


def _body(operation: str, response: httpx.Response, *, mutates: bool) -> Json:
    try:
        body = json.loads(response.content)
    except ValueError:
        body = None
    if response.status_code in UNAUTHORIZED and not isinstance(body, dict):
        raise NotAuthorized(f"{operation}: HTTP {response.status_code}")
    if not isinstance(body, dict):
        kind = response.headers.get("content-type", "no content type")
        raise _lost(
            operation,
            f"HTTP {response.status_code} with a body that is not JSON ({kind})",
            mutates=mutates,
        )
    return body


def _lost(operation: str, what: str, *, mutates: bool, trace_id: str | None = None) -> RailwayError:
    if mutates:
        return LostAnswer(f"{operation}: {what}; it may have been carried out", trace_id=trace_id)
    return Unreadable(f"{operation}: {what}", trace_id=trace_id)


def _refusal(operation: str, body: Json, *, mutates: bool) -> RailwayError:
    errors = body.get("errors")
    first = errors[0] if isinstance(errors, list) else errors
    entry = cast("Json", first) if isinstance(first, dict) else {"message": str(first)}
    message = safe_line(str(entry.get("message", "no message")))
    trace_id = _text(entry.get("traceId"))
    line = f"{operation}: Railway says: {message}"
    lowered = message.lower()
    if _carried_out(body) or any(words in lowered for words in NO_OUTCOME):
        return _lost(operation, f"Railway says: {message}", mutates=mutates, trace_id=trace_id)
    extensions = entry.get("extensions")
    code = extensions.get("code") if isinstance(extensions, dict) else None
    for words, error in REFUSALS:
        if words in lowered:
            return error(line, trace_id=trace_id) if error is not RateLimited else error(line)
    if code in INVALID_CODES:
        return Invalid(line, trace_id=trace_id)
    return RailwayError(line, trace_id=trace_id)


def _carried_out(body: Json) -> bool:
    """Say whether an answer with errors also holds a result: then something was done."""
    found = body.get("data")
    return isinstance(found, dict) and any(value is not None for value in found.values())


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def safe_line(text: str) -> str:
    """Return a vendor's text as one short line without anything that could be a secret.

    Ids stay readable: a dash every few characters keeps them under the length of a secret.
    """
    line = " ".join(text.split())[:LINE_MAX]
    return LONG_WORD.sub(lambda word: word[0] if _is_id(word[0]) else "***", line)


def _is_id(word: str) -> bool:
    return re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", word) is not None
