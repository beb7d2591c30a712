"""Every variable of ours, by who reads it: what may be set at all, and the table of the manual.

Each part of the product says its own; this only puts them together.
"""

from collections.abc import Mapping
from typing import Final

from bot.adapters.alerts.variable import VARIABLES as ALERT_VARIABLES
from bot.adapters.polymarket.variable import VARIABLES as VENUE_VARIABLES
from bot.services.health.setting import VARIABLES as HEALTH_VARIABLES
from bot.settings import VARIABLES as RUN_VARIABLES
from bot.watchdog.variable import VARIABLES as WATCHDOG_VARIABLES

GROUPS: Final[Mapping[str, Mapping[str, str]]] = {
    "the run": {n: told for n, told in RUN_VARIABLES.items() if n not in WATCHDOG_VARIABLES},
    "the venue": VENUE_VARIABLES,
    "the watchdog": WATCHDOG_VARIABLES,
    "alerts": ALERT_VARIABLES,
    "health, metrics, control, log": HEALTH_VARIABLES,
}
ALSO: Final = (*VENUE_VARIABLES, *ALERT_VARIABLES, *HEALTH_VARIABLES)
"""What `bot.settings` admits and does not read itself."""


def table() -> str:
    """Return every variable with its meaning, as Markdown."""
    lines = list[str]()
    for group, variables in GROUPS.items():
        lines += [f"| {group} | |", "| --- | --- |"]
        lines += [f"| `{name}` | {_cell(meaning)} |" for name, meaning in variables.items()]
        lines.append("")
    return "\n".join(lines)


def _cell(text: str) -> str:
    return text.replace("<", "\\<").replace("|", "\\|")
