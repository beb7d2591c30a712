"""HTTP/1.1 on asyncio, as much as an API of small JSON bodies needs: keep-alive, drops, upgrades.

A server of our own because two things are asked of it that frameworks prevent: to close the
connection without an answer after the work was done, and to hand a socket over to a WebSocket on
the same port.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote, urlsplit

HEAD_MAX = 65_536
BODY_MAX = 8_000_000
IDLE_S = 75.0
PHRASES = {200: "OK", 204: "No Content", 400: "Bad Request", 401: "Unauthorized"} | {
    404: "Not Found",
    405: "Method Not Allowed",
    413: "Content Too Large",
    429: "Too Many Requests",
    502: "Bad Gateway",
}


@dataclass(frozen=True, slots=True)
class Request:
    """One request, read whole."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes
    head: bytes
    """The request line and headers as they came, for an upgrade."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer; `drop` closes the connection without it."""

    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    drop: bool = False


Handle = Callable[[Request], Awaitable[Answer]]
Upgrade = Callable[[Request, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Unreadable(Exception):  # noqa: N818 - the caller's fault, told in one line
    """The request cannot be read."""


class Server:
    """Answers requests by one handler, upgrades by another."""

    def __init__(self, handle: Handle, upgrade: Upgrade) -> None:
        """Listen to nothing yet."""
        self._handle = handle
        self._upgrade = upgrade
        self._open: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    async def listen(self, port: int) -> int:
        """Listen on loopback; return the port.

        Raises:
            OSError: the port is taken.

        """
        self._server = await asyncio.start_server(
            self._connection, "127.0.0.1", port, limit=HEAD_MAX
        )
        number: int = self._server.sockets[0].getsockname()[1]
        return number

    async def close(self) -> None:
        """Stop listening and close what is open."""
        if self._server is not None:
            self._server.close()
        for writer in tuple(self._open):
            writer.close()

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            while await self._one(reader, writer):
                pass
        except (ConnectionError, TimeoutError, asyncio.IncompleteReadError):
            pass  # the other side went away, or was silent too long
        finally:
            self._open.discard(writer)
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        try:
            request = await asyncio.wait_for(read(reader), IDLE_S)
        except Unreadable as error:
            writer.write(encode(Answer(f"{error}\n".encode(), 400), keep=False))
            await writer.drain()
            return False
        if request.headers.get("upgrade", "").lower() == "websocket":
            await self._upgrade(request, reader, writer)
            return False
        answer = await self._handle(request)
        if answer.drop:
            return False
        keep = request.headers.get("connection", "").lower() != "close"
        writer.write(encode(answer, keep=keep))
        await writer.drain()
        return keep


async def read(reader: asyncio.StreamReader) -> Request:
    """Read one request.

    Raises:
        Unreadable: it is not HTTP, or too large.
        asyncio.IncompleteReadError: the connection ended.

    """
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError:
        raise Unreadable(f"request head is longer than {HEAD_MAX} bytes") from None
    line, *rows = head.decode("latin-1").split("\r\n")
    words = line.split(" ")
    if len(words) != 3:  # noqa: PLR2004 - method, target, version
        raise Unreadable("request line must be METHOD TARGET VERSION")
    headers = {}
    for row in filter(None, rows):
        name, _, value = row.partition(":")
        headers[name.strip().lower()] = value.strip()
    length = headers.get("content-length", "0")
    if not length.isdigit() or int(length) > BODY_MAX:
        raise Unreadable(f"content-length must be a number up to {BODY_MAX}, was {length!r}")
    body = await reader.readexactly(int(length))
    target = urlsplit(words[1])
    return Request(words[0], unquote(target.path), parse_qs(target.query), headers, body, head)


def encode(answer: Answer, *, keep: bool) -> bytes:
    """Return an answer as bytes."""
    headers = {
        "content-type": "application/json; charset=utf-8",
        **answer.headers,
        "content-length": str(len(answer.body)),
        "connection": "keep-alive" if keep else "close",
    }
    rows = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    phrase = PHRASES.get(answer.status, "Status")
    return f"HTTP/1.1 {answer.status} {phrase}\r\n{rows}\r\n".encode() + answer.body
