"""What a GraphQL request goes through: token, budget, faults, execution, saving, journal."""

import json
import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from graphql import GraphQLSchema

from sandbox.railway.deploy.rollout import Rollouts
from sandbox.railway.model.records import Json
from sandbox.railway.model.refusal import Refusal, not_authorized
from sandbox.railway.model.world import World
from sandbox.railway.wire import graphql
from sandbox.railway.wire.budget import Budget
from sandbox.railway.wire.call import Call
from sandbox.railway.wire.http import Answer, Request
from sandbox.railway.wire.journal import Journal, redacted
from sandbox.railway.wire.rights import Caller, caller_of

PATH = "/graphql/v2"
CLOUDFLARE = (
    b"<!DOCTYPE html><html><head><title>Access denied | backboard.railway.com used Cloudflare to "
    b"restrict access</title></head><body><h1>Error 1015</h1><p>You are being rate limited</p>"
    b"</body></html>"
)
GATEWAY = b"upstream connect error or disconnect/reset before headers. reset reason: overflow"
BARE_MAX = 10
UNKNOWN_STATUS = "HIBERNATING"
"""A status no published schema has."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that could be read."""

    query: str
    operation_name: str | None
    variables: Json
    bare: bool
    """The address had no query string."""


class Gate:
    """Answers requests at the GraphQL endpoint."""

    def __init__(
        self, world: World, rollouts: Rollouts, schema: GraphQLSchema, budget: Budget
    ) -> None:
        """Keep what every call needs."""
        self.world = world
        self.rollouts = rollouts
        self.schema = schema
        self.budget = budget
        self.journal = Journal()
        self._bare: deque[float] = deque(maxlen=BARE_MAX + 1)

    async def handle(self, request: Request) -> Answer:
        """Answer one request."""
        self.world.arms.seen = []
        if request.method != "POST":
            return _json({"errors": [{"message": "use POST"}]}, 405)
        caller = caller_of(self.world.estate, request.headers)
        asked = _asked(request)
        if asked is None:
            return _json({"errors": [{"message": "body must be JSON with a query"}]}, 400)
        try:
            operation = graphql.read(self.schema, asked.query, asked.operation_name)
        except graphql.Invalid as invalid:
            status = 400 if self.world.arms.strikes("documents-400") else 200
            self._note(caller, asked, None, [str(error["message"]) for error in invalid.errors])
            return self._told(caller, _json({"data": None, "errors": invalid.errors}, status))
        self.world.arms.call = operation.fields | {operation.name or ""}
        try:
            return await self._answer(caller, asked, operation)
        finally:
            self.world.arms.call = frozenset()

    async def _answer(self, caller: Caller, asked: Asked, operation: graphql.Operation) -> Answer:
        turned_away = self._turned_away(caller, asked)
        if turned_away is not None:
            self._note(caller, asked, operation, [f"HTTP {turned_away.status}"])
            return turned_away
        document = self._execute(caller, asked, operation)
        if operation.is_mutation:
            self.world.save()
        errors = [str(error["message"]) for error in document.get("errors") or []]
        slow = self.world.arms.strikes("slow-reply")
        answer = self._spoiled(caller, document)
        self._note(caller, asked, operation, errors)
        if slow:  # last: other calls are answered meanwhile
            await self.world.clock.sleep(self.world.delays.seconds("slow_reply"))
        return answer

    def _turned_away(self, caller: Caller, asked: Asked) -> Answer | None:
        """Refuse before anything is done: the proxy, the budget, a line that breaks."""
        strikes = self.world.arms.strikes
        if strikes("dropped-before"):
            return Answer(b"", drop=True)
        if strikes("cloudflare") or (asked.bare and self._crowded() and strikes("bare-url")):
            html = {"content-type": "text/html; charset=UTF-8", "Retry-After": "1"}
            return Answer(CLOUDFLARE, 429, html)
        if strikes("bad-gateway"):
            return Answer(GATEWAY, 502, {"content-type": "text/plain"})
        wait = 1.0 if strikes("rate-limited") else self.budget.take(caller.key, self.world.now())
        if wait is not None:
            document = {"errors": [{"message": "Rate limit exceeded, please try again later"}]}
            answer = _json(document, 429)
            answer.headers["Retry-After"] = str(math.ceil(wait))
            return self._told(caller, answer)
        return None

    def _execute(self, caller: Caller, asked: Asked, operation: graphql.Operation) -> Json:
        call = Call(self.world, caller, self.budget, self.rollouts)
        try:
            caller.may_ask(operation.fields)
            self._refused_by_fault(operation)
        except Refusal as refusal:
            return graphql.refused(refusal)
        return graphql.run(self.schema, operation, asked.variables, call)

    def _refused_by_fault(self, operation: graphql.Operation) -> None:
        strikes = self.world.arms.strikes
        if strikes("not-authorized"):
            raise not_authorized()
        if not operation.is_mutation and strikes("reads-not-authorized"):
            raise not_authorized()
        if strikes("problem-processing"):
            raise Refusal(graphql.FAILED)
        if operation.is_mutation and strikes("in-progress"):
            raise Refusal("An operation is already in progress")

    def _crowded(self) -> bool:
        """Count a request to the address without a query string: ten a second are let through."""
        now = self.world.now().timestamp()
        self._bare.append(now)
        return len(self._bare) == BARE_MAX + 1 and now - self._bare[0] < 1

    def _spoiled(self, caller: Caller, document: Json) -> Answer:
        """Return the answer, or what a fault makes of it after the work was done."""
        strikes = self.world.arms.strikes
        if strikes("dropped-after"):
            return Answer(b"", drop=True)
        if strikes("bad-gateway-after"):
            return Answer(GATEWAY, 502, {"content-type": "text/plain"})
        if strikes("unreadable"):
            return Answer(b"<html>\n", 200, {"content-type": "text/html"})
        if strikes("partial"):
            document = {
                **document,
                **graphql.refused(Refusal(graphql.FAILED)),
                "data": document["data"],
            }
        if self.world.arms.faults.rates.get("unknown-enum") or self.world.arms.faults.times.get(
            "unknown-enum"
        ):
            _replace_status(document, lambda: strikes("unknown-enum"))
        return self._told(caller, _json(document, 200))

    def _told(self, caller: Caller, answer: Answer) -> Answer:
        named = not self.world.arms.strikes("budget-unnamed")
        answer.headers.update(self.budget.headers(caller.key, self.world.now(), named=named))
        return answer

    def _note(
        self,
        caller: Caller,
        asked: Asked,
        operation: graphql.Operation | None,
        errors: list[str],
    ) -> None:
        entry: Json = {
            "token": str(caller.kind or "none"),
            "operation": operation.name if operation else asked.operation_name,
            "kind": operation.kind.value if operation else None,
            "fields": sorted(operation.fields) if operation else [],
            "variables": redacted(asked.variables),
            "errors": errors,
            "faults": list(self.world.arms.seen),
        }
        self.journal.note(self.world.now(), entry)


def _replace_status(value: object, strikes: Callable[[], bool]) -> bool:
    """Give the first status in an answer a value nobody knows."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "status" and isinstance(inner, str) and strikes():
                value[key] = UNKNOWN_STATUS
                return True
            if _replace_status(inner, strikes):
                return True
    elif isinstance(value, list):
        return any(_replace_status(inner, strikes) for inner in value)
    return False


def _asked(request: Request) -> Asked | None:
    try:
        document = json.loads(request.body)
    except ValueError:
        return None
    if not isinstance(document, dict) or not isinstance(document.get("query"), str):
        return None
    variables = document.get("variables") or {}
    name = document.get("operationName")
    if not isinstance(variables, dict) or not (name is None or isinstance(name, str)):
        return None
    return Asked(document["query"], name, variables, not request.query)


def _json(document: Json, status: int) -> Answer:
    return Answer(json.dumps(document, separators=(",", ":")).encode(), status)
