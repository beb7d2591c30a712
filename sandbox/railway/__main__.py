"""Entry of `python -m sandbox.railway`: a Railway of one's own until it is told to end."""

import sys

from sandbox.railway.options import USAGE, options_of

UNAVAILABLE = 4


def main() -> int:
    """Serve; return the exit code."""
    options = options_of(sys.argv[1:])
    if options is None:
        return 0
    try:
        from sandbox.railway.stand_in import serve  # noqa: PLC0415 - heavy, and needs an extra
    except ModuleNotFoundError as error:
        sys.stderr.write(
            f"sandbox.railway: {error.name} is not installed; install poly with its extra `demo`\n"
        )
        return USAGE
    try:
        serve(options)
    except ValueError as error:
        sys.stderr.write(f"sandbox.railway: {error}\n")
        return USAGE
    except OSError as error:
        sys.stderr.write(f"sandbox.railway: {error}\n")
        return UNAVAILABLE
    return 0


if __name__ == "__main__":
    sys.exit(main())
