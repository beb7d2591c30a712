"""Why "Not Authorized" was said is found out from the token inwards, and told with the remedy."""

import json
from collections.abc import Callable

import httpx
import pytest

from infra.railway.calls import backups, environments, projects, services
from infra.railway.client import Railway
from infra.railway.errors import NotAuthorized
from infra.railway.pace import Pace
from infra.railway.token import Token, TokenKind

BEARER = Token(TokenKind.BEARER, "one")
PROJECT = Token(TokenKind.PROJECT, "two")
OPEN = {
    "TokenScope": {"apiToken": {"workspaces": []}},
    "ProjectTokenScope": {"projectToken": {"id": "t"}},
    "ProjectPeek": {"project": {"id": "p"}},
    "EnvironmentPeek": {"environment": {"id": "e"}},
    "ServiceInstancePeek": {"serviceInstance": {"id": "i"}},
}


class Gate:
    """Lets some operations through and refuses the rest; tells the tokens' headers apart."""

    def __init__(self, *through: str, header: str = "authorization") -> None:
        self.through = through
        self.header = header
        self.asked: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        name = json.loads(request.content)["operationName"]
        self.asked.append(name)
        if name in self.through and self.header in request.headers:
            return httpx.Response(200, json={"data": OPEN[name]})
        return httpx.Response(200, json={"errors": [{"message": "Not Authorized"}]})


def reason(gate: Gate, token: Token = BEARER, *, of: str = "service") -> str:
    transport = httpx.MockTransport(gate)
    api = Railway(token, "http://127.0.0.1:1/x", pace=Pace(backoff_s=0), transport=transport)
    ids = {"project_id": "p", "environment_id": "e", "service_id": "s"}
    calls: dict[str, Callable[[], object]] = {
        "service": lambda: services.view(api, **ids),
        "environment": lambda: environments.read(api, "e", "p"),
        "project": lambda: projects.schedule_delete(api, "p"),
        "backup": lambda: backups.create(api, "vi", "name"),
    }
    with pytest.raises(NotAuthorized) as caught:
        calls[of]()
    assert "\n" not in str(caught.value)
    assert len(gate.asked) <= 6
    return str(caught.value)


def test_a_token_that_is_dead_is_named_with_its_variable() -> None:
    text = reason(Gate())
    assert "account or workspace token itself is refused" in text
    assert "RAILWAY_API_TOKEN" in text


def test_a_project_token_in_the_wrong_variable_is_recognised() -> None:
    text = reason(Gate("ProjectTokenScope", header="project-access-token"))
    assert "RAILWAY_API_TOKEN is a project token: put it into RAILWAY_TOKEN" in text


def test_an_account_token_in_the_wrong_variable_is_recognised() -> None:
    text = reason(Gate("TokenScope"), PROJECT)
    assert "put it into RAILWAY_API_TOKEN" in text


@pytest.mark.parametrize(
    ("through", "of", "words"),
    [
        (("TokenScope",), "project", "projectId p is not open to this"),
        (("TokenScope", "ProjectPeek"), "environment", "environmentId e is deleted, mistyped"),
        (
            ("TokenScope", "ProjectPeek", "EnvironmentPeek"),
            "service",
            "serviceId s has no instance in environmentId e",
        ),
        (("TokenScope",), "backup", "volume backups need the Pro plan"),
        (
            ("TokenScope", "ProjectPeek", "EnvironmentPeek", "ServiceInstancePeek"),
            "service",
            "the plan may lack this feature",
        ),
    ],
)
def test_the_narrowest_thing_refused_is_named(
    through: tuple[str, ...], of: str, words: str
) -> None:
    assert words in reason(Gate(*through), of=of)


def test_a_project_tokens_reach_is_named() -> None:
    through = ("ProjectTokenScope", "ProjectPeek", "EnvironmentPeek", "ServiceInstancePeek")
    text = reason(Gate(*through, header="project-access-token"), PROJECT)
    assert "a project token reaches one environment" in text
