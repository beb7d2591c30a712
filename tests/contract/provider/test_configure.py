"""Configuring: bad input is one line that names key, value and remedy, and nothing is changed."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
import pytest
from pulumi.runtime.proto import provider_pb2

from infra.provider.server import Provider
from infra.provider.wire import UNKNOWN, encode
from tests.contract.provider.conftest import quick
from tests.contract.provider.engine import Stack, configured, serving
from tests.contract.provider.estate import Estate
from tests.contract.provider.stand_in import StandIn, started, stopped


@contextmanager
def refused(environ: dict[str, str], **arguments: str) -> Iterator[list[str]]:
    lines: list[str] = []
    with serving(Provider(environ=environ, pace=quick())) as stub:
        with pytest.raises(grpc.RpcError) as caught:
            configured(stub, **arguments)
        details = caught.value.details() or ""
        assert "\n" not in details
        assert caught.value.code() not in (grpc.StatusCode.UNKNOWN, grpc.StatusCode.INTERNAL)
        lines.append(details)
        yield lines


def test_a_wrong_token_is_refused_without_being_shown(railway: StandIn) -> None:
    environ = {"RAILWAY_API_TOKEN": "planted-wrong-token", "RAILWAY_API_URL": railway.url}
    with refused(environ) as (line,):
        assert "token itself is refused" in line
        assert "RAILWAY_API_TOKEN" in line
        assert "planted" not in line


def test_a_project_token_under_the_wrong_name_is_recognised(railway: StandIn) -> None:
    with Serving(railway) as (stack, estate):
        assert stack.up(estate.program()[:2]) == []
        environment = stack.state["environment"].output("environmentId")
        minted = railway.control("POST", "tokens", environment_id=environment)["project_token"]
    environ = {"RAILWAY_API_TOKEN": minted, "RAILWAY_API_URL": railway.url}
    with refused(environ) as (line,):
        assert "is a project token: put it into RAILWAY_TOKEN" in line


def test_a_project_token_makes_no_project(railway: StandIn) -> None:
    environ = {"RAILWAY_TOKEN": railway.project_token, "RAILWAY_API_URL": railway.url}
    with Serving(railway) as (stack, estate):
        assert stack.up(estate.program()[:2]) == []
    with serving(Provider(environ=environ, pace=quick())) as stub:
        configured(stub)
        estate = Estate(workspace_id=railway.workspace_id, name="other")
        (error,) = Stack(stub).up(estate.program())
        assert "put an account or workspace token into RAILWAY_API_TOKEN" in error


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("not an address", "must be an http(s) address, was 'not an address'"),
        ("ftp://127.0.0.1/x", "must be an http(s) address"),
        ("http://railway.example/x", "would send the token unencrypted"),
    ],
)
def test_a_wrong_address_is_refused(url: str, words: str) -> None:
    with refused({"RAILWAY_API_TOKEN": "t", "RAILWAY_API_URL": url}) as (line,):
        assert words in line


def test_no_network_is_named_as_such() -> None:
    environ = {"RAILWAY_API_TOKEN": "t", "RAILWAY_API_URL": "http://127.0.0.1:9/graphql/v2"}
    with refused(environ) as (line,):
        assert "cannot reach http://127.0.0.1:9/graphql/v2" in line


def test_the_stacks_own_token_goes_before_the_environments(railway: StandIn) -> None:
    environ = {"RAILWAY_API_TOKEN": "wrong", "RAILWAY_API_URL": railway.url}
    with serving(Provider(environ=environ, pace=quick())) as stub:
        configured(stub, token=railway.workspace_token)


def test_a_token_not_known_yet_is_no_error_before_it_is_needed(railway: StandIn) -> None:
    with serving(Provider(environ={}, pace=quick())) as stub:
        stub.Configure(provider_pb2.ConfigureRequest(args=encode({"token": UNKNOWN})))
        estate = Estate(workspace_id=railway.workspace_id)
        stack = Stack(stub)
        assert all(line.endswith("create") for line in stack.preview(estate.program()))
        (error,) = stack.up(estate.program())
        assert "railway:token depends on something that does not exist yet" in error


def test_a_workspace_the_token_does_not_reach_is_named_with_those_it_does(
    railway: StandIn,
) -> None:
    with Serving(railway) as (stack, _):
        estate = Estate(workspace_id="no-such-workspace", name="x")
        (error,) = stack.up(estate.program())
        assert "workspaceId no-such-workspace is not open to this token" in error
        assert railway.workspace_id in error


def test_an_unknown_region_is_refused_with_those_there_are(railway: StandIn) -> None:
    with Serving(railway) as (stack, estate):
        estate.service = {"region": "europe-west4"}
        (error,) = stack.up(estate.program())
        assert "region 'europe-west4' is unknown" in error
        assert "europe-west4-drams3a" in error
        assert "service" not in stack.state


def test_two_projects_of_one_name_are_refused_with_their_ids(railway: StandIn) -> None:
    query = (
        'mutation($w: String!) { projectCreate(input: {workspaceId: $w, name: "twice"}) { id } }'
    )
    railway.control("POST", "delays", scale=0.0)
    made = [
        railway.ask(query, {"w": railway.workspace_id})["projectCreate"]["id"] for _ in range(2)
    ]
    railway.control("POST", "delays", scale=0.001)
    with Serving(railway) as (stack, _):
        estate = Estate(workspace_id=railway.workspace_id, name="twice")
        (error,) = stack.up(estate.program())
        assert all(identity in error for identity in made)
        assert "pulumi import --stack dev railway:index:Project project <id>" in error


def test_a_stack_that_points_to_a_deleted_project_changes_nothing(railway: StandIn) -> None:
    with Serving(railway) as (stack, estate):
        assert stack.up(estate.program()) == []
        identity = stack.state["project"].id
        railway.ask("mutation($i: String!) { projectScheduleDelete(id: $i) }", {"i": identity})
        before = railway.truth()["requests"]
        with pytest.raises(grpc.RpcError) as caught:
            stack.refresh()
        details = caught.value.details() or ""
        assert f"project {identity} of this stack is deleted at Railway" in details
        estate.name = "renamed"
        (error,) = stack.up(estate.program())
        assert f"projectId {identity} is deleted at Railway" in error
        assert [one for one in railway.calls(before) if one["kind"] == "mutation"] == []


def test_a_plan_without_backups_is_named(tmp_path: Path) -> None:
    process, hobby = started(tmp_path, "--plan", "hobby", "--delay-scale", "0.001", "--no-mounts")
    try:
        with Serving(hobby) as (stack, estate):
            (error,) = stack.up(estate.program())
            assert "kinds DAILY: the hobby plan has no volume backups" in error
            assert "schedule" not in stack.state
    finally:
        stopped(process)


class Serving:
    """A provider on the stand-in with a stack and an estate of the test's own."""

    numbers = iter(range(10_000))

    def __init__(self, railway: StandIn) -> None:
        self.railway = railway
        environ = {"RAILWAY_API_TOKEN": railway.account_token, "RAILWAY_API_URL": railway.url}
        self.context = serving(Provider(environ=environ, pace=quick()))

    def __enter__(self) -> tuple[Stack, Estate]:
        stub = self.context.__enter__()
        configured(stub)
        name = f"configured-{next(self.numbers)}"
        return Stack(stub), Estate(workspace_id=self.railway.workspace_id, name=name)

    def __exit__(self, *_: object) -> None:
        self.context.__exit__(None, None, None)
