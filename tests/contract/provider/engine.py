"""The engine's half of the protocol, as far as the provider can tell the difference.

Drives a provider over gRPC in the order the real engine does (pulumi facts 1b): Check, Diff,
Create, Read, Update, Delete, previews first; keeps a state; keeps a half-made thing with its id and
updates it at the next `up`. What the provider answers is kept as it came, secrets wrapped.
"""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.protobuf.empty_pb2 import Empty
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import provider_pb2, status_pb2
from pulumi.runtime.proto.provider_pb2_grpc import (
    ResourceProviderStub,
    add_ResourceProviderServicer_to_server,
)

from infra.provider.server import Provider
from infra.provider.wire import UNKNOWN, decode, encode

DiffResponse = provider_pb2.DiffResponse
Properties = dict[str, Any]


@dataclass(slots=True)
class Resource:
    """What the state says of one resource."""

    id: str
    inputs: Struct
    state: Struct
    half_made: bool = False

    def output(self, name: str) -> Any:
        """Return an output, unwrapped."""
        return bare(decode(self.state).get(name))


def bare(value: Any) -> Any:
    """Return a value without its secret wrappers."""
    from infra.provider.wire import plain  # noqa: PLC0415 - one word for one place

    return plain(value)


@dataclass(frozen=True, slots=True)
class Declared:
    """A resource as a program declares it; inputs may follow from outputs of earlier ones."""

    name: str
    kind: str
    inputs: Callable[[Callable[[str, str], Any]], Properties]


@dataclass(slots=True)
class Stack:
    """A stack: its state, and the verbs of the CLI."""

    stub: ResourceProviderStub
    name: str = "dev"
    project: str = "poly"
    state: dict[str, Resource] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)

    def urn(self, name: str, kind: str) -> str:
        """Return a resource's URN."""
        return f"urn:pulumi:{self.name}::{self.project}::railway:index:{kind}::{name}"

    def up(self, program: list[Declared]) -> list[str]:
        """Apply a program; stops at the first failure, as dependents would. Returns errors."""
        self.said = []
        for one in program:
            try:
                self.said.append(f"{one.name}: {self._apply(one)}")
            except grpc.RpcError as error:
                self._keep_half_made(one, error)
                return [f"{one.name}: {error.details()}"]
            except Refused as refused:
                return [f"{one.name}: {refused}"]
        return []

    def preview(self, program: list[Declared]) -> list[str]:
        """Say what `up` would do, with unknown outputs for what is not there yet."""
        made = dict(self.state)
        said = []
        for one in program:
            inputs = self._checked(one, made)
            before = self.state.get(one.name)
            said.append(f"{one.name}: {self._previewed(one, before, inputs, made)}")
        return said

    def refresh(self) -> list[str]:
        """Read everything; returns the names of what is gone or differs."""
        differing = []
        for name, resource in list(self.state.items()):
            kind = self._kinds[name]
            live = self.read(name, kind, resource)
            if not live.id:
                del self.state[name]
                differing.append(name)
                continue
            request = provider_pb2.DiffRequest(
                id=resource.id,
                urn=self.urn(name, kind),
                type=f"railway:index:{kind}",
                olds=live.properties,
                old_inputs=live.inputs,
                news=resource.inputs,
            )
            if self.stub.Diff(request).changes != DiffResponse.DIFF_NONE:
                differing.append(name)
            self.state[name] = Resource(live.id, live.inputs, live.properties, resource.half_made)
        return differing

    def read(self, name: str, kind: str, resource: Resource) -> provider_pb2.ReadResponse:
        """Read a resource the state knows."""
        live: provider_pb2.ReadResponse = self.stub.Read(
            provider_pb2.ReadRequest(
                id=resource.id,
                urn=self.urn(name, kind),
                type=f"railway:index:{kind}",
                properties=resource.state,
                inputs=resource.inputs,
            )
        )
        return live

    def take(self, name: str, kind: str, identity: str) -> bool:
        """Import; False where the provider says that there is no such thing."""
        live = self.stub.Read(
            provider_pb2.ReadRequest(
                id=identity, urn=self.urn(name, kind), type=f"railway:index:{kind}"
            )
        )
        if not live.id or not live.HasField("properties"):
            return False
        self.state[name] = Resource(live.id, live.inputs, live.properties)
        self._kinds[name] = kind
        return True

    def destroy(self) -> list[str]:
        """Delete everything, last made first; stops at the first failure."""
        for name in reversed(list(self.state)):
            try:
                self.delete(name)
            except grpc.RpcError as error:
                return [f"{name}: {error.details()}"]
        return []

    def delete(self, name: str) -> None:
        """Delete one resource."""
        resource, kind = self.state[name], self._kinds[name]
        self.stub.Delete(
            provider_pb2.DeleteRequest(
                id=resource.id,
                urn=self.urn(name, kind),
                type=f"railway:index:{kind}",
                properties=resource.state,
                old_inputs=resource.inputs,
            )
        )
        del self.state[name]

    _kinds: dict[str, str] = field(default_factory=dict)

    def _checked(self, one: Declared, made: Mapping[str, Resource]) -> Struct:
        def output(name: str, of: str) -> Any:
            return decode(made[name].state).get(of) if name in made else UNKNOWN

        before = self.state.get(one.name)
        reply = self.stub.Check(
            provider_pb2.CheckRequest(
                urn=self.urn(one.name, one.kind),
                type=f"railway:index:{one.kind}",
                olds=before.inputs if before else None,
                news=encode(one.inputs(output)),
            )
        )
        if reply.failures:
            raise Refused("; ".join(failure.reason for failure in reply.failures))
        inputs: Struct = reply.inputs
        return inputs

    def diff(self, one: Declared, before: Resource, inputs: Struct) -> provider_pb2.DiffResponse:
        """Ask what would change."""
        changes: provider_pb2.DiffResponse = self.stub.Diff(
            provider_pb2.DiffRequest(
                id=before.id,
                urn=self.urn(one.name, one.kind),
                type=f"railway:index:{one.kind}",
                olds=before.state,
                old_inputs=before.inputs,
                news=inputs,
            )
        )
        return changes

    def _apply(self, one: Declared) -> str:
        inputs = self._checked(one, self.state)
        self._kinds[one.name] = one.kind
        before = self.state.get(one.name)
        if before is None:
            self._create(one, inputs)
            return "create"
        changes = self.diff(one, before, inputs)
        if changes.replaces:
            self.delete(one.name)
            self._create(one, inputs)
            return "replace"
        if changes.changes == DiffResponse.DIFF_NONE and not before.half_made:
            before.inputs = inputs
            return "same"
        self._update(one, before, inputs)
        return "update"

    def _create(self, one: Declared, inputs: Struct) -> None:
        made = self.stub.Create(
            provider_pb2.CreateRequest(
                urn=self.urn(one.name, one.kind),
                type=f"railway:index:{one.kind}",
                properties=inputs,
            )
        )
        assert made.id
        self.state[one.name] = Resource(made.id, inputs, made.properties)

    def _update(self, one: Declared, before: Resource, inputs: Struct) -> None:
        reply = self.stub.Update(self._update_request(one, before, inputs))
        self.state[one.name] = Resource(before.id, inputs, reply.properties)

    def _update_request(
        self, one: Declared, before: Resource, inputs: Struct, *, preview: bool = False
    ) -> provider_pb2.UpdateRequest:
        return provider_pb2.UpdateRequest(
            id=before.id,
            urn=self.urn(one.name, one.kind),
            type=f"railway:index:{one.kind}",
            olds=before.state,
            old_inputs=before.inputs,
            news=inputs,
            preview=preview,
        )

    def _previewed(
        self, one: Declared, before: Resource | None, inputs: Struct, made: dict[str, Resource]
    ) -> str:
        if before is not None:
            changes = self.diff(one, before, inputs)
            if changes.changes == DiffResponse.DIFF_NONE:
                return "same"
            if not changes.replaces:
                request = self._update_request(one, before, inputs, preview=True)
                reply = self.stub.Update(request)
                made[one.name] = Resource(before.id, inputs, reply.properties)
                return f"update {','.join(sorted(changes.detailedDiff))}"
        asked = provider_pb2.CreateRequest(
            urn=self.urn(one.name, one.kind),
            type=f"railway:index:{one.kind}",
            properties=inputs,
            preview=True,
        )
        made[one.name] = Resource("", inputs, self.stub.Create(asked).properties)
        return "create" if before is None else "replace"

    def _keep_half_made(self, one: Declared, error: grpc.RpcError) -> None:
        detail = half_made_in(error)
        if detail is not None:
            self.state[one.name] = Resource(
                detail.id, detail.inputs, detail.properties, half_made=True
            )


class Refused(Exception):  # noqa: N818 - an outcome
    """Check failures."""


def half_made_in(error: grpc.RpcError) -> provider_pb2.ErrorResourceInitFailed | None:
    """Return the detail that says a thing exists and is not finished."""
    metadata: dict[str, Any] = dict(error.trailing_metadata() or ())  # type: ignore[arg-type]
    raw = metadata.get("grpc-status-details-bin")
    if raw is None:
        return None
    status = status_pb2.Status.FromString(raw)
    detail = provider_pb2.ErrorResourceInitFailed()
    assert status.details[0].Unpack(detail)
    return detail


@contextmanager
def serving(provider: Provider) -> Iterator[ResourceProviderStub]:
    """Serve a provider on loopback and connect to it."""
    server = grpc.server(ThreadPoolExecutor(8))
    add_ResourceProviderServicer_to_server(provider, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    channel = grpc.insecure_channel(f"127.0.0.1:{port}")
    try:
        yield ResourceProviderStub(channel)
    finally:
        channel.close()
        server.stop(None).wait()
        provider.close()


def configured(stub: ResourceProviderStub, **arguments: str) -> None:
    """Shake hands and configure, as the engine begins."""
    hands = stub.Handshake(provider_pb2.ProviderHandshakeRequest())
    assert hands.accept_secrets
    reply = stub.Configure(provider_pb2.ConfigureRequest(args=encode(dict(arguments))))
    assert reply.acceptSecrets
    assert reply.supportsPreview


def cancelled(stub: ResourceProviderStub) -> None:
    """Cancel, as the engine does at the end and on Ctrl-C."""
    stub.Cancel(Empty())
