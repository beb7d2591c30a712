"""GraphQL over a WebSocket (graphql-transport-ws): a deployment's status, a deployment's log.

A project token is refused at the subscription, not at the connection; a stop is not announced:
whoever must know polls. Source: railwayapp/cli@df3838b src/subscription.rs.
"""

import asyncio
import json
from collections.abc import AsyncIterator

from graphql import ExecutionResult, GraphQLError, execute_sync
from websockets.frames import Opcode
from websockets.protocol import State
from websockets.server import ServerProtocol

from sandbox.railway.deploy import logs
from sandbox.railway.model.records import Json, TokenKind
from sandbox.railway.model.refusal import Refusal, not_authorized
from sandbox.railway.wire import graphql
from sandbox.railway.wire.answers import deployment as answers
from sandbox.railway.wire.answers import objects
from sandbox.railway.wire.call import Call
from sandbox.railway.wire.gate import Gate
from sandbox.railway.wire.http import Request
from sandbox.railway.wire.rights import caller_of

PROTOCOL = "graphql-transport-ws"
EVERY_S = 0.2
CHUNK = 65_536


class Socket:
    """One connection with its subscriptions."""

    def __init__(
        self,
        gate: Gate,
        request: Request,
        streams: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    ) -> None:
        """Take over the socket a request came on."""
        self._gate = gate
        self._request = request
        self._reader, self._writer = streams
        self._protocol = ServerProtocol(subprotocols=[PROTOCOL])  # type: ignore[list-item]
        self._running: dict[str, asyncio.Task[None]] = {}

    async def serve(self) -> None:
        """Answer until the connection ends."""
        self._protocol.receive_data(self._request.head)
        for event in self._protocol.events_received():
            self._protocol.send_response(self._protocol.accept(event))  # type: ignore[arg-type]
        try:
            await self._flush()
            while self._protocol.state is State.OPEN:
                chunk = await self._reader.read(CHUNK)
                if not chunk:
                    break
                self._protocol.receive_data(chunk)
                for event in self._protocol.events_received():
                    await self._frame(event)
                await self._flush()
        finally:
            for task in self._running.values():
                task.cancel()

    async def _frame(self, event: object) -> None:
        if getattr(event, "opcode", None) is not Opcode.TEXT:
            return
        message = json.loads(event.data)  # type: ignore[attr-defined]
        kind, identity = message.get("type"), str(message.get("id"))
        if kind == "connection_init":
            self._say({"type": "connection_ack"})
        elif kind == "ping":
            self._say({"type": "pong"})
        elif kind == "complete" and identity in self._running:
            self._running.pop(identity).cancel()
        elif kind == "subscribe":
            work = self._subscription(identity, message.get("payload") or {})
            self._running[identity] = asyncio.create_task(work)

    async def _subscription(self, identity: str, payload: Json) -> None:
        world = self._gate.world
        caller = caller_of(world.estate, self._request.headers)
        call = Call(world, caller, self._gate.budget, self._gate.rollouts)
        try:
            if caller.kind in {None, TokenKind.PROJECT}:
                raise not_authorized()
            operation = graphql.read(
                self._gate.schema, str(payload.get("query")), payload.get("operationName")
            )
            async for root in _events(call, operation, payload.get("variables") or {}):
                document = self._selected(operation, payload.get("variables") or {}, root, call)
                self._say({"id": identity, "type": "next", "payload": document})
                await self._flush()
        except Refusal as refusal:
            errors = graphql.refused(refusal)["errors"]
            self._say({"id": identity, "type": "error", "payload": errors})
        except graphql.Invalid as invalid:
            self._say({"id": identity, "type": "error", "payload": invalid.errors})
        else:
            self._say({"id": identity, "type": "complete"})
        await self._flush()

    def _selected(
        self, operation: graphql.Operation, variables: Json, root: Json, call: Call
    ) -> Json:
        """Take the selected fields of one event."""
        try:
            result = execute_sync(
                self._gate.schema,
                operation.document,
                root_value=root,
                variable_values=variables,
                operation_name=operation.name,
                context_value=call,
            )
        except GraphQLError as error:
            result = ExecutionResult(None, [error])
        return graphql.answer(result, call)

    def _say(self, message: Json) -> None:
        if self._protocol.state is State.OPEN:
            self._protocol.send_text(json.dumps(message).encode())

    async def _flush(self) -> None:
        for chunk in self._protocol.data_to_send():
            if chunk:
                self._writer.write(chunk)
        await self._writer.drain()


async def _events(call: Call, operation: graphql.Operation, variables: Json) -> AsyncIterator[Json]:
    if "deployment" in operation.fields:
        one = call.deployment(str(variables.get("id")))
        seen = None
        while True:
            if seen != one.status:
                seen = one.status
                yield {"deployment": objects.deployment(call, one)}
            await asyncio.sleep(EVERY_S)
    one = call.deployment(str(variables.get("deploymentId")))
    limit = variables.get("limit") or answers.ROWS
    rows = answers.log_rows(call, one, {"filter": variables.get("filter")}, limit)
    if rows:
        yield {"deploymentLogs": rows}
    log = call.rollouts.log(one)
    after = log.lines[-1].at if log.lines else one.created_at
    while True:
        await asyncio.sleep(EVERY_S)
        fresh = [line for line in log.lines if line.at > after]
        if not fresh:
            continue
        after = fresh[-1].at
        shown = [(line, logs.parse(line)) for line in fresh]
        kept = [
            logs.shown(line, parsed, one)
            for line, parsed in shown
            if logs.matches(parsed, one, variables.get("filter"))
        ]
        if kept:
            yield {"deploymentLogs": kept}
