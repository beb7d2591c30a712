"""Start a stand-in: `python -m sandbox.polymarket`. Its first line on stdout is one JSON object.

Exit codes: 0 stopped by a signal; 1 a bug of the stand-in; 2 an option or recording that cannot be
used; 4 the port or the directory. Each refusal is one line on stderr.
"""

import argparse
import asyncio
import json
import signal
import sys
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, NoReturn

from typing_extensions import override

from sandbox.faults import Faults, parse
from sandbox.polymarket.faults import FAULTS

USAGE_EXIT = 2
PLACE_EXIT = 4
BROKEN_EXIT = 1
SECOND_MAX = 1 << 32


def main(arguments: list[str] | None = None) -> int:
    """Run until SIGTERM or SIGINT; return the exit code."""
    given = _parser().parse_args(arguments)
    if given.list_faults:
        rows = [{"name": f.name, "does": f.does, "source": f.source} for f in FAULTS]
        sys.stdout.write(json.dumps(rows) + "\n")
        return 0
    try:
        faults = parse(given.faults, FAULTS, given.seed)
        speed = _speed(given.speed)
        if not 0 <= given.port <= 65_535:  # noqa: PLR2004 - a TCP port
            raise ValueError(f"--port must be in [0, 65535], was {given.port}")  # noqa: TRY301
        given.begin = _begin(given.begin, given.recording)
        return asyncio.run(_serve(given, faults, speed))
    except ValueError as error:
        return _refused(error, USAGE_EXIT)
    except OSError as error:
        return _refused(error, PLACE_EXIT)


def _refused(error: Exception, code: int) -> int:
    sys.stderr.write(f"sandbox.polymarket: {error}\n")
    return code


class _Parser(argparse.ArgumentParser):
    """Refuses in one line, as everything else here does."""

    @override
    def error(self, message: str) -> NoReturn:
        self.exit(USAGE_EXIT, f"sandbox.polymarket: {message}; see --help\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m sandbox.polymarket",
        description="A stand-in of Polymarket on loopback: CLOB, sockets, Gamma, Data, relayer.",
        epilog="example: python -m sandbox.polymarket --speed 60 --faults trade-fails:0.1 --seed 7",
    )
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one (default)")
    parser.add_argument("--recording", type=Path, help="a file in the format of docs/recording.md")
    parser.add_argument("--speed", default="1", help="market time against the wall; 0 stands still")
    parser.add_argument("--begin", metavar="UNIX_S", help="where market time begins (default: now)")
    parser.add_argument("--faults", default="", metavar="NAME[:RATE],…")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--state", type=Path, metavar="DIR", help="keep state and journal here")
    parser.add_argument("--list-faults", action="store_true", help="print the faults as JSON")
    return parser


def _speed(text: str) -> Decimal:
    try:
        speed = Decimal(text)
    except InvalidOperation:
        speed = Decimal(-1)
    if not speed.is_finite() or not 0 <= speed <= 100_000:  # noqa: PLR2004 - the documented bound
        raise ValueError(f"--speed must be a number in [0, 100000], was {text!r}")
    return speed


def _begin(text: str | None, recording: Path | None) -> int | None:
    if text is None:
        return None
    if recording is not None:
        raise ValueError("--begin: a recording begins where its first frame does; leave one out")
    if not text.isdecimal() or not 0 < int(text) < SECOND_MAX:
        raise ValueError(f"--begin must be a second since 1970 before {SECOND_MAX}, was {text!r}")
    return int(text)


async def _serve(given: argparse.Namespace, faults: Faults, speed: Decimal) -> int:
    # What follows is heavy; `--help` and `--list-faults` must not wait for it.
    from sandbox.polymarket.keeping import Keeper, restore  # noqa: PLC0415
    from sandbox.polymarket.server import Server  # noqa: PLC0415
    from sandbox.polymarket.world import Options, Place, build, flow_of  # noqa: PLC0415

    options = Options(given.recording, speed, given.seed, given.state, given.begin)
    keeper = Keeper(given.state) if given.state is not None else None
    kept = keeper.load(flow_of(options)) if keeper is not None else None
    place = Place(kept.origin_us, kept.now_us) if kept is not None else None
    world = build(options, faults, place)
    if kept is not None:
        restore(world, kept)
    server = Server(world, keeper)
    await server.start(given.port)
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    sys.stdout.write(json.dumps(server.first_line()) + "\n")
    sys.stdout.flush()
    code = await _until(stopped, server.turning)
    await server.stop()
    return code


async def _until(stopped: asyncio.Event, turning: asyncio.Task[None] | None) -> int:
    """Wait for a signal; market time that has died of a bug ends the process too."""
    waiting = asyncio.create_task(stopped.wait())
    tasks: set[asyncio.Task[Any]] = {waiting} if turning is None else {waiting, turning}
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    if waiting.done() or turning is None:
        return 0
    waiting.cancel()
    sys.stderr.write(f"sandbox.polymarket: market time stopped: {turning.exception()!r}\n")
    return BROKEN_EXIT


if __name__ == "__main__":
    sys.exit(main())
