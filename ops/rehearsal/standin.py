"""Starts the stand-in of Railway as a process and reads where it is and how it is entered."""

import json
import select
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from bot.domain.refusal import ExitCode, Refused
from infra.railway.client import Railway
from infra.railway.token import Token, TokenKind
from ops.estate.connect import URL_VARIABLE

READY_S_MAX = 30.0
CONTROL_S_MAX = 30.0

Starter = Callable[..., "subprocess.Popen[bytes]"]


@dataclass(frozen=True, slots=True)
class StandIn:
    """One running stand-in, as its first line tells it."""

    process: "subprocess.Popen[bytes]"
    said: Mapping[str, str]
    _clients: list[Railway] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where its GraphQL answers."""
        return self.said["url"]

    def environment(self, token: str = "workspace_token") -> dict[str, str]:  # noqa: S107
        """Return what makes our tools speak to it instead of to Railway."""
        return {URL_VARIABLE: self.url, "RAILWAY_API_TOKEN": self.said[token]}

    def client(self) -> Railway:
        """Return a client with the account's rights: what a person in the dashboard can do."""
        self._clients.append(Railway(Token(TokenKind.BEARER, self.said["account_token"]), self.url))
        return self._clients[-1]

    def close(self) -> None:
        """Close the clients it gave out; the process is its starter's to end."""
        for client in self._clients:
            client.close()

    def control(self, path: str, document: Mapping[str, object] | None = None) -> object:
        """Ask the stand-in itself for something Railway has no call for.

        Raises:
            Refused: it would not.

        """
        answer = httpx.request(
            "GET" if document is None else "POST",
            f"{self.said['control_url'].rstrip('/')}/{path}",
            json=document,
            headers={"Authorization": f"Bearer {self.said['control_token']}"},
            timeout=CONTROL_S_MAX,
        )
        if answer.is_error:
            raise Refused(f"stand-in {path}: HTTP {answer.status_code} {answer.text[:200]}")
        found: object = answer.json()
        return found


def start(
    state: Path,
    starter: Starter,
    *,
    environment: Mapping[str, str] | None = None,
    options: Sequence[str] = (),
) -> StandIn:
    """Start a stand-in that keeps its world in `state`; the caller ends its process.

    Raises:
        Refused: it did not tell where it is.

    """
    state.mkdir(parents=True, exist_ok=True)
    with (state / "stderr.log").open("ab") as errors:
        process = starter(
            [
                sys.executable,
                "-m",
                "sandbox.railway",
                "--port",
                "0",
                "--state",
                str(state),
                *options,
            ],
            environment=environment,
            output=subprocess.PIPE,
            errors=errors,
        )
    line = first_line(process)
    try:
        said = json.loads(line)
    except ValueError:
        tail = (state / "stderr.log").read_text(errors="replace").strip().splitlines()
        why = tail[-1] if tail else "it said nothing"
        raise Refused(f"the stand-in of Railway did not start: {why}", ExitCode.OUTSIDE) from None
    return StandIn(process, {key: str(value) for key, value in said.items()})


def first_line(process: "subprocess.Popen[bytes]") -> str:
    """Return the first line of a process's output, "" where it ends or stays silent."""
    if process.stdout is None:
        return ""
    deadline = time.monotonic() + READY_S_MAX
    text = b""
    while not text.endswith(b"\n") and time.monotonic() < deadline:
        ready, _, _ = select.select([process.stdout], [], [], deadline - time.monotonic())
        piece = process.stdout.read1(65_536) if ready else b""  # type: ignore[attr-defined]
        if not piece:
            break
        text += piece
    return text.decode("utf-8", "replace")
