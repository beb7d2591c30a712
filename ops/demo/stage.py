"""Where an act plays: its folder, its voice, its processes.

It knows nothing of any act. What it started does not outlive it.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import click

from bot.domain.refusal import ExitCode, Refused


class Skipped(Exception):  # noqa: N818 - an expected outcome
    """The act cannot play here; the line says why and what to do about it."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """A part of the report: `body` is HTML that uses the page's own classes."""

    title: str
    body: str


@dataclass(slots=True)
class Stage:
    """What an act is given. `folder` is kept after the demo; `seed` decides everything random."""

    folder: Path
    seed: int = 7
    as_json: bool = False
    act: str = "demo"
    chapters: list[Chapter] = field(default_factory=list)
    _processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def workdir(self) -> Path:
        """Return the act's own folder."""
        return self.folder / self.act

    def enter(self, act: str) -> None:
        """Give the stage to an act, with an empty folder of its own.

        Raises:
            Refused: the folder cannot be made.

        """
        self.act = act
        shutil.rmtree(self.workdir, ignore_errors=True)
        try:
            self.workdir.mkdir(parents=True)
        except OSError as error:
            line = f"--folder {self.folder}: cannot be used ({error.strerror}); name another one"
            raise Refused(line, ExitCode.UNAVAILABLE) from error

    def say(self, line: str = "") -> None:
        """Tell one line of the story: on stdout, or on stderr where stdout belongs to JSON."""
        click.echo(line, err=self.as_json)

    def progress(self, line: str = "") -> None:
        """Show what moves, on one line of a terminal that the next one overwrites; "" clears."""
        if sys.stderr.isatty():
            width = shutil.get_terminal_size().columns - 1
            click.echo(f"\r\x1b[K{line[:width]}", nl=False, err=True)

    def chapter(self, title: str, body: str) -> None:
        """Put a chapter of HTML into the report."""
        self.chapters.append(Chapter(title, body))

    def start(
        self,
        command: Sequence[str],
        *,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
        output: IO[bytes] | int | None = None,
        errors: IO[bytes] | int | None = None,
    ) -> subprocess.Popen[bytes]:
        """Start a process in a session of its own, so that Ctrl-C reaches only us.

        `environment` is everything it gets, ours where it is None; Python's byte code stays on.
        """
        given = dict(os.environ if environment is None else environment)
        given.pop("PYTHONDONTWRITEBYTECODE", None)
        process = subprocess.Popen(
            command,
            env=given,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            start_new_session=True,
        )
        self._processes.append(process)
        return process

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Kill whatever still lives, with its children."""
        self.progress()
        for process in self._processes:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            if process.stdout is not None:
                process.stdout.close()
        self._processes.clear()
