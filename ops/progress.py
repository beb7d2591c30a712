"""A progress bar on a terminal, and nothing where nobody looks."""

import sys

import click

WIDTH = 25


class Bar:
    """Shows (done, in all) as it changes by a percent; may be called as often as one likes."""

    def __init__(self, what: str) -> None:
        """Name what is going on."""
        self._what = what
        self._shown = ""

    def __call__(self, done: int, total: int, after: str = "") -> None:
        """Show how far it is, with a few words behind it."""
        percent = min(100 * done // max(total, 1), 100)
        filled = "#" * (percent * WIDTH // 100)
        line = f"{self._what} [{filled:{WIDTH}}] {percent:3} % {after}"
        if line != self._shown and sys.stderr.isatty():
            self._shown = line
            click.echo(f"\r\x1b[K{line}", nl=False, err=True)

    def clear(self) -> None:
        """Take the bar away."""
        if self._shown:
            self._shown = ""
            click.echo("\r\x1b[K", nl=False, err=True)
