"""Edit a strategy file as text, so that its comments and its order stay as they were written.

Pure text in, text out. It does not know what a component is; whoever calls it reads the result
again as a strategy before it is written anywhere.
"""

import difflib
import re

_HEADER = re.compile(r"^\s*\[\[?\s*([A-Za-z_]+)\s*\]\]?\s*(#.*)?$")


class NotFound(ValueError):  # noqa: N818 - what the line is
    """The line that has to change is not written the way this can edit."""


def set_top(text: str, key: str, value: str) -> str:
    """Return the text with the top-level `key = "value"` set, after `name` where it is new."""
    lines = text.splitlines(keepends=True)
    end = next((at for at, line in enumerate(lines) if _HEADER.match(line)), len(lines))
    written = f'{key} = "{value}"\n'
    for at in range(end):
        if re.match(rf"\s*{key}\s*=", lines[at]):
            lines[at] = written
            return "".join(lines)
    name = (at for at in range(end) if re.match(r"\s*name\s*=", lines[at]))
    lines.insert(next(name, -1) + 1, written)
    return "".join(lines)


def set_version(text: str, kind: str, component: str, version: int) -> str:
    """Return the text with the version of one component set.

    Raises:
        NotFound: there is no table `[kind]` with that component and a line `version = N`.

    """
    lines = text.splitlines(keepends=True)
    starts = [at for at, line in enumerate(lines) if _HEADER.match(line)]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        header = _HEADER.match(lines[start])
        table = lines[start:end]
        if header is None or header[1] != kind or not _names(table, component):
            continue
        for at in range(start, end):
            changed = re.sub(r"^(\s*version\s*=\s*)\d+", rf"\g<1>{version}", lines[at])
            if changed != lines[at]:
                lines[at] = changed
                return "".join(lines)
    raise NotFound(f"[{kind}] has no line `version = N` for {component}")


def _names(table: list[str], component: str) -> bool:
    return any(re.match(rf"""\s*component\s*=\s*["']{component}["']""", line) for line in table)


def difference(before: str, after: str, name: str) -> str:
    """Return what changes, as a unified difference."""
    return "".join(
        difflib.unified_diff(
            before.splitlines(keepends=True), after.splitlines(keepends=True), name, name, n=2
        )
    )
