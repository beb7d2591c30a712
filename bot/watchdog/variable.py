"""The names the watchdog is configured by, for whoever checks an environment. Imports nothing."""

from collections.abc import Mapping
from typing import Final

VARIABLES: Final[Mapping[str, str]] = {
    "POLY_SILENCE_S": "seconds without a heartbeat that trip the kill switch, 0.5 to 60 (3)",
    "POLY_BOOT_SILENCE_S": "the same while the engine starts, 5 to 600 (default 60)",
    "POLY_MEMORY_MB_MAX": "memory of the engine above which it is restarted (default: no bound)",
    "POLY_DISK_MB_MIN": "free space below which the watchdog warns (default 64)",
    "POLY_LEDGER_AGE_S_MAX": "age of the last commit above which it warns (default 300)",
    "POLY_HALT": "id of a halt from outside: the engine starts halted while it is set",
    "POLY_RESUME": "id of the latch or outside halt that the next boot clears, once",
    "POLY_HEARTBEAT": "pipe to the watchdog; set by the watchdog, never by a person",
}
"""Every variable of ours and what it means."""
