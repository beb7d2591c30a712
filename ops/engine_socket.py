"""Asks the running engine of a data directory through its own socket; needs no token.

The owner's file permission is what protects it. Imports nothing of the engine.
"""

import contextlib
import http.client
import json
import os
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from typing_extensions import override

from bot.domain.refusal import ExitCode, Refused

NAME: Final = "engine.sock"
ANSWER_S: Final = 35.0


class _Connection(http.client.HTTPConnection):
    """HTTP over a socket in a folder, however long the folder's name is."""

    def __init__(self, folder: Path) -> None:
        super().__init__("localhost", timeout=ANSWER_S)
        self._folder = folder

    @override
    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        handle = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            # A socket's path has a hundred bytes, folders have more.
            self.sock.connect(f"/proc/self/fd/{handle}/{NAME}")
        finally:
            os.close(handle)


def ask(folder: Path, what: str, asked: Mapping[str, object]) -> dict[str, object]:
    """Ask POST /control/<what> and return the answer's object.

    Raises:
        Refused: no engine answers there (OUTSIDE), or it refused, in its own words.

    """
    connection = _Connection(folder)
    try:
        connection.request("POST", f"/control/{what}", json.dumps(asked).encode())
        answer = connection.getresponse()
        status, row = answer.status, json.loads(answer.read())
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise Refused(
            f"data directory {folder}: no engine answers there ({type(error).__name__});"
            " it has to run, in paper or live",
            ExitCode.OUTSIDE,
        ) from error
    finally:
        with contextlib.suppress(OSError):
            connection.close()
    if not isinstance(row, dict) or not row.get("ok"):
        line = str(row.get("error", row)) if isinstance(row, dict) else str(row)
        refused = status < http.client.BAD_GATEWAY
        raise Refused(line, ExitCode.REFUSED if refused else ExitCode.OUTSIDE)
    return row
