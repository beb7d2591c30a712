"""HTTP for health, readiness, metrics and control, in threads of its own.

Bounded in everything: connections, sizes, times. What a request does is done in its thread; of the
engine it only reads what is there, or hands work to its loop.
"""

import contextlib
import json
import os
import socket
import socketserver
import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Final

from typing_extensions import override

from bot.domain.refusal import ExitCode, Refused
from bot.services.health.control import Control, Reply, refusal

AT_ONCE_MAX: Final = 8
TIMEOUT_S: Final = 5.0
BODY_MAX: Final = 65_536
SOCKET: Final = "engine.sock"
"""In the data directory, for its owner only: the same requests, without a token."""

Page = Callable[[], tuple[HTTPStatus, str, bytes]]
"""Returns status, content type and body."""


class Handler(BaseHTTPRequestHandler):
    """One request a connection."""

    protocol_version = "HTTP/1.0"
    server_version = "poly"
    sys_version = ""
    timeout = TIMEOUT_S
    server: "Listener"

    def do_GET(self) -> None:
        """Answer a page."""
        page = self.server.pages.get(self.path.partition("?")[0])
        if page is None:
            known = ", ".join(self.server.pages)
            self._reply(refusal(HTTPStatus.NOT_FOUND, f"there is {known}"))
        else:
            self._send(*page())

    do_HEAD = do_GET  # noqa: N815 - the name http.server calls

    def do_POST(self) -> None:
        """Carry out what is asked, for whoever may ask."""
        place, _, name = self.path.removeprefix("/").partition("/")
        if place != "control" or not name:
            self._reply(refusal(HTTPStatus.NOT_FOUND, "POST is for /control/kill and the like"))
            return
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > BODY_MAX:
            self._reply(refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too large"))
            return
        body = self.rfile.read(int(length))
        control, header = self.server.control, self.headers.get("Authorization", "")
        if not self.server.owner and not control.allows(header):
            line = "the token is wrong, or POLY_CONTROL_TOKEN is not set here"
            self._reply(refusal(HTTPStatus.FORBIDDEN, line))
            return
        asked = _object(body)
        if asked is None:
            self._reply(refusal(HTTPStatus.BAD_REQUEST, "the body must be a JSON object"))
            return
        who = "owner's socket" if self.server.owner else f"control {self.client_address[0]}"
        self._reply(control.do(name, asked, str(asked.get("who") or who)[:120]))

    def _reply(self, reply: Reply) -> None:
        body = json.dumps(reply.row, separators=(",", ":"), default=str).encode() + b"\n"
        self._send(reply.status, "application/json", body)

    def _send(self, status: HTTPStatus, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: a check every second is no event."""


class Listener(socketserver.ThreadingMixIn, socketserver.TCPServer):
    """One address that is listened at."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 16

    def __init__(
        self, where: object, family: int, pages: dict[str, Page], control: Control, *, owner: bool
    ) -> None:
        """Bind and listen.

        Raises:
            OSError: it cannot.

        """
        self.address_family = family
        self.pages = pages
        self.control = control
        self.owner = owner
        self._room = threading.BoundedSemaphore(AT_ONCE_MAX)
        super().__init__(where, Handler, bind_and_activate=False)  # type: ignore[arg-type]
        try:
            self.server_bind()
            if owner:
                Path(str(where)).chmod(0o600)  # before anybody can be heard there
            self.server_activate()
        except BaseException:
            self.server_close()
            raise

    @override
    def server_bind(self) -> None:
        if self.address_family == socket.AF_INET6:  # `::` is every interface, IPv4's too
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        super().server_bind()

    @override
    def process_request(self, request: object, client_address: object) -> None:
        if self._room.acquire(blocking=False):
            super().process_request(request, client_address)  # type: ignore[arg-type]
        else:
            self.shutdown_request(request)  # type: ignore[arg-type]

    @override
    def process_request_thread(self, request: object, client_address: object) -> None:
        try:
            super().process_request_thread(request, client_address)  # type: ignore[arg-type]
        finally:
            self._room.release()

    @override
    def handle_error(self, request: object, client_address: object) -> None:
        """Drop who hung up or spoke nonsense."""

    def begin(self, name: str) -> None:
        """Serve in a thread."""
        threading.Thread(
            target=self.serve_forever, kwargs={"poll_interval": 0.2}, name=name, daemon=True
        ).start()


class Server:
    """Every address of one engine."""

    def __init__(self, pages: dict[str, Page], control: Control) -> None:
        """Listen nowhere yet."""
        self._pages = pages
        self._control = control
        self._listeners: list[Listener] = []
        self._socket: Path | None = None

    def listen(self, host: str, port: int) -> int:
        """Listen at an address; return the port.

        Raises:
            Refused: it cannot be listened at; UNAVAILABLE.

        """
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            made = Listener((host, port), family, self._pages, self._control, owner=False)
        except OSError as error:
            raise Refused(
                f"POLY_HEALTH_PORT: {host} port {port} cannot be listened at: {error.strerror};"
                " choose another port, or off",
                ExitCode.UNAVAILABLE,
            ) from error
        self._begin(made, "health")
        return int(made.server_address[1])

    def listen_for_owner(self, folder: Path) -> None:
        """Listen at the socket in the data directory, once it is held.

        Raises:
            Refused: it cannot be made; UNAVAILABLE.

        """
        self._socket = folder / SOCKET
        with contextlib.suppress(FileNotFoundError):
            self._socket.unlink()
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            # A socket's path has a hundred bytes, folders have more.
            where = f"/proc/self/fd/{handle}/{SOCKET}"
            made = Listener(where, socket.AF_UNIX, self._pages, self._control, owner=True)
        except OSError as error:
            raise Refused(
                f"data directory {folder}: {SOCKET} cannot be made: {error.strerror}",
                ExitCode.UNAVAILABLE,
            ) from error
        finally:
            os.close(handle)
        self._begin(made, "control")

    def _begin(self, made: Listener, name: str) -> None:
        self._listeners.append(made)
        made.begin(name)

    def close(self) -> None:
        """Listen no more."""
        for made in self._listeners:
            made.shutdown()
            made.server_close()
        self._listeners = []
        if self._socket is not None:
            self._socket.unlink(missing_ok=True)


def _object(body: bytes) -> dict[str, object] | None:
    try:
        found = json.loads(body or b"{}")
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
