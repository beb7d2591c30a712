"""Entry of `python -m sandbox.railway`: a Railway of one's own until it is told to end."""

import argparse
import asyncio
import json
import signal
import sys
from dataclasses import asdict
from pathlib import Path

from sandbox.railway.faults import FAULTS
from sandbox.railway.model.plan import PLANS
from sandbox.railway.stand_in import Options, StandIn, directory_of

USAGE = 2
UNAVAILABLE = 4


def options_of(arguments: list[str]) -> Options | None:
    """Read the command line; None when only the faults were asked for, which are printed."""
    parser = argparse.ArgumentParser(
        prog="python -m sandbox.railway",
        description="Stand-in of Railway. Its first line on stdout is one JSON object: url, "
        "tokens, workspace_id, s3_url, control_url and control_token.",
        epilog="example: python -m sandbox.railway --port 0 --plan pro --faults cloudflare:0.1",
    )
    parser.add_argument("--port", type=int, default=0, help="port on loopback; 0 takes a free one")
    parser.add_argument("--state", type=Path, help="directory to keep and find everything in")
    parser.add_argument("--plan", choices=sorted(PLANS), default="hobby", help="default hobby")
    parser.add_argument("--faults", default="", help="NAME[:RATE],…; see --list-faults")
    parser.add_argument("--seed", type=int, help="repeat ids, tokens and faults of an earlier run")
    parser.add_argument("--delay-scale", type=float, help="factor on Railway's delays, 0 to 1")
    parser.add_argument("--budget", type=int, help="requests an hour instead of the plan's")
    parser.add_argument(
        "--no-mounts", action="store_true", help="never mount: as on a system that forbids it"
    )
    parser.add_argument("--list-faults", action="store_true", help="print the faults and end")
    given = parser.parse_args(arguments)
    if given.list_faults:
        sys.stdout.write(json.dumps([asdict(fault) for fault in FAULTS]) + "\n")
        return None
    _check(parser, given)
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


def _check(parser: argparse.ArgumentParser, given: argparse.Namespace) -> None:
    if not 0 <= given.port < 65536:  # noqa: PLR2004 - what a port can be
        parser.error(f"--port must be in [0, 65535], was {given.port}")
    if given.delay_scale is not None and not 0 <= given.delay_scale <= 1:
        parser.error(f"--delay-scale must be in [0, 1], was {given.delay_scale}")
    if given.budget is not None and given.budget < 1:
        parser.error(f"--budget must be at least 1, was {given.budget}")
    if given.state is not None and given.state.exists() and not given.state.is_dir():
        parser.error(f"--state must be a directory, {given.state} is none")


async def serve(options: Options, directory: Path) -> None:
    """Run until SIGTERM or SIGINT."""
    stand_in = StandIn(options, directory)
    over = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, over.set)
    hello = await stand_in.start()
    sys.stdout.write(json.dumps(hello) + "\n")
    sys.stdout.flush()
    try:
        await over.wait()
    finally:
        await stand_in.end()


def main() -> int:
    """Serve; return the exit code."""
    options = options_of(sys.argv[1:])
    if options is None:
        return 0
    try:
        with directory_of(options) as directory:
            asyncio.run(serve(options, directory))
    except ValueError as error:
        sys.stderr.write(f"sandbox.railway: {error}\n")
        return USAGE
    except OSError as error:
        sys.stderr.write(f"sandbox.railway: {error}\n")
        return UNAVAILABLE
    return 0


if __name__ == "__main__":
    sys.exit(main())
