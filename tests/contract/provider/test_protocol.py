"""What the engine relies on, for every kind: pulumi's rules over gRPC against a stand-in."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import provider_pb2
from pulumi.runtime.proto.provider_pb2_grpc import ResourceProviderStub

from infra.provider.kinds import KINDS
from infra.provider.kinds.property import fields
from infra.provider.server import Provider
from infra.provider.wire import UNKNOWN, Secret, Value, decode, encode
from tests.contract.provider.conftest import quick
from tests.contract.provider.engine import Declared, Stack, cancelled, configured, serving
from tests.contract.provider.estate import OTHER_IMAGE, PLANTED, SEALED, Estate
from tests.contract.provider.stand_in import StandIn, started, stopped

NAMES = {
    "project": "Project",
    "environment": "Environment",
    "service": "Service",
    "volume": "Volume",
    "bucket": "Bucket",
    "variables": "VariableSet",
    "schedule": "BackupSchedule",
    "deployment": "Deployment",
}
EVERY = pytest.mark.parametrize("name", NAMES)
CHANGES: dict[str, dict[str, Any]] = {
    "service": {"service": {"drainingSeconds": 7, "startCommand": "sleep 7200"}},
    "volume": {"volume": {"name": "other-ledger"}},
    "bucket": {"bucket": "poly-archive"},
    "variables": {"plain": {"POLY_MODE": "LIVE", "POLY_MORE": "1"}},
    "schedule": {"kinds": ["WEEKLY", "DAILY"]},
    "deployment": {"image": OTHER_IMAGE},
}


class Made:
    """An estate that stands, and the requests it was made with."""

    def __init__(self, railway: StandIn, stack: Stack, estate: Estate) -> None:
        self.railway = railway
        self.stack = stack
        self.estate = estate

    def declared(self, name: str, estate: Estate | None = None) -> Declared:
        program = (estate or self.estate).program()
        return next(one for one in program if one.name == name)

    def checked(self, name: str, inputs: Struct, olds: Struct | None = None) -> Struct:
        reply = self.stack.stub.Check(
            provider_pb2.CheckRequest(
                urn=self.stack.urn(name, NAMES[name]),
                type=f"railway:index:{NAMES[name]}",
                olds=olds,
                news=inputs,
            )
        )
        assert not reply.failures
        found: Struct = reply.inputs
        return found


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    """One estate for all claims that change nothing."""
    options = ("--plan", "pro", "--delay-scale", "0.001", "--no-mounts", "--budget", "1000000")
    process, railway = started(Path(tmp_path_factory.mktemp("railway")), *options)
    environ = {"RAILWAY_API_TOKEN": railway.account_token, "RAILWAY_API_URL": railway.url}
    try:
        with serving(Provider(environ=environ, pace=quick())) as stub:
            configured(stub)
            stack, estate = Stack(stub), Estate(workspace_id=railway.workspace_id)
            assert stack.up(estate.program()) == []
            yield Made(railway, stack, estate)
    finally:
        stopped(process)


def in_clear(value: Value) -> Iterator[str]:
    """Yield every text of a message that no secret wraps."""
    match value:
        case str():
            yield value
        case dict():
            for inner in value.values():
                yield from in_clear(inner)
        case list():
            for inner in value:
                yield from in_clear(inner)
        case _:
            return


def assert_nothing_planted(message: Struct) -> None:
    assert message.fields
    for text in in_clear(decode(message)):
        assert PLANTED not in text
        assert SEALED not in text


@EVERY
def test_checking_twice_changes_nothing(made: Made, name: str) -> None:
    inputs = made.stack.state[name].inputs
    assert made.checked(name, inputs, inputs) == inputs


@EVERY
def test_every_input_may_be_unknown(made: Made, name: str) -> None:
    kind = KINDS[f"railway:index:{NAMES[name]}"]
    unknown: dict[str, Value] = {field.wire: UNKNOWN for field in fields(kind.inputs)}
    assert decode(made.checked(name, encode(unknown))).keys() >= unknown.keys()


@EVERY
def test_nothing_changes_nothing(made: Made, name: str) -> None:
    resource = made.stack.state[name]
    changes = made.stack.diff(made.declared(name), resource, resource.inputs)
    assert changes.changes == provider_pb2.DiffResponse.DIFF_NONE
    assert changes.hasDetailedDiff
    assert not changes.detailedDiff


@EVERY
def test_what_was_made_reads_back_without_a_difference(made: Made, name: str) -> None:
    resource = made.stack.state[name]
    live = made.stack.read(name, NAMES[name], resource)
    assert live.id == resource.id
    assert live.inputs == resource.inputs
    assert decode(live.properties) == decode(resource.state)


@EVERY
def test_secrets_are_wrapped_wherever_they_are_answered(made: Made, name: str) -> None:
    resource = made.stack.state[name]
    live = made.stack.read(name, NAMES[name], resource)
    for message in (resource.inputs, resource.state, live.inputs, live.properties):
        assert_nothing_planted(message)
    if name == "variables":
        kept = decode(resource.inputs)
        assert kept["secret"] == {"POLY_API_KEY": Secret(PLANTED)}
        assert kept["sealed"] == {"POLY_PRIVATE_KEY": Secret(SEALED)}


@EVERY
def test_what_was_secret_going_in_is_secret_coming_out(made: Made, name: str) -> None:
    """Also where the property itself is not one that must be."""
    given = decode(made.stack.state[name].inputs)
    first = next(key for key, value in given.items() if isinstance(value, str))
    inputs = made.checked(name, encode({**given, first: Secret(given[first])}))
    assert isinstance(decode(inputs)[first], Secret)
    reply = made.stack.stub.Create(
        provider_pb2.CreateRequest(
            urn=made.stack.urn(name, NAMES[name]),
            type=f"railway:index:{NAMES[name]}",
            properties=inputs,
            preview=True,
        )
    )
    assert isinstance(decode(reply.properties)[first], Secret)


@pytest.mark.parametrize("name", CHANGES)
def test_a_difference_names_properties_of_the_schema(made: Made, name: str) -> None:
    resource = made.stack.state[name]
    changed = Estate(workspace_id=made.railway.workspace_id, **CHANGES[name])
    declared = made.declared(name, changed)
    inputs = made.stack._checked(declared, made.stack.state)  # noqa: SLF001 - the engine's half
    changes = made.stack.diff(declared, resource, inputs)
    known = {field.wire for field in fields(KINDS[f"railway:index:{NAMES[name]}"].inputs)}
    assert changes.changes == provider_pb2.DiffResponse.DIFF_SOME
    assert {path.partition(".")[0] for path in changes.detailedDiff} <= known
    assert set(changes.replaces) <= set(changes.detailedDiff)


@pytest.mark.parametrize("name", ["environment", "service", "volume", "bucket", "deployment"])
def test_another_project_is_another_thing(made: Made, name: str) -> None:
    """An unknown one may be another, so a preview says replace."""
    resource = made.stack.state[name]
    news = encode({**decode(resource.inputs), "projectId": UNKNOWN})
    request = provider_pb2.DiffRequest(
        id=resource.id,
        urn=made.stack.urn(name, NAMES[name]),
        type=f"railway:index:{NAMES[name]}",
        olds=resource.state,
        old_inputs=resource.inputs,
        news=news,
    )
    if name in ("environment", "service", "volume"):
        with pytest.raises(Exception, match="POLY_CONFIRM_VOLUME"):
            made.stack.stub.Diff(request)
        return
    changes = made.stack.stub.Diff(request)
    assert list(changes.replaces) == ["projectId"]
    assert changes.detailedDiff["projectId"].kind == provider_pb2.PropertyDiff.UPDATE_REPLACE
    assert changes.deleteBeforeReplace


@pytest.mark.parametrize("path", ["drainingSeconds", '["drainingSeconds"]'])
def test_what_the_program_ignores_is_no_difference(made: Made, path: str) -> None:
    resource = made.stack.state["service"]
    news = encode({**decode(resource.inputs), "drainingSeconds": 99})
    request = provider_pb2.DiffRequest(
        id=resource.id,
        urn=made.stack.urn("service", "Service"),
        type="railway:index:Service",
        olds=resource.state,
        old_inputs=resource.inputs,
        news=news,
        ignoreChanges=[path],
    )
    assert made.stack.stub.Diff(request).changes == provider_pb2.DiffResponse.DIFF_NONE


@EVERY
def test_a_preview_asks_nothing_that_changes_anything(made: Made, name: str) -> None:
    before = made.railway.truth()["requests"]
    fresh = Stack(made.stack.stub, name="fresh")
    assert all(line.endswith("create") for line in fresh.preview(made.estate.program()))
    changed = Estate(workspace_id=made.railway.workspace_id, **CHANGES.get(name, {}))
    made.stack.preview(changed.program())
    assert [one for one in made.railway.calls(before) if one["kind"] == "mutation"] == []


def test_a_preview_shows_only_what_can_be_known(made: Made) -> None:
    fresh = Stack(made.stack.stub, name="fresh")
    declared = made.declared("service")
    inputs = fresh._checked(declared, {})  # noqa: SLF001 - the engine's half
    reply = made.stack.stub.Create(
        provider_pb2.CreateRequest(
            urn=fresh.urn("service", "Service"),
            type="railway:index:Service",
            properties=inputs,
            preview=True,
        )
    )
    shown = decode(reply.properties)
    assert shown["serviceId"] is UNKNOWN
    assert shown["drainingSeconds"] == 1
    assert type(shown["drainingSeconds"]) is int


@EVERY
def test_what_does_not_exist_is_not_imported_as_a_phantom(made: Made, name: str) -> None:
    nothing = "00000000-0000-4000-8000-000000000000"
    parts = made.stack.state[name].id.split("/")
    parts[min(2, len(parts) - 1)] = nothing
    reply = made.stack.stub.Read(
        provider_pb2.ReadRequest(
            id="/".join(parts),
            urn=made.stack.urn("new", NAMES[name]),
            type=f"railway:index:{NAMES[name]}",
        )
    )
    assert reply == provider_pb2.ReadResponse()


@pytest.mark.parametrize("name", sorted(NAMES.keys() - {"project"}))
def test_an_id_of_another_shape_is_refused_by_its_shape(made: Made, name: str) -> None:
    with pytest.raises(Exception, match="must read project/environment"):
        made.stack.take("new", NAMES[name], "only-one-part")


def test_an_unknown_type_is_refused_by_name(made: Made) -> None:
    with pytest.raises(Exception, match=r"'railway:index:Nonsense' is unknown .*:Project"):
        made.stack.stub.Check(
            provider_pb2.CheckRequest(
                urn=made.stack.urn("x", "Nonsense"), type="railway:index:Nonsense"
            )
        )


def test_cancelling_answers_and_waits_end(railway: StandIn) -> None:
    environ = {"RAILWAY_API_TOKEN": railway.account_token, "RAILWAY_API_URL": railway.url}
    with serving(Provider(environ=environ, pace=quick())) as stub:
        configured(stub)
        cancelled(stub)
        stack = Stack(stub)
        railway.arm("rate-limited", "ProjectsPage", times=5)
        estate = Estate(workspace_id=railway.workspace_id, name="cancelled")
        (error,) = stack.up(estate.program())
        railway.calm()
        assert "\n" not in error


def test_the_account_may_change_its_token_without_replacing_anything(
    stub: ResourceProviderStub,
) -> None:
    old, new = encode({"token": Secret("one")}), encode({"token": Secret("two")})
    changes = stub.DiffConfig(provider_pb2.DiffRequest(old_inputs=old, olds=old, news=new))
    assert changes.changes == provider_pb2.DiffResponse.DIFF_NONE
    checked = stub.CheckConfig(provider_pb2.CheckRequest(news=encode({"token": "planted"})))
    assert decode(checked.inputs)["token"] == Secret("planted")
