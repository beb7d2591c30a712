"""`poly credentials`: make the API credentials of a private key, for a person to keep."""

import click

from ops import report

EXAMPLE = """\b
Examples:
  poly credentials derive
  poly credentials derive --nonce 1 --json

\b
Exit codes: 0 printed; 2 a variable is missing or wrong; 5 the venue did not answer or refused.
"""


@click.group(epilog=EXAMPLE)
def command() -> None:
    """Make API credentials. The engine only ever uses the ones it is given."""


@command.command(epilog=EXAMPLE)
@click.option(
    "--nonce",
    type=click.IntRange(0, 2**31),
    default=0,
    show_default=True,
    help="Another number makes another key: for rotation.",
)
@report.as_json
def derive(*, nonce: int, as_json: bool) -> None:
    """Create or derive the API key of POLYMARKET_PRIVATE_KEY and print it, once, on stdout.

    The same key and nonce give the same credentials. Kill switch and engine must hold the same
    ones: set all three variables in both, then restart.
    """
    from bot.adapters.polymarket.account.credential import derive as derived
    from ops.account import reach as venue

    settings = venue.settings()
    found = venue.patiently(lambda: derived(settings, nonce))
    named = {
        "POLYMARKET_API_KEY": found.key.reveal(),
        "POLYMARKET_API_SECRET": found.secret.reveal(),
        "POLYMARKET_PASSPHRASE": found.passphrase.reveal(),
    }
    report.note("secrets follow; keep them where only the engine and the kill switch read them")
    if as_json:
        report.emit({"ok": True, "nonce": nonce, **named})
        return
    for name, value in named.items():
        report.say(f"{name}={value}")
