"""Entry: `python -m bot.watchdog`, configured by environment variables alone.

`--engine COMMAND…` runs another engine than `python -m bot`: for tests of the watchdog.
"""

import sys
from collections.abc import Sequence

from bot.watchdog.say import Exit, Unfit
from bot.watchdog.settings import read_settings
from bot.watchdog.supervisor import Supervisor

ENGINE = (sys.executable, "-m", "bot")


def main(arguments: Sequence[str]) -> int:
    """Watch one engine to its end; what cannot be begun is one line on stderr."""
    command: Sequence[str] = ENGINE
    if arguments:
        if arguments[0] != "--engine" or not arguments[1:]:
            return _ended(f"arguments {list(arguments)}: it takes none", Exit.USAGE)
        command = arguments[1:]
    try:
        return Supervisor(read_settings(), command).run()
    except Unfit as unfit:
        return _ended(str(unfit), Exit.USAGE)
    except OSError as error:
        return _ended(f"data directory: {error}", Exit.UNAVAILABLE)


def _ended(line: str, code: Exit) -> int:
    print(f"poly: {' '.join(line.split())}", file=sys.stderr)  # noqa: T201 - the last word
    return int(code)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
