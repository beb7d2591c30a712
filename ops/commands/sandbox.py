"""`poly sandbox`: start a stand-in of a vendor, or list what each can be made to do wrong.

The stand-ins are processes of their own: nothing of them is imported here. Options go through to
them unread, so that their own `--help` is the only one there is.
"""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import click

from bot.domain.refusal import ExitCode, Refused
from ops import report

VENDORS = ("railway", "polymarket")
LISTED_S_MAX = 30
EXAMPLE = """\b
Examples:
  poly sandbox railway --plan pro --state build/railway
  poly sandbox polymarket --speed 60
  poly sandbox polymarket --speed 30 > exchange.json &
  poly sandbox variables exchange.json > live.env
  poly sandbox faults --json

\b
Exit codes: 0 ended by SIGTERM, or listed; 2 an option or a file that cannot be; 4 port or
directory; 5 the stand-in does not answer.
"""
THROUGH = {"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []}


@click.group(epilog=EXAMPLE)
def command() -> None:
    """Start a stand-in of Railway or Polymarket, or list their faults."""


@command.command(context_settings=THROUGH, add_help_option=False)
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
def railway(options: tuple[str, ...]) -> None:
    """Start a Railway whose deployments are real processes (see `--help`)."""
    become("railway", options)


@command.command(context_settings=THROUGH, add_help_option=False)
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
def polymarket(options: tuple[str, ...]) -> None:
    """Start a Polymarket with a real matching book (see `--help`)."""
    become("polymarket", options)


@command.command(epilog=EXAMPLE)
@report.as_json
def faults(*, as_json: bool) -> None:
    """List what the stand-ins can be made to do wrong: name, what it does, where it was seen."""
    known = {vendor: listed(vendor) for vendor in VENDORS}
    if as_json:
        report.emit({"ok": True, **known})
        return
    for vendor, rows in known.items():
        report.say(vendor)
        cells = [[row["name"], row["does"], row["source"]] for row in rows]
        report.say(report.table(("fault", "what it does", "seen in"), cells))
        report.say()


@command.command(epilog=EXAMPLE)
@click.argument("first_line", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def variables(first_line: Path) -> None:
    """Print what makes the bot trade live at a running stand-in of Polymarket, as NAME=value.

    FIRST_LINE is a file with what the stand-in printed. What is shown is worthless elsewhere.
    """
    import httpx

    from ops.demo.exchange import hosted
    from ops.demo.exchange.control import Exchange

    try:
        exchange = Exchange.read(first_line.read_bytes().partition(b"\n")[0])
        asked = {**hosted.LIVE, **exchange.variables()}
    except (ValueError, KeyError) as error:
        why = "is not the first line of a stand-in of Polymarket"
        raise Refused(f"{first_line}: {why}: {error}", ExitCode.USAGE) from error
    except httpx.HTTPError as error:
        line = f"{first_line}: the stand-in does not answer; is it running?"
        raise Refused(line, ExitCode.OUTSIDE) from error
    for name, value in sorted(asked.items()):
        report.say(f"{name}={shlex.quote(value)}")


def line(vendor: str, *options: str) -> list[str]:
    """Return the command that is a stand-in."""
    return [sys.executable, "-m", f"sandbox.{vendor}", *options]


def become(vendor: str, options: tuple[str, ...]) -> None:
    """Replace this process by the stand-in, so that signals reach it and nothing stands between."""
    sys.stdout.flush()
    os.execv(sys.executable, line(vendor, *options))  # noqa: S606 - no shell is wanted


def listed(vendor: str) -> list[dict[str, str]]:
    """Ask a stand-in for its faults.

    Raises:
        Refused: it cannot be run, or answers something else.

    """
    try:
        ran = subprocess.run(
            line(vendor, "--list-faults"),
            capture_output=True,
            check=True,
            text=True,
            timeout=LISTED_S_MAX,
        )
        rows: list[dict[str, str]] = json.loads(ran.stdout)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        raise Refused(
            f"the stand-in of {vendor} cannot list its faults ({error}); "
            f"try `python -m sandbox.{vendor} --list-faults`",
            ExitCode.OUTSIDE,
        ) from None
    return rows
