"""A kill from outside: the venue and the container at once, then the fence. Either may be down."""

import threading
from collections.abc import Callable, Mapping
from typing import Final

from bot.domain.refusal import ExitCode, Refused
from bot.watchdog.kill.latch import new_id
from bot.watchdog.say import be_silent
from bot.watchdog.venue.client import Place
from infra.railway.client import VENDOR_URL, Railway
from infra.railway.errors import RailwayError
from infra.railway.pace import Pace
from infra.railway.token import token_from
from ops.estate.connect import URL_VARIABLE, address
from ops.halt import book as books
from ops.halt import container
from ops.halt.book import Book
from ops.halt.container import Stopping, Target
from ops.halt.line import Line, Row

CALL_S: Final = 10.0
HOLE: Final = "a rollback in the dashboard brings old variables back, without POLY_HALT"


def api_of(environment: Mapping[str, str]) -> Railway | str:
    """Return a patient-enough client, or why there is none."""
    try:
        token = token_from(environment)
    except ValueError as error:
        return str(error)
    if token is None:
        return "RAILWAY_API_TOKEN is missing (or RAILWAY_TOKEN, a project token)"
    pace = Pace(timeout_s=CALL_S, connect_s=3.0, read_attempts=1)
    return Railway(token, address(environment.get(URL_VARIABLE) or VENDOR_URL), pace=pace)


def kill(environment: Mapping[str, str], tell: Callable[[Row], None]) -> Row:
    """Do everything that can be done; return what was reached and what remains.

    Raises:
        Refused: it aims at itself, or nothing at all can be done; USAGE.

    """
    service = container.service_of(environment)
    where, api = books.place(environment), api_of(environment)
    if isinstance(where, str) and isinstance(api, str):
        raise Refused(f"nothing can be done: {where}; {api}", ExitCode.USAGE)
    be_silent()
    halt, line = new_id(), Line(tell)
    stopped, over = threading.Event(), threading.Event()
    book, so_far = [Book(problem=where if isinstance(where, str) else "")], Stopping()
    emptying = threading.Thread(
        target=lambda: (
            book.append(books.empty(where, stopped, over, line))
            if isinstance(where, Place)
            else None
        )
    )
    emptying.start()
    found: Target | None = None
    try:
        if isinstance(api, str):
            so_far.problems.append(api)
        else:
            found = _stop(api, service, environment, line, so_far)
    finally:
        if so_far.proved:
            stopped.set()
        over.set()
    if not isinstance(api, str) and found is not None:
        container.fence(api, found, halt, line, so_far)
    emptying.join()
    if not isinstance(api, str):
        api.close()
    return _told(halt, book[-1], so_far, line)


def _stop(
    api: Railway, service: str, environment: Mapping[str, str], line: Line, so_far: Stopping
) -> Target | None:
    try:
        found = container.target(api, service, environment)
    except RailwayError as error:
        so_far.problems.append(f"the service cannot be found: {error}")
        line.add("container.problem", why=so_far.problems[-1])
        return None
    container.stop(api, found, line, so_far)
    return found


def _told(halt: str, book: Book, so_far: Stopping, line: Line) -> Row:
    problems = [f"venue: {book.problem}"] if book.problem else []
    problems += [f"container: {text}" for text in so_far.problems]
    if not so_far.fenced:
        problems.append("fence: not set; a deployment may start and trade")
    return {
        "ok": book.proved and so_far.proved and so_far.fenced and not problems,
        "halt": halt,
        "venue": {
            "proved": book.proved,
            "first_proof_ms": book.first_ms,
            "cancelled": book.cancelled,
        },
        "container": {
            "proved": so_far.proved,
            "exited_ms": so_far.exited_ms,
            "proved_ms": so_far.proved_ms,
            "deployments": list(so_far.seen),
            "removed": so_far.removed,
        },
        "fenced": so_far.fenced,
        "problems": problems,
        "remaining_hole": HOLE,
        "time_line": line.rows,
    }


def dry_run(environment: Mapping[str, str]) -> Row:
    """Say what would be cancelled and stopped; change nothing.

    Raises:
        Refused: it aims at itself.

    """
    service = container.service_of(environment)
    be_silent()
    where, api = books.place(environment), api_of(environment)
    orders, venue = ([], where) if isinstance(where, str) else books.listed(where)
    going: list[Row] = []
    railway = api if isinstance(api, str) else ""
    if not isinstance(api, str):
        try:
            found = container.target(api, service, environment)
            rows = container.going(api, found)
            going = [{"id": one.id, "status": one.status, "environment": one.environment_id,
                      "stopped": container.is_stopped(one)} for one in rows]  # fmt: skip
        except RailwayError as error:
            railway = str(error)
        finally:
            api.close()
    problems = [f"{what}: {why}" for what, why in (("venue", venue), ("container", railway)) if why]
    return {
        "ok": not problems,
        "dry_run": True,
        "service": service,
        "would_cancel": orders,
        "would_stop": going,
        "would_set": ["POLY_HALT", "autodeploy off"],
        "problems": problems,
    }
