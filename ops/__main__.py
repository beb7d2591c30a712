"""Entry of `poly`: the click group only.

A command's module is imported when it is asked for, so that `poly status` starts in under 200 ms.
"""

import importlib
import json
import sys
from pathlib import Path

import click
from typing_extensions import override

from bot.domain.refusal import ExitCode, Refused

COMMANDS = Path(__file__).with_name("commands")
EXIT_CODES = "\b\nExit codes:\n" + "\n".join(
    f"  {code.value:>3}  {meaning}"
    for code, meaning in {
        ExitCode.OK: "done",
        ExitCode.NEGATIVE: "the answer is no: a check found something, a drill failed",
        ExitCode.USAGE: "bad argument, configuration, strategy file or variable",
        ExitCode.REFUSED: "a recording or ledger that does not fit or cannot be trusted",
        ExitCode.UNAVAILABLE: "data directory locked, read-only, full or missing",
        ExitCode.OUTSIDE: "a service outside failed or refused",
        ExitCode.UNKNOWN_OUTCOME: "an outcome is unknown; look before you act",
        ExitCode.BUG: "a bug of ours",
        ExitCode.INTERRUPTED: "interrupted",
    }.items()
)


class LazyGroup(click.Group):
    """Knows its commands by the names of their files; imports only the one that runs."""

    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(file.stem.replace("_", "-") for file in COMMANDS.glob("[a-z]*.py"))

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        module = importlib.import_module(f"ops.commands.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        return command


@click.group(
    cls=LazyGroup,
    epilog=EXIT_CODES,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="poly")
def poly() -> None:
    """Run, watch, prove and stop a Polymarket bot for short crypto up/down windows."""


def main(arguments: list[str] | None = None) -> None:
    """Run `poly`; a refusal is one line on stderr and its exit code, never a traceback."""
    given = sys.argv[1:] if arguments is None else arguments
    try:
        sys.exit(poly(args=given, prog_name="poly", standalone_mode=False) or 0)
    except Refused as refused:
        fail(given, str(refused), refused.code)
    except click.exceptions.NoArgsIsHelpError as asked:
        click.echo(asked.format_message(), err=True)
        sys.exit(ExitCode.USAGE)
    except click.ClickException as error:
        hint = f"; see `{error.ctx.command_path} --help`" if getattr(error, "ctx", None) else ""  # type: ignore[attr-defined]
        fail(given, error.format_message().rstrip(".") + hint, ExitCode.USAGE)
    except (click.Abort, KeyboardInterrupt):
        fail(given, "interrupted", ExitCode.INTERRUPTED)


def fail(given: list[str], line: str, code: ExitCode) -> None:
    """Say why on stderr, and as an object on stdout where a script asked for one."""
    line = " ".join(line.split())
    click.echo(f"poly: {line}", err=True)
    if "--json" in given:
        click.echo(json.dumps({"ok": False, "error": line, "exit_code": int(code)}))
    sys.exit(code)


if __name__ == "__main__":
    main()
