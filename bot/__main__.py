"""Entry: `python -m bot`, configured by environment variables alone (docs/configuration.md)."""

import os
import signal
import sys
from collections.abc import Sequence

from bot.bootstrap import run
from bot.bootstrap.variable import table
from bot.domain.refusal import ExitCode, Refused
from bot.ports import CommitUnknown, Permanent, Temporary


def main(words: Sequence[str] = ()) -> ExitCode:
    """Run one session; whatever ends it badly is one line on stderr and its exit code.

    `--variables` prints what it can be configured by, and runs nothing.
    """
    if not words:
        return _lived()
    if words != ["--variables"]:
        return _ended(f"{words[0][:40]!r} is not known; only --variables is", ExitCode.USAGE)
    print(table())  # noqa: T201 - what was asked for
    return ExitCode.OK


def _lived() -> ExitCode:
    # Until a session obeys them: nothing was traded yet, and to stop is then to end.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(ExitCode.OK))
    try:
        return run(os.environ)
    except Refused as refused:
        return _ended(str(refused), refused.code)
    except CommitUnknown as unknown:
        return _ended(f"an outcome is not known ({unknown}); start again", ExitCode.UNKNOWN_OUTCOME)
    except Permanent as failed:
        return _ended(f"stopped, nothing was lost: {failed}", ExitCode.UNAVAILABLE)
    except Temporary as failed:
        return _ended(f"stopped, try again: {failed}", ExitCode.OUTSIDE)


def _ended(line: str, code: ExitCode) -> ExitCode:
    print(f"poly: {' '.join(line.split())}", file=sys.stderr)  # noqa: T201 - the last word
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
