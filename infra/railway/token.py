"""The secret a caller proves itself with: which kind it is and in which header it goes.

Never prints a secret; `str` and `repr` of a token show its kind only.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from typing_extensions import override

BEARER_VARIABLE = "RAILWAY_API_TOKEN"
PROJECT_VARIABLE = "RAILWAY_TOKEN"


class TokenKind(StrEnum):
    """Which of Railway's two headers a token belongs in.

    Source: docs.railway.com/integrations/api; railwayapp/cli@df3838b src/client.rs, 2026-11-22.
    """

    BEARER = "account or workspace"
    PROJECT = "project"


@dataclass(frozen=True, slots=True)
class Token:
    """A token of a known kind."""

    kind: TokenKind
    secret: str

    @override
    def __repr__(self) -> str:
        return f"Token({self.kind.value}, ***)"

    __str__ = __repr__

    @property
    def header(self) -> dict[str, str]:
        """The one header this kind of token is accepted in."""
        match self.kind:
            case TokenKind.BEARER:
                return {"Authorization": f"Bearer {self.secret}"}
            case TokenKind.PROJECT:
                return {"Project-Access-Token": self.secret}

    @property
    def variable(self) -> str:
        """The environment variable a token of this kind is read from."""
        return BEARER_VARIABLE if self.kind is TokenKind.BEARER else PROJECT_VARIABLE

    def of_the_other_kind(self) -> "Token":
        """Return the same secret as if it were of the other kind, to find out what it is."""
        other = TokenKind.PROJECT if self.kind is TokenKind.BEARER else TokenKind.BEARER
        return Token(other, self.secret)


def token_from(environ: Mapping[str, str], *, prefer: TokenKind = TokenKind.BEARER) -> Token | None:
    """Return the token the environment holds, or None; `prefer` decides where it holds both.

    The Terraform provider reads RAILWAY_TOKEN as a Bearer token, Railway's own CLI as a project
    token; we read it as the CLI does.

    Raises:
        ValueError: a token with white space or other characters no header can carry.

    """
    kinds = {BEARER_VARIABLE: TokenKind.BEARER, PROJECT_VARIABLE: TokenKind.PROJECT}
    found = [
        Token(kind, token_text(environ[name], name))
        for name, kind in kinds.items()
        if environ.get(name)
    ]
    found.sort(key=lambda token: token.kind is not prefer)
    return found[0] if found else None


def token_text(text: str, where: str) -> str:
    """Return a token without its surrounding white space.

    Raises:
        ValueError: names the place, never the value.

    """
    stripped = text.strip()
    if not stripped.isascii() or not stripped.isprintable() or " " in stripped or not stripped:
        raise ValueError(
            f"{where} must be one word of printable ASCII, and is not: copy the token again"
        )
    return stripped
