"""The names alerts are configured by, for whoever checks an environment."""

from collections.abc import Mapping
from typing import Final

VARIABLES: Final[Mapping[str, str]] = {
    "POLY_ALERT_URLS": "Apprise URLs that hear of alerts, separated by blanks (default: console)",
    "POLY_ALERT_FROM": "least severity that is sent: info (default), warning or critical",
    "POLY_ALERT_DIGEST": "time of a daily digest as HH:MM UTC (default: none)",
    "POLY_ALIVE_URL": "dead man's switch: asked while the loop commits and reconciles",
    "POLY_ALIVE_EVERY_S": "seconds between two of its pings, 10 to 3600 (default 60)",
}
"""Every variable of ours and what it means."""
