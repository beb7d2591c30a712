"""A stand-in of Railway as a process, and its control port: for the provider's contract tests."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

# One client for all: making one costs more than most of what is asked here.
WIRE = httpx.Client(verify=False)  # noqa: S501 - loopback without TLS
ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True, slots=True)
class StandIn:
    """A running stand-in."""

    url: str
    account_token: str
    workspace_token: str
    project_token: str
    workspace_id: str
    control_url: str
    control_token: str

    def control(self, method: str, way: str, /, **given: object) -> dict[str, Any]:
        """Ask the control port."""
        reply = WIRE.request(
            method,
            f"{self.control_url}/{way}",
            headers={"authorization": f"Bearer {self.control_token}"},
            **({"params": given} if method == "GET" else {"json": given}),  # type: ignore[arg-type]
            timeout=10,
        )
        assert reply.status_code == 200, reply.text
        found: dict[str, Any] = reply.json()
        return found

    def arm(
        self, fault: str, operation: str | None = None, *, times: int = 1, skip: int = 0
    ) -> None:
        """Let a fault strike at the next calls of an operation."""
        self.control("POST", "faults", name=fault, operation=operation, times=times, skip=skip)

    def calm(self) -> None:
        """Let nothing go wrong any more, and let the limit of requests a second recover."""
        self.control("DELETE", "faults")
        self.control("POST", "clock", advance_s=10)

    def struck(self) -> dict[str, int]:
        """Return how often each fault has struck."""
        found: dict[str, int] = self.control("GET", "faults")["struck"]
        return found

    def truth(self) -> dict[str, Any]:
        """Return what really is."""
        return self.control("GET", "truth")

    def calls(self, after: int = 0) -> list[dict[str, Any]]:
        """Return the calls after that one."""
        found: list[dict[str, Any]] = self.control("GET", "journal", after=after)["calls"]
        return found

    def ask(self, query: str, variables: dict[str, object], token: str = "") -> dict[str, Any]:
        """Do as a person at the dashboard does."""
        reply = WIRE.post(
            self.url,
            json={"query": query, "variables": variables},
            headers={"authorization": f"Bearer {token or self.account_token}"},
            timeout=10,
        )
        document = reply.json()
        assert not document.get("errors"), document
        found: dict[str, Any] = document["data"]
        return found


def started(directory: Path, *options: str) -> tuple[subprocess.Popen[str], StandIn]:
    """Start a stand-in and read its first line."""
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "sandbox.railway",
            "--port",
            "0",
            "--state",
            str(directory),
            *options,
        ],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert process.stdout is not None
    line = json.loads(process.stdout.readline())
    names = StandIn.__dataclass_fields__
    return process, StandIn(**{name: line[name] for name in names})


def stopped(process: subprocess.Popen[str]) -> None:
    """End a stand-in with everything it runs."""
    process.terminate()
    process.wait(timeout=20)
    if process.stdout is not None:
        process.stdout.close()
