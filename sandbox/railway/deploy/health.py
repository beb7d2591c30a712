"""The health check at deploy time, and only then: until the first 200.

Source: docs.railway.com/deployments/healthchecks, read 2026-11-22.
"""

import asyncio
import socket

HOST = "healthcheck.railway.app"
ANSWER_S = 5.0


async def answers(port: int, path: str) -> int | None:
    """Ask once; return the HTTP status, or None when nobody answered."""
    try:
        return await asyncio.wait_for(_ask(port, path), ANSWER_S)
    except (OSError, TimeoutError, ValueError, asyncio.IncompleteReadError):
        return None


async def _ask(port: int, path: str) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        request = f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n"
        writer.write(request.encode())
        await writer.drain()
        line = await reader.readline()
        return int(line.split()[1]) if len(line.split()) > 1 else 0
    finally:
        writer.close()


def free_port() -> int:
    """Return a port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
