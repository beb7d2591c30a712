"""What a stack declares against what is there: `pulumi preview --refresh`, read.

Changes nothing, neither at Railway nor in the state.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from bot.domain.refusal import ExitCode, Refused
from ops.estate import cli

PREVIEW_S_MAX = 300.0
QUIET = frozenset({"same", "read", "refresh"})


@dataclass(frozen=True, slots=True)
class Change:
    """One resource that is not as declared."""

    resource: str
    kind: str
    operation: str
    properties: tuple[str, ...]


def preview(stack: str, environment: Mapping[str, str]) -> list[Change]:
    """Return every resource that `pulumi up` would change after a look at what is there.

    Raises:
        Refused: no CLI, or the preview failed; the line is Pulumi's own.

    """
    ended = cli.run(
        cli.need(),
        ["preview", "--refresh", "--json", "--stack", stack],
        environment,
        timeout_s=PREVIEW_S_MAX,
    )
    document = parse(ended.stdout)
    if ended.returncode or document is None:
        raise Refused(
            f"pulumi preview --stack {stack}: {why(document, ended.stderr)}", ExitCode.OUTSIDE
        )
    return changes(document)


def parse(text: str) -> dict[str, object] | None:
    """Return the document `--json` prints, None where there is none."""
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def changes(document: Mapping[str, object]) -> list[Change]:
    """Return the steps of a preview that would do something."""
    found = []
    for step in _list(document.get("steps")):
        operation = str(step.get("op"))
        if operation in QUIET:
            continue
        kind, name = named(str(step.get("urn", "")))
        detailed = step.get("detailedDiff")
        properties = detailed if isinstance(detailed, dict) else _texts(step.get("diffReasons"))
        found.append(Change(name, kind, operation, tuple(sorted(properties))))
    return found


def named(urn: str) -> tuple[str, str]:
    """Return kind and name of a resource, as a person says them."""
    parts = urn.split("::")
    if len(parts) != 4:  # noqa: PLR2004 - urn:pulumi:stack, project, types, name
        return "", urn
    return parts[2].rpartition(":")[2], parts[3]


def why(document: Mapping[str, object] | None, stderr: str) -> str:
    """Return the first error a failed preview tells."""
    told = _list((document or {}).get("diagnostics"))
    errors = [str(one.get("message", "")) for one in told if one.get("severity") == "error"]
    lines = [line for text in (*errors, stderr) for line in text.splitlines() if line.strip()]
    return lines[0].strip() if lines else "it failed without a word"


def _list(value: object) -> Sequence[Mapping[str, object]]:
    return cast("Sequence[Mapping[str, object]]", value) if isinstance(value, list) else ()


def _texts(value: object) -> Sequence[str]:
    return [str(one) for one in value] if isinstance(value, list) else ()
