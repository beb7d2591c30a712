"""Starts the stand-in of Polymarket as a process: where it is, who we are, what is true there.

It gives what an operator would set in the environment, and the stand-in's own truth to judge by.
"""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from bot.adapters.polymarket.variable import ENDPOINTS
from bot.domain.refusal import ExitCode, Refused
from ops.rehearsal.standin import CONTROL_S_MAX, Starter, first_line

GATE: Final = {"POLY_LIVE_WITHOUT_GATE": "I-accept-the-risk"}
"""There is no money in a stand-in."""
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Exchange:
    """One running stand-in, as its first line tells it."""

    process: "subprocess.Popen[bytes]"
    said: Row

    @property
    def account(self) -> Row:
        """Return keys and addresses of the account it gives us."""
        found: Row = self.said["account"]
        return found

    def another(self, label: str, cash_usd: str = "1000") -> Row:
        """Return another funded account, with keys of its own."""
        return self.control("accounts", {"label": label, "cash_usd": cash_usd})

    def variables(self, account: Row | None = None) -> dict[str, str]:
        """Return what makes the bot trade live on it, with the clock as it is now."""
        account = account or self.account
        return {
            **GATE,
            **{variable: self.said[f"{name}_url"] for name, variable in ENDPOINTS.items()},
            "POLY_MODE": "live",
            "POLYMARKET_PRIVATE_KEY": account["private_key"],
            "POLYMARKET_ADDRESS": account["address"],
            "POLYMARKET_WALLET": account["wallet"],
            "POLYMARKET_API_KEY": account["api_key"],
            "POLYMARKET_API_SECRET": account["api_secret"],
            "POLYMARKET_PASSPHRASE": account["api_passphrase"],
            "POLYMARKET_RELAYER_API_KEY": account["relayer_api_key"],
            "POLYMARKET_RELAYER_API_KEY_ADDRESS": account["relayer_api_key_address"],
            "POLY_MARKET_CLOCK": self.control("clock")["market_clock"],
        }

    def control(
        self, path: str, document: Mapping[str, object] | None = None, *, method: str = ""
    ) -> Row:
        """Ask the stand-in itself; POST with a document, else GET.

        Raises:
            Refused: it would not.

        """
        answer = httpx.request(
            method or ("GET" if document is None else "POST"),
            f"{self.said['control_url']}/{path}",
            json=document,
            headers={"Authorization": f"Bearer {self.said['control_token']}"},
            timeout=CONTROL_S_MAX,
            trust_env=False,
        )
        if answer.is_error:
            raise Refused(f"stand-in {path}: HTTP {answer.status_code} {answer.text[:200]}")
        found: Row = answer.json()
        return found

    def open_orders(self) -> list[str]:
        """Return what rests there in truth, whoever asks."""
        rows = self.control("truth")["orders"]
        return [str(row["id"]).lower() for row in rows if row["status"] == "LIVE"]


def start(folder: Path, starter: Starter, *, options: Sequence[str] = ()) -> Exchange:
    """Start one; the caller ends its process, and what it says on stderr stays in `folder`.

    Raises:
        Refused: it did not tell where it is.

    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "stderr.log").open("ab") as errors:
        process = starter(
            [sys.executable, "-m", "sandbox.polymarket", *options],
            output=subprocess.PIPE,
            errors=errors,
        )
    line = first_line(process)
    try:
        return Exchange(process, json.loads(line))
    except ValueError:
        tail = (folder / "stderr.log").read_text(errors="replace").strip().splitlines()
        why = tail[-1] if tail else "it said nothing"
        raise Refused(
            f"the stand-in of Polymarket did not start: {why}", ExitCode.OUTSIDE
        ) from None
