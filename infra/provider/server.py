"""The gRPC servicer: the engine's messages to kinds and back. Translates and decides nothing.

Source of the protocol: pulumi/pulumi@1b5949891b proto/pulumi/provider.proto and
pkg/resource/plugin/provider_plugin.go, read 2026-11-22.
"""

import json
from collections.abc import Mapping
from typing import Any

import grpc
import httpx
from google.protobuf.empty_pb2 import Empty
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import plugin_pb2, provider_pb2
from pulumi.runtime.proto.provider_pb2_grpc import ResourceProviderServicer
from typing_extensions import override

from infra.provider.kinds import KINDS
from infra.provider.kinds.difference import Change, Sort, difference, settle
from infra.provider.kinds.kind import Impact, Kind, Known, Unfinished
from infra.provider.kinds.property import examine, fields, typed
from infra.provider.ownership import Refusal, urn_of
from infra.provider.schema import VERSION, schema
from infra.provider.session import Session, Severity, configured, environment
from infra.provider.speech import Engine, guarded, half_made
from infra.provider.wire import (
    UNKNOWN,
    Properties,
    Value,
    decode,
    encode,
    is_secret,
    plain,
    with_secrets,
)
from infra.railway.pace import Pace

Context = grpc.ServicerContext
DIFF_KINDS = {
    (Sort.ADD, False): provider_pb2.PropertyDiff.ADD,
    (Sort.ADD, True): provider_pb2.PropertyDiff.ADD_REPLACE,
    (Sort.DELETE, False): provider_pb2.PropertyDiff.DELETE,
    (Sort.DELETE, True): provider_pb2.PropertyDiff.DELETE_REPLACE,
    (Sort.UPDATE, False): provider_pb2.PropertyDiff.UPDATE,
    (Sort.UPDATE, True): provider_pb2.PropertyDiff.UPDATE_REPLACE,
}
BUDGET_SHARE_LOW = 0.1


class Provider(ResourceProviderServicer):
    """The railway provider. One process serves one operation of the engine."""

    def __init__(
        self,
        *,
        environ: Mapping[str, str] | None = None,
        pace: Pace | None = None,
        transport: httpx.BaseTransport | None = None,
        engine: Engine | None = None,
    ) -> None:
        self.environ = environment() if environ is None else environ
        self.pace = pace or Pace()
        self.transport = transport
        self.engine = engine or Engine(None)
        self._session: Session | None = None

    @property
    def session(self) -> Session:
        """The configured session.

        Raises:
            Refusal: the configuration is not known yet.

        """
        if self._session is None:
            raise Refusal(
                "the railway provider is not configured: railway:token depends on something that "
                "does not exist yet"
            )
        return self._session

    @override
    @guarded
    def Handshake(
        self, request: provider_pb2.ProviderHandshakeRequest, context: Context
    ) -> provider_pb2.ProviderHandshakeResponse:
        if request.engine_address:
            self.engine = Engine(request.engine_address)
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True)

    @override
    def Attach(self, request: plugin_pb2.PluginAttach, context: Context) -> Empty:
        self.engine = Engine(request.address)
        return Empty()

    @override
    def GetPluginInfo(self, request: Empty, context: Context) -> plugin_pb2.PluginInfo:
        return plugin_pb2.PluginInfo(version=VERSION)

    @override
    @guarded
    def GetSchema(
        self, request: provider_pb2.GetSchemaRequest, context: Context
    ) -> provider_pb2.GetSchemaResponse:
        return provider_pb2.GetSchemaResponse(schema=json.dumps(schema()))

    @override
    @guarded
    def CheckConfig(
        self, request: provider_pb2.CheckRequest, context: Context
    ) -> provider_pb2.CheckResponse:
        inputs = with_secrets(decode(request.news), {"token"})
        return provider_pb2.CheckResponse(inputs=encode(inputs))

    @override
    @guarded
    def DiffConfig(
        self, request: provider_pb2.DiffRequest, context: Context
    ) -> provider_pb2.DiffResponse:
        # Another token or address is still the same account: a replacement here would replace
        # every resource there is.
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)

    @override
    @guarded
    def Configure(
        self, request: provider_pb2.ConfigureRequest, context: Context
    ) -> provider_pb2.ConfigureResponse:
        arguments = decode(request.args)
        self.close()
        if plain(arguments.get("token")) is not UNKNOWN:
            self._session = configured(
                arguments, self.environ, self.engine.say, pace=self.pace, transport=self.transport
            )
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    @override
    @guarded
    def Check(
        self, request: provider_pb2.CheckRequest, context: Context
    ) -> provider_pb2.CheckResponse:
        kind = _kind(request.type, request.urn)
        given, before = decode(request.news), decode(request.olds)
        checked, faults = examine(kind.inputs, given)
        if not faults:
            settled, unknown = settle(kind, _bare(before), _bare(checked), pretend=True)
            old = typed(kind.inputs, before) if before else None
            found = kind.faults(old, typed(kind.inputs, settled))
            faults = [fault for fault in found if fault.wire not in unknown]
        failures = [
            provider_pb2.CheckFailure(property=fault.wire, reason=f"{fault.wire} {fault.reason}")
            for fault in faults
        ]
        wrapped = with_secrets(checked, _secret_names(kind))
        return provider_pb2.CheckResponse(inputs=encode(wrapped), failures=failures)

    @override
    @guarded
    def Diff(
        self, request: provider_pb2.DiffRequest, context: Context
    ) -> provider_pb2.DiffResponse:
        kind = _kind(request.type, request.urn)
        old = _inputs_only(kind, decode(request.old_inputs) or decode(request.olds))
        changes = difference(kind, old, decode(request.news), request.ignoreChanges)
        replaced = [path for path, one in changes.items() if one.impact is Impact.REPLACE]
        if replaced and self._session is not None:
            kind.guard_delete(self.session, _known(kind, request, old, decode(request.olds)))
        return _difference_reply(changes, replaced)

    @override
    @guarded
    def Create(
        self, request: provider_pb2.CreateRequest, context: Context
    ) -> provider_pb2.CreateResponse:
        kind = _kind(request.type, request.urn)
        inputs = decode(request.properties)
        if request.preview:
            return provider_pb2.CreateResponse(properties=_foreseen(kind, inputs, {}))
        new = typed(kind.inputs, inputs)
        try:
            made = kind.create(self.session, urn_of(request.urn), new)
        except Unfinished as error:
            state = _state(kind, inputs, error.outputs)
            raise half_made(error.id, error.reason, inputs, state) from error
        self._mind_budget()
        properties = encode(_state(kind, inputs, made.outputs))
        return provider_pb2.CreateResponse(id=made.id, properties=properties)

    @override
    @guarded
    def Read(
        self, request: provider_pb2.ReadRequest, context: Context
    ) -> provider_pb2.ReadResponse:
        kind = _kind(request.type, request.urn)
        inputs, outputs = decode(request.inputs), decode(request.properties)
        known = _known(kind, request, inputs, outputs)
        live = kind.read(self.session, known)
        if live is None:
            # Bare on purpose: an empty `properties` would import a phantom.
            return provider_pb2.ReadResponse()
        secret = _secret_names(kind) | _secret_in(inputs)
        found = with_secrets(live.inputs, secret)
        return provider_pb2.ReadResponse(
            id=live.id, inputs=encode(found), properties=encode(_state(kind, found, live.outputs))
        )

    @override
    @guarded
    def Update(
        self, request: provider_pb2.UpdateRequest, context: Context
    ) -> provider_pb2.UpdateResponse:
        kind = _kind(request.type, request.urn)
        outputs = decode(request.olds)
        old = _inputs_only(kind, decode(request.old_inputs) or outputs)
        inputs = decode(request.news)
        known = _known(kind, request, old, outputs)
        if request.preview:
            settled, _ = settle(kind, _bare(old), _bare(inputs))
            kind.guard_update(self.session, known, typed(kind.inputs, settled))
            return provider_pb2.UpdateResponse(properties=_foreseen(kind, inputs, outputs))
        try:
            made = kind.update(self.session, known, typed(kind.inputs, inputs))
        except Unfinished as error:
            state = _state(kind, inputs, {**_outputs_only(kind, outputs), **error.outputs})
            raise half_made(request.id, error.reason, inputs, state) from error
        self._mind_budget()
        state = _state(kind, inputs, {**_outputs_only(kind, outputs), **made})
        return provider_pb2.UpdateResponse(properties=encode(state))

    @override
    @guarded
    def Delete(self, request: provider_pb2.DeleteRequest, context: Context) -> Empty:
        kind = _kind(request.type, request.urn)
        outputs = decode(request.properties)
        old = _inputs_only(kind, decode(request.old_inputs) or outputs)
        kind.delete(self.session, _known(kind, request, old, outputs))
        return Empty()

    @override
    @guarded
    def Cancel(self, request: Empty, context: Context) -> Empty:
        self.pace.stopped.set()
        if self._session is not None:
            budget = str(self._session.api.budget)
            self.engine.say(Severity.DEBUG, f"railway: {budget}", "")
        return Empty()

    def close(self) -> None:
        """Close the connections to Railway."""
        if self._session is not None:
            self._session.api.close()
            self._session = None

    def _mind_budget(self) -> None:
        budget = self.session.api.budget
        low = (budget.limit or 0) * BUDGET_SHARE_LOW
        if budget.remaining is not None and budget.remaining < low:
            self.engine.say(Severity.WARNING, f"railway: {budget}", "")


def _kind(token: str, urn: str) -> Kind[Any]:
    name = token or urn_of(urn).type
    found = KINDS.get(name)
    if found is None:
        known = ", ".join(KINDS)
        raise Refusal(f"resource type {name!r} is unknown to the railway provider; known: {known}")
    return found


def _known(kind: Kind[Any], request: Any, inputs: Properties, outputs: Properties) -> Known[Any]:
    only = _outputs_only(kind, {name: plain(value) for name, value in outputs.items()})
    return Known(urn_of(request.urn), request.id, typed(kind.inputs, inputs), only)


def _secret_names(kind: Kind[Any]) -> frozenset[str]:
    declared = (*fields(kind.inputs), *fields(kind.outputs))
    return frozenset(field.wire for field in declared if field.prop.secret)


def _secret_in(properties: Properties) -> frozenset[str]:
    return frozenset(name for name, value in properties.items() if is_secret(value))


def _bare(properties: Properties) -> dict[str, Value]:
    return {name: plain(value) for name, value in properties.items()}


def _inputs_only(kind: Kind[Any], properties: Properties) -> dict[str, Value]:
    names = {field.wire for field in fields(kind.inputs)}
    return {name: value for name, value in properties.items() if name in names}


def _outputs_only(kind: Kind[Any], properties: Properties) -> dict[str, Value]:
    names = {field.wire for field in fields(kind.outputs)}
    return {name: value for name, value in properties.items() if name in names}


def _state(kind: Kind[Any], inputs: Properties, outputs: Properties) -> dict[str, Value]:
    """Return inputs and outputs as one: what was secret going in is secret coming out."""
    return with_secrets({**inputs, **outputs}, _secret_names(kind) | _secret_in(inputs))


def _foreseen(kind: Kind[Any], inputs: Properties, outputs: Properties) -> Struct:
    """Return the state a preview can know; nothing is asked of Railway."""
    names = [field.wire for field in fields(kind.outputs)]
    kept = {
        name: value
        for name, value in _outputs_only(kind, outputs).items()
        if name not in kind.renewed
    }
    expected: dict[str, Value] = {**dict.fromkeys(names, UNKNOWN), **kept}
    settled, unknown = settle(kind, {}, _bare(inputs))
    follows = set(kind.foreseen(typed(kind.inputs, settled)))
    if unknown:
        expected |= dict.fromkeys(follows, UNKNOWN)
    else:
        expected |= kind.foreseen(typed(kind.inputs, settled))
    state = {**inputs, **{name: value for name, value in expected.items() if name not in inputs}}
    return encode(_state(kind, state, {}))


def _difference_reply(
    changes: Mapping[str, Change], replaced: list[str]
) -> provider_pb2.DiffResponse:
    some, none = provider_pb2.DiffResponse.DIFF_SOME, provider_pb2.DiffResponse.DIFF_NONE
    detailed = {
        path: provider_pb2.PropertyDiff(
            kind=DIFF_KINDS[one.sort, one.impact is Impact.REPLACE], inputDiff=True
        )
        for path, one in changes.items()
    }
    return provider_pb2.DiffResponse(
        changes=some if changes else none,
        diffs=sorted({path.partition(".")[0] for path in changes}),
        replaces=sorted(replaced),
        # Names are unique at Railway, and a service takes one volume only.
        deleteBeforeReplace=bool(replaced),
        detailedDiff=detailed,
        hasDetailedDiff=True,
    )
