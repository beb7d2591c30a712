"""`poly resume`: take a halt away, by its id, as a person. Imports nothing of the engine."""

import os

import click

from ops import report

EXAMPLE = """\b
Examples:
  poly resume --latch 20261123T101500Z-1a2b3c4d --reason "the feed is back"
  poly resume --from outside --latch 20261123T101500Z-1a2b3c4d --reason "looked at everything"

\b
In the container the watchdog has to run, its trip to be final and the engine reconciled: the
latch is cleared and the engine started again. From outside POLY_RESUME is set, and a new
deployment started, which clears the halt of exactly that id, once. Autodeploy stays off.

\b
Exit codes:
  0  cleared here; or the deployment that will clear it was started
  1  refused, and why
  2  ids or token are missing
  4  no watchdog answers here
  5  Railway could not be reached or refused
"""


@click.command(epilog=EXAMPLE)
@click.option("--latch", required=True, metavar="ID", help="Of the latch, or of the outside halt.")
@click.option("--reason", required=True, help="Why trading may go on; kept.")
@click.option("--accept-drawdown", is_flag=True, help="Needed where the cause is drawdown.")
@click.option(
    "--from", "place", type=click.Choice(["here", "outside"]), default="here", show_default=True
)
@click.option("--data-dir", metavar="DIR", help="Else POLY_DATA_DIR, the volume's mount, ./data.")
@report.as_json
def command(  # noqa: PLR0913 - one parameter an option
    latch: str,
    reason: str,
    place: str,
    data_dir: str | None,
    *,
    accept_drawdown: bool,
    as_json: bool,
) -> None:
    """Take the halt of that id away; nothing resumes by itself."""
    if place == "outside":
        done = _outside(latch, accept_drawdown=accept_drawdown)
    else:
        done = _here(latch, reason, data_dir, accept_drawdown=accept_drawdown)
    if as_json:
        report.emit({"ok": True, **done})
    else:
        for name, value in done.items():
            report.say(f"{name}: {value}")


def _here(
    latch: str, reason: str, data_dir: str | None, *, accept_drawdown: bool
) -> dict[str, object]:
    from bot.domain.refusal import ExitCode, Refused
    from bot.watchdog.desk import NoAnswer, ask
    from bot.watchdog.settings import data_directory
    from ops.halt.here import who

    given = {"POLY_DATA_DIR": data_dir} if data_dir else {}
    folder = data_directory({**os.environ, **given})
    question: dict[str, object] = {
        "ask": "resume",
        "latch": latch,
        "reason": reason,
        "who": who(),
        "accept_drawdown": accept_drawdown,
    }
    try:
        (row,) = ask(folder, question, first_s=5, whole_s=5)
    except (NoAnswer, OSError) as silent:
        raise Refused(
            f"{folder}: {silent}; start the container, it starts halted, then ask again",
            ExitCode.UNAVAILABLE,
        ) from None
    if row["said"] != "resumed":
        raise Refused(f"not resumed: {row.get('why')}", ExitCode.NEGATIVE)
    return {"resumed": latch, "latch": row["latch"]}


def _outside(latch: str, *, accept_drawdown: bool) -> dict[str, object]:
    from bot.watchdog.kill.latch import ACCEPTED
    from ops.estate import connect
    from ops.halt import container

    service = container.service_of(os.environ)
    with connect.railway() as api:
        where = container.target(api, service, os.environ)
        wanted = f"{latch},{ACCEPTED}" if accept_drawdown else latch
        made = container.resume(api, where, wanted)
    return {
        "deployment": made,
        "clears": latch,
        "autodeploy": "stays as it is; `pulumi up` or the dashboard sets it",
    }
