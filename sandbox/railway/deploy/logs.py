"""What deployments print: captured, stamped, kept in a file each, and found again by filter.

A line that is a JSON object is taken apart as Railway does: `message` (or `msg`), `level`, and the
rest as attributes whose values are JSON. 500 lines a second are kept, the rest is dropped and
counted. Source: docs.railway.com/observability/logs, read 2026-11-22.
"""

import datetime as dt
import json
import shlex
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.railway.model.records import Deployment, Json
from sandbox.railway.model.world import World

LINES_PER_SECOND_MAX = 500
LINES_KEPT_MAX = 20_000
LINE_BYTES_MAX = 65_536
LEVELS = {"warning": "warn", "err": "error", "critical": "error", "fatal": "error"}


@dataclass(frozen=True, slots=True)
class Line:
    """One line as it came."""

    at: dt.datetime
    text: str
    severity: str
    instance_id: str


@dataclass(frozen=True, slots=True)
class Parsed:
    """One line as it is shown."""

    message: str
    severity: str
    attributes: dict[str, str]


class Log:
    """The lines of one deployment: the last ones in memory, all of this run in the file."""

    def __init__(self, world: World, deployment_id: str) -> None:
        """Read what an earlier run of the stand-in has kept."""
        self._world = world
        self._file = world.store.log(deployment_id)
        self.lines: deque[Line] = deque(_read(self._file), maxlen=LINES_KEPT_MAX)
        self._second, self._count, self._written = 0, 0, len(self.lines)

    def add(self, text: str, severity: str, instance_id: str) -> None:
        """Keep one line, unless there are too many this second."""
        now = self._world.now()
        if int(now.timestamp()) != self._second:
            self._second, self._count = int(now.timestamp()), 0
        self._count += 1
        if self._count > LINES_PER_SECOND_MAX:
            if self._count == LINES_PER_SECOND_MAX + 1:
                self._keep(Line(now, "Railway rate limit of 500 logs/sec reached", "warn", ""))
            return
        self._keep(Line(now, text[:LINE_BYTES_MAX], severity, instance_id))

    def _keep(self, line: Line) -> None:
        self.lines.append(line)
        self._written += 1
        if self._written >= 2 * LINES_KEPT_MAX:  # the file is bounded too
            self._file.write_text("".join(_row(one) for one in self.lines), encoding="utf-8")
            self._written = len(self.lines)
            return
        with self._file.open("a", encoding="utf-8") as file:
            file.write(_row(line))


def _row(line: Line) -> str:
    row = {"t": line.at.isoformat(), "m": line.text, "s": line.severity, "i": line.instance_id}
    return json.dumps(row, ensure_ascii=False) + "\n"


def _read(file: object) -> Iterator[Line]:
    try:
        text = file.read_text(encoding="utf-8")  # type: ignore[attr-defined]
    except FileNotFoundError:
        return
    for row in text.splitlines():
        try:
            kept = json.loads(row)
            at = dt.datetime.fromisoformat(kept["t"])
            yield Line(at, kept["m"], kept["s"], kept["i"])
        except (ValueError, KeyError):
            continue  # the last line of a stand-in that was killed


def parse(line: Line) -> Parsed:
    """Take a line apart as Railway shows it."""
    try:
        document = json.loads(line.text) if line.text.startswith("{") else None
    except ValueError:
        document = None
    if not isinstance(document, dict):
        return Parsed(line.text, line.severity, {"level": json.dumps(line.severity)})
    message = document.get("message", document.get("msg"))
    level = str(document.get("level", line.severity)).lower()
    severity = LEVELS.get(level, level)
    attributes = {
        str(key): json.dumps(value, ensure_ascii=False)
        for key, value in document.items()
        if key not in {"message", "msg", "level"}
    }
    shown = message if isinstance(message, str) else line.text
    return Parsed(shown, severity, {**attributes, "level": json.dumps(severity)})


def matches(parsed: Parsed, deployment: Deployment, filter_text: str | None) -> bool:
    """Say whether a line passes a filter: words, `@level:x`, `@service:id`, `@name:value`."""
    if not filter_text:
        return True
    try:
        words = shlex.split(filter_text)
    except ValueError:
        words = filter_text.split()
    return all(_matches(word, parsed, deployment) for word in words if word != "AND")


def _matches(word: str, parsed: Parsed, deployment: Deployment) -> bool:
    if not word.startswith("@"):
        return word.lower() in parsed.message.lower()
    name, _, value = word[1:].partition(":")
    known = {
        "level": parsed.severity,
        "service": deployment.service_id,
        "deployment": deployment.id,
        "environment": deployment.environment_id,
    }
    if name in known:
        return known[name] == value
    return parsed.attributes.get(name, "").strip('"') == value


def shown(line: Line, parsed: Parsed, deployment: Deployment) -> Json:
    """Return the row as the API gives it."""
    return {
        "timestamp": line.at.strftime("%Y-%m-%dT%H:%M:%S.%f000Z"),
        "message": parsed.message,
        "severity": parsed.severity,
        "attributes": [{"key": k, "value": v} for k, v in parsed.attributes.items()],
        "tags": {
            "projectId": deployment.project_id,
            "serviceId": deployment.service_id,
            "deploymentId": deployment.id,
            "deploymentInstanceId": line.instance_id or None,
            "environmentId": deployment.environment_id,
            "snapshotId": deployment.snapshot_id,
        },
    }
