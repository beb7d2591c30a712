"""`python -m bot.adapters.replay FOLDER`: import the bundled windows beside the engine.

Reading the package's tables takes 300 MB that a process never gives back; this one ends with them.
"""

import sys
from pathlib import Path

from bot.adapters.replay.importer import imported_resolvedkit
from bot.domain.refusal import ExitCode, Refused


def main(folder: str) -> ExitCode:
    """Import into a folder unless it is there; say why not in one line on stderr."""
    try:
        imported_resolvedkit(Path(folder))
    except Refused as refused:
        sys.stderr.write(str(refused))
        return refused.code
    return ExitCode.OK


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
