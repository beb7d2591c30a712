"""The control socket in the data directory: one line asks, lines answer. Both ends of it.

Whoever can open the socket owns the data directory and with it everything else. Nothing here
decides: a question is handed to the supervisor, and its answers go back as they come.
"""

import contextlib
import errno
import json
import os
import selectors
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

SOCKET: Final = "control.sock"
LINE_MAX: Final = 65_536
ASKERS_MAX: Final = 16
SEND_S: Final = 0.5
Row = dict[str, object]


class Asker:
    """Somebody who asked and waits."""

    def __init__(self, connection: socket.socket) -> None:
        """Take a connection over."""
        self.connection = connection
        self.waits_for = ""
        self._heard = b""

    def hear(self) -> Row | None:
        """Return the question once its line is whole; {} for one that cannot be understood."""
        try:
            piece = self.connection.recv(LINE_MAX)
        except BlockingIOError:
            return None
        except OSError:
            return {}
        self._heard += piece
        if b"\n" not in self._heard:
            return None if piece and len(self._heard) < LINE_MAX else {}
        try:
            said = json.loads(self._heard.split(b"\n", 1)[0])
        except ValueError:
            return {}
        return said if isinstance(said, dict) else {}

    def answer(self, row: Mapping[str, object]) -> bool:
        """Send one line; False when nobody takes it."""
        line = json.dumps(row, separators=(",", ":"), default=str).encode() + b"\n"
        self.connection.settimeout(SEND_S)
        try:
            self.connection.sendall(line)
        except OSError:
            return False
        finally:
            self.connection.settimeout(0)
        return True


class Desk:
    """The watchdog's end."""

    def __init__(self, folder: Path, selector: selectors.BaseSelector) -> None:
        """Listen in the folder.

        Raises:
            OSError: it cannot be listened there.

        """
        self._selector = selector
        self._askers: set[Asker] = set()
        self._listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        with contextlib.suppress(FileNotFoundError):
            (folder / SOCKET).unlink()
        with _named(folder) as name:
            self._listening.bind(name)
        (folder / SOCKET).chmod(0o600)
        self._listening.listen(ASKERS_MAX)
        self._listening.settimeout(0)

    def open(self, asked: Callable[[Asker, Row], None]) -> None:
        """Hand every question to `asked`."""
        self._selector.register(self._listening, selectors.EVENT_READ, lambda: self._accept(asked))

    def _accept(self, asked: Callable[[Asker, Row], None]) -> None:
        with contextlib.suppress(OSError):
            connection, _ = self._listening.accept()
            connection.settimeout(0)
            if len(self._askers) >= ASKERS_MAX:
                connection.close()
                return
            asker = Asker(connection)
            self._askers.add(asker)
            self._selector.register(
                connection, selectors.EVENT_READ, lambda: self._hear(asker, asked)
            )

    def _hear(self, asker: Asker, asked: Callable[[Asker, Row], None]) -> None:
        waited = asker.waits_for
        question = asker.hear()
        if question is None:
            return
        if question and not waited:
            asked(asker, question)
        if waited or not asker.waits_for:  # who waits has nothing more to say but good-bye
            self.dismiss(asker)

    def waiting(self, for_what: str) -> Iterator[Asker]:
        """Return who waits for something."""
        return iter([one for one in self._askers if one.waits_for == for_what])

    def dismiss(self, asker: Asker) -> None:
        """Hang up."""
        self._askers.discard(asker)
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(asker.connection)
        asker.connection.close()


class _named:  # noqa: N801 - a context, used like a function
    """A name of the socket that is short enough: a path has a hundred bytes, folders have more."""

    def __init__(self, folder: Path) -> None:
        self._handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)

    def __enter__(self) -> str:
        return f"/proc/self/fd/{self._handle}/{SOCKET}"

    def __exit__(self, *_: object) -> None:
        os.close(self._handle)


class NoAnswer(Exception):  # noqa: N818 - what happened
    """Nobody is there, or nobody answers in time."""


def ask(
    folder: Path, question: Mapping[str, object], *, first_s: float, whole_s: float
) -> Iterator[Row]:
    """Ask the watchdog of a data directory; yield its answers until it hangs up.

    Raises:
        NoAnswer: none within `first_s`, or it fell silent before `whole_s` without hanging up.

    """
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(first_s)
    try:
        with _named(folder) as name:
            connection.connect(name)
        connection.sendall(json.dumps(question).encode() + b"\n")
        yield from _answers(connection, first_s, whole_s)
    except OSError as error:
        gone = error.errno in {errno.ENOENT, errno.ECONNREFUSED}
        raise NoAnswer("no watchdog is at work here" if gone else str(error)) from error
    finally:
        connection.close()


def _answers(connection: socket.socket, first_s: float, whole_s: float) -> Iterator[Row]:
    heard, spoken = b"", False
    deadline = time.monotonic() + whole_s
    while True:
        left = deadline - time.monotonic()
        if left <= 0:
            raise NoAnswer(f"it fell silent for {whole_s:.0f} s")
        connection.settimeout(left if spoken else first_s)
        try:
            piece = connection.recv(LINE_MAX)
        except TimeoutError:
            raise NoAnswer("it does not answer") from None
        if not piece:
            if not spoken:
                raise NoAnswer("it hung up")
            return
        *lines, heard = (heard + piece).split(b"\n")
        for line in lines:
            spoken = True
            yield json.loads(line)
