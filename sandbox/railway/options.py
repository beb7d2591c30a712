"""How the stand-in is asked to be: its command line, and nothing heavy behind it."""

import argparse
import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NoReturn

from typing_extensions import override

from sandbox.railway.faults import FAULTS
from sandbox.railway.model.plan import PLANS

USAGE = 2
PORT_MAX = 65_535


@dataclass(frozen=True, slots=True)
class Options:
    """How the stand-in was asked to be."""

    port: int = 0
    state: Path | None = None
    plan: str = "hobby"
    faults: str = ""
    seed: int | None = None
    delay_scale: float | None = None
    budget: int | None = None
    own_mounts: bool = True


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    @override
    def error(self, message: str) -> NoReturn:
        """End with the line and the code of a usage error."""
        self.exit(USAGE, f"sandbox.railway: {message}; see python -m sandbox.railway --help\n")


def options_of(arguments: list[str]) -> Options | None:
    """Read the command line; None when only the faults were asked for, which are printed."""
    given = _parser().parse_args(arguments)
    if given.list_faults:
        sys.stdout.write(json.dumps([asdict(fault) for fault in FAULTS]) + "\n")
        return None
    _check(given)
    return Options(
        port=given.port,
        state=given.state,
        plan=given.plan,
        faults=given.faults,
        seed=given.seed,
        delay_scale=given.delay_scale,
        budget=given.budget,
        own_mounts=not given.no_mounts,
    )


def _parser() -> Parser:
    parser = Parser(
        prog="python -m sandbox.railway",
        description="Stand-in of Railway. Its first line on stdout is one JSON object: url, "
        "workspace_id, account_token, workspace_token, project_token, s3_url, control_url, "
        "control_token, state. It runs until SIGTERM.",
        epilog="Example: python -m sandbox.railway --plan pro --faults cloudflare:0.1 --seed 7. "
        "Exit codes: 0 ended by SIGTERM; 2 an option that cannot be; 4 port or directory.",
    )
    parser.add_argument("--port", type=int, default=0, help="port on loopback; 0 takes a free one")
    parser.add_argument("--state", type=Path, help="directory to keep and find everything in")
    parser.add_argument("--plan", choices=sorted(PLANS), default="hobby", help="default hobby")
    parser.add_argument("--faults", default="", help="NAME[:RATE],...; see --list-faults")
    parser.add_argument("--seed", type=int, help="repeat ids, tokens and faults of an earlier run")
    parser.add_argument(
        "--delay-scale", type=float, help="factor on Railway's own delays, 0 to 1; default 0.02"
    )
    parser.add_argument(
        "--budget",
        type=int,
        help="requests an hour instead of the plan's; a larger one allows more a second, too",
    )
    parser.add_argument(
        "--no-mounts", action="store_true", help="never mount: as on a system that forbids it"
    )
    parser.add_argument("--list-faults", action="store_true", help="print the faults and end")
    return parser


def _check(given: argparse.Namespace) -> None:
    parser = _parser()
    if not 0 <= given.port <= PORT_MAX:
        parser.error(f"--port must be in [0, {PORT_MAX}], was {given.port}")
    if given.delay_scale is not None and not 0 <= given.delay_scale <= 1:
        parser.error(f"--delay-scale must be in [0, 1], was {given.delay_scale}")
    if given.budget is not None and given.budget < 1:
        parser.error(f"--budget must be at least 1, was {given.budget}")
    if given.state is not None and given.state.exists() and not given.state.is_dir():
        parser.error(f"--state must be a directory, {given.state} is none")
