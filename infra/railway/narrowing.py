"""Why Railway said "Not Authorized": asked of Railway itself, from the token inwards.

One sentence of Railway's stands for a bad token, the wrong header, a foreign or deleted thing, ids
that do not belong together and a feature the plan lacks (railway facts 1.4). A few narrow reads
tell them apart. They change nothing, are never retried, and there are at most five.
"""

from collections.abc import Mapping
from typing import Protocol

from infra.railway.answers import Json
from infra.railway.errors import NotAuthorized, NotFound, RailwayError
from infra.railway.token import Token, TokenKind

ID_OF = {"Project": "projectId", "Environment": "environmentId", "Service": "serviceId"}
ASKS_WHO = ("TokenScope", "ProjectTokenScope")


class Asker(Protocol):
    """What narrowing needs of a client."""

    token: Token

    def ask_once(
        self, name: str, variables: Mapping[str, object], token: Token | None = None
    ) -> Json:
        """Ask once, without retries and explanations."""


def explain(api: Asker, operation: str, variables: Mapping[str, object]) -> str:
    """Return one clause saying what was refused and what to do about it."""
    try:
        return _token_refused(api) or _thing_refused(api, operation, variables)
    except RailwayError as error:
        return f"why could not be found out ({error.line})"


def _token_refused(api: Asker) -> str | None:
    if _allowed(api, _who(api.token), {}, api.token):
        return None
    other = api.token.of_the_other_kind()
    if _allowed(api, _who(other), {}, other):
        return (
            f"the token in {api.token.variable} is a {other.kind.value} token: "
            f"put it into {other.variable}"
        )
    return (
        f"the {api.token.kind.value} token itself is refused (mistyped, revoked or expired): make "
        f"a new one in Railway's settings and put it into {api.token.variable}"
    )


def _who(token: Token) -> str:
    return ASKS_WHO[0] if token.kind is TokenKind.BEARER else ASKS_WHO[1]


def _thing_refused(api: Asker, operation: str, variables: Mapping[str, object]) -> str:
    ids = _ids(operation, variables)
    project, environment, service = (ids.get(name) for name in ID_OF.values())
    if project and not _allowed(api, "ProjectPeek", {"id": project}):
        return (
            f"projectId {project} is not open to this {api.token.kind.value} token: it is deleted, "
            "mistyped, or in another workspace"
        )
    if environment and not _allowed(api, "EnvironmentPeek", {"id": environment}):
        return f"environmentId {environment} is deleted, mistyped, or not open to this token"
    pair = {"environmentId": environment, "serviceId": service}
    if environment and service and not _allowed(api, "ServiceInstancePeek", pair):
        return f"serviceId {service} has no instance in environmentId {environment}"
    if operation.startswith("Backup"):
        return "volume backups need the Pro plan; on Hobby Railway refuses them with these words"
    if api.token.kind is TokenKind.PROJECT:
        return (
            "a project token reaches one environment of one project: an account or workspace token "
            "in RAILWAY_API_TOKEN may be needed"
        )
    return "the token is good and what it names is there: the plan may lack this feature"


def _ids(operation: str, variables: Mapping[str, object]) -> dict[str, str]:
    inner = variables.get("input")
    everything = {**variables, **(inner if isinstance(inner, Mapping) else {})}
    for prefix, name in ID_OF.items():
        if operation.startswith(prefix) and "id" in everything:
            everything.setdefault(name, everything["id"])
    return {name: str(everything[name]) for name in ID_OF.values() if everything.get(name)}


def _allowed(
    api: Asker, name: str, variables: Mapping[str, object], token: Token | None = None
) -> bool:
    try:
        api.ask_once(name, variables, token)
    except (NotAuthorized, NotFound):
        return False
    return True
