"""Answers and the ways in which one can go wrong on its way to the client."""

import asyncio
import contextlib
from collections.abc import Mapping

import msgspec
from aiohttp import web

HELD_S_MOST = 120.0
_POLL_S = 0.05
HTML = "<html><head><title>502 Bad Gateway</title></head><body>cloudflare</body></html>"


def answer(
    body: object, status: int = 200, headers: Mapping[str, str] | None = None
) -> web.Response:
    """Return JSON, compact."""
    return web.Response(
        body=msgspec.json.encode(body),
        status=status,
        headers=headers,
        content_type="application/json",
    )


def refusal(said: str, status: int = 400) -> web.Response:
    """Return the venue's usual error object."""
    return answer({"error": said}, status)


def page(status: int = 502) -> web.Response:
    """Return what a proxy in front of the venue answers."""
    return web.Response(text=HTML, status=status, content_type="text/html")


async def hold(request: web.Request) -> web.Response:
    """Keep a request unanswered until its client has gone; who waits two minutes gets a 504."""
    loop = asyncio.get_running_loop()
    until = loop.time() + HELD_S_MOST
    while loop.time() < until:
        transport = request.transport
        if transport is None or transport.is_closing():
            break
        await asyncio.sleep(_POLL_S)
    return page(504)


def reset(request: web.Request) -> None:
    """Drop the connection."""
    if request.transport is not None:
        request.transport.abort()


async def cut(request: web.Request, whole: web.Response) -> web.StreamResponse:
    """Send the head and half of a body, then drop the connection."""
    body = whole.body if isinstance(whole.body, bytes) else b"{}"
    stream = web.StreamResponse(status=whole.status, headers={"Content-Length": str(len(body))})
    stream.content_type = "application/json"
    await stream.prepare(request)
    await stream.write(body[: len(body) // 2])
    reset(request)
    return stream


async def trickle(request: web.Request, whole: web.Response) -> web.StreamResponse:
    """Send a body in ten pieces over two seconds: longer than a careful client waits."""
    body = whole.body if isinstance(whole.body, bytes) else b""
    stream = web.StreamResponse(status=whole.status, headers={"Content-Length": str(len(body))})
    stream.content_type = whole.content_type
    await stream.prepare(request)
    step = max(1, -(-len(body) // 10))
    with contextlib.suppress(ConnectionError):
        for start in range(0, len(body), step):
            await stream.write(body[start : start + step])
            await asyncio.sleep(0.2)
        await stream.write_eof()
    return stream
