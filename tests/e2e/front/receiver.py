"""A person's end: takes alerts and pings over HTTP, or refuses them for as long as it is told."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from typing_extensions import override


class Receiver:
    """Listens at loopback; keeps what it took."""

    def __init__(self) -> None:
        self.refusing = False
        self.refused = 0
        self.alerts: list[dict[str, Any]] = []
        self.pings = 0
        whole = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                whole.pings += 1
                self._say(200)

            def do_POST(self) -> None:
                said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if whole.refusing:
                    whole.refused += 1
                    self._say(503)
                else:
                    whole.alerts.append(said)
                    self._say(200)

            def _say(self, status: int) -> None:
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            @override
            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def told(self, words: str) -> int:
        """Return how many messages hold these words."""
        return sum(words in one["title"] + one["message"] for one in self.alerts)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
