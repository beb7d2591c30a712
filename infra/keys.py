"""Readers of single configuration keys; each refusal names the key, its value and the remedy.

What a key means and which keys there are is `infra.settings`' business.
"""

import re
from enum import StrEnum
from typing import TypeVar

import pulumi

Choice = TypeVar("Choice", bound=StrEnum)

NAMESPACE = "poly"
RAILWAY_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _.-]{0,31}")


def refuse(key: str, value: object, remedy: str) -> pulumi.RunError:
    """Return the one line for a key that cannot be used; the engine prints it without a trace."""
    return pulumi.RunError(f"{NAMESPACE}:{key} is {value!r}: {remedy}")


def required(config: pulumi.Config, key: str, what: str) -> str:
    """Return a key that has no default."""
    value = config.get(key)
    if not value:
        raise pulumi.RunError(
            f"{NAMESPACE}:{key} is missing: set it to {what} with "
            f"`pulumi config set {NAMESPACE}:{key} VALUE`"
        )
    return value


def railway_name(config: pulumi.Config, key: str, default: str) -> str:
    """Return a name Railway takes."""
    value = config.get(key) or default
    if not RAILWAY_NAME.fullmatch(value):
        raise refuse(key, value, "use 1 to 32 letters, digits, spaces, dots, dashes, underscores")
    return value


def choice(
    config: pulumi.Config, key: str, kind: type[Choice], default: Choice | None = None
) -> Choice:
    """Return one of a closed list."""
    allowed = ", ".join(kind)
    if default is None:
        value = required(config, key, f"one of {allowed}")
    else:
        value = config.get(key) or default
    try:
        return kind(value)
    except ValueError:
        raise refuse(key, value, f"use one of {allowed}") from None


def positive(config: pulumi.Config, key: str, default: float, *, most: float) -> float:
    """Return a number above 0 and at most `most`."""
    text = config.get(key)
    try:
        value = default if text is None else float(text)
    except ValueError:
        raise refuse(key, text, "use a number") from None
    if not 0 < value <= most:
        raise refuse(key, text, f"use a number above 0 and at most {most:g}")
    return value


def flag(config: pulumi.Config, key: str, *, default: bool) -> bool:
    """Return a yes or no."""
    value = config.get(key)
    if value is None:
        return default
    if value not in {"true", "false"}:
        raise refuse(key, value, "use true or false")
    return value == "true"
