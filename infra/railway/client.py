"""The client: one document in, one typed reply out.

Queries are retried within bounds. A mutation that may have been read never is: the caller has to
look first what a lost answer did. Sync on purpose: the provider serves threads, commands are short.
No token is printed.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Generic, TypeVar

import httpx
import msgspec

from infra.railway import narrowing
from infra.railway.answers import Json, judge
from infra.railway.errors import (
    LostAnswer,
    NotAuthorized,
    RailwayError,
    RateLimited,
    Unreachable,
    Unreadable,
)
from infra.railway.pace import Budget, Pace, Tempo
from infra.railway.token import Token

VENDOR_URL = "https://backboard.railway.com/graphql/v2"
# Cloudflare limits the bare address to about 10 requests a second and address; one with a query
# string is not in that rule. Source: terraform-provider-railway PR #55 (railway facts 1.1).
SOURCE = {"source": "poly-iac"}
PAGE = 100
PAGES_MAX = 50
TURNED_AWAY_MAX = 2
# Refused before anything was sent, as opposed to lost on the way back.
NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)

Reply = TypeVar("Reply")
Node = TypeVar("Node")


class Page(msgspec.Struct, frozen=True, rename="camel"):
    """Where a page of a connection ends."""

    has_next_page: bool
    end_cursor: str | None = None


class Edge(msgspec.Struct, Generic[Node], frozen=True):
    """One entry of a connection."""

    node: Node


class Connection(msgspec.Struct, Generic[Node], frozen=True, rename="camel"):
    """One page of a Relay connection."""

    edges: list[Edge[Node]]
    page_info: Page | None = None

    @property
    def nodes(self) -> tuple[Node, ...]:
        """The entries of this page."""
        return tuple(edge.node for edge in self.edges)


@cache
def document(name: str) -> str:
    """Return the text of one operation document.

    Raises:
        FileNotFoundError: there is none of that name.

    """
    return (files("infra.railway") / "operations" / f"{name}.graphql").read_text("utf-8")


@cache
def mutates(name: str) -> bool:
    """Say whether a document is a mutation."""
    return re.match(r"\s*(#.*\s*)*mutation\b", document(name)) is not None


class Railway:
    """Railway's API under one token. Safe to share between threads."""

    def __init__(
        self,
        token: Token,
        url: str = VENDOR_URL,
        *,
        pace: Pace | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.token = token
        self.url = url
        self.pace = pace or Pace()
        self.budget = Budget(self.pace.now)
        self._tempo = Tempo(self.pace.per_second, self.pace.burst, self.pace.now)
        self._http = httpx.Client(
            transport=transport,
            params=SOURCE,
            timeout=httpx.Timeout(self.pace.timeout_s, connect=self.pace.connect_s),
            headers={"User-Agent": "poly-iac"},
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def query(self, name: str, variables: Mapping[str, object], reply: type[Reply]) -> Reply:
        """Ask, again within bounds if the way was at fault.

        Raises:
            RailwayError: the last attempt's.

        """
        return self._told_why(name, variables, lambda: self._attempts(name, variables, reply))

    def mutate(self, name: str, variables: Mapping[str, object], reply: type[Reply]) -> Reply:
        """Change something, once.

        Sent again only where the limiter turned it away unread (429) and said when to come back.
        A null among the variables means "clear"; what shall be kept must be left out.

        Raises:
            LostAnswer: it may have been done; look before doing anything else.
            RailwayError: it was not done.

        """
        return self._told_why(name, variables, lambda: self._turn(name, variables, reply))

    def pages(
        self,
        name: str,
        variables: Mapping[str, object],
        reply: type[Reply],
        connection: Callable[[Reply], Connection[Node]],
    ) -> Iterator[Node]:
        """Yield every entry of a connection, page by page.

        Raises:
            Unreadable: the pages do not end.
            RailwayError: as `query`.

        """
        after: str | None = None
        for _ in range(PAGES_MAX):
            asked = {**variables, "first": PAGE, **({} if after is None else {"after": after})}
            page = connection(self.query(name, asked, reply))
            yield from page.nodes
            if page.page_info is None or not page.page_info.has_next_page:
                return
            if page.page_info.end_cursor in (None, after):
                break
            after = page.page_info.end_cursor
        raise Unreadable(f"{name}: the pages do not end (stopped after {PAGES_MAX})")

    def ask_once(
        self, name: str, variables: Mapping[str, object], token: Token | None = None
    ) -> Json:
        """Ask once, without retries and explanations: for finding out why something was refused.

        Raises:
            RailwayError: as judged.

        """
        return self._post(name, variables, token or self.token)

    def _turn(self, name: str, variables: Mapping[str, object], reply: type[Reply]) -> Reply:
        for _ in range(TURNED_AWAY_MAX):
            try:
                return self._send(name, variables, reply, self.token)
            except RateLimited as error:
                asked_s = error.retry_after_s
                if asked_s is None or asked_s > self.pace.retry_s_max:
                    raise
                self.pace.pause(asked_s)
        return self._send(name, variables, reply, self.token)

    def _attempts(self, name: str, variables: Mapping[str, object], reply: type[Reply]) -> Reply:
        for attempt in range(1, self.pace.read_attempts):
            try:
                return self._send(name, variables, reply, self.token)
            except RateLimited as error:
                asked_s = error.retry_after_s
                if asked_s is not None and asked_s > self.pace.retry_s_max:
                    raise
            except (LostAnswer, Unreachable, Unreadable):
                asked_s = None
            self.pace.pause(self.pace.backoff(attempt, asked_s))
        return self._send(name, variables, reply, self.token)

    def _told_why(
        self, name: str, variables: Mapping[str, object], call: Callable[[], Reply]
    ) -> Reply:
        try:
            return call()
        except NotAuthorized as error:
            reason = narrowing.explain(self, name, variables)
            raise NotAuthorized(f"{error.line}; {reason}", trace_id=error.trace_id) from error

    def _send(
        self, name: str, variables: Mapping[str, object], reply: type[Reply], token: Token
    ) -> Reply:
        found = self._post(name, variables, token)
        try:
            return msgspec.convert(found, type=reply, strict=False)
        except msgspec.ValidationError as error:
            if mutates(name):
                raise LostAnswer(f"{name}: {error}; it may have been carried out") from error
            raise Unreadable(f"{name}: the answer does not fit the schema: {error}") from error

    def _post(self, name: str, variables: Mapping[str, object], token: Token) -> Json:
        body = {"query": document(name), "operationName": name, "variables": dict(variables)}
        wait_s = self._tempo.wait_s()
        if wait_s > 0:
            self.pace.pause(wait_s)
        self.budget.count()
        try:
            response = self._http.post(self.url, json=body, headers=token.header)
        except NOT_SENT as error:
            raise Unreachable(f"{name}: cannot reach {self.url}: {_why(error)}") from error
        except httpx.InvalidURL as error:
            raise Unreachable(f"{name}: {self.url!r} is not an address: {error}") from error
        except httpx.HTTPError as error:
            raise self._lost(name, error) from error
        self.budget.learn(response.headers)
        return judge(name, response, mutates=mutates(name))

    def _lost(self, name: str, error: httpx.HTTPError) -> RailwayError:
        if mutates(name):
            return LostAnswer(f"{name}: no answer ({_why(error)}); it may have been carried out")
        return Unreadable(f"{name}: no answer ({_why(error)})")


def _why(error: Exception) -> str:
    return str(error) or type(error).__name__
