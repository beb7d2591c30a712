"""The report page: chapters of the acts in one self-contained file, light and dark.

No script, no font, nothing fetched: it can be mailed and opened anywhere.
"""

import html
from collections.abc import Sequence
from pathlib import Path

from ops.demo.stage import Chapter

STYLE = Path(__file__).with_name("page.css")


def page(chapters: Sequence[Chapter]) -> str:
    """Return the whole document."""
    bodies = "".join(
        f"<section><h2>{html.escape(chapter.title)}</h2>{chapter.body}</section>"
        for chapter in chapters
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>poly: the demo</title><style>{STYLE.read_text()}</style></head><body><main>"
        "<h1>poly: the demo</h1>"
        '<p class="soft">What the demo just did on this machine, from its own ledger. '
        "Nothing here is an example.</p>"
        f"{bodies}<footer>Made by <code>poly demo</code>. Recorded windows: the package "
        "<code>resolvedkit</code>, data by Resolved Markets, CC BY 4.0, converted by "
        "<code>poly recording import</code>.</footer></main></body></html>"
    )


def write(file: Path, chapters: Sequence[Chapter]) -> Path:
    """Write the page and return where it is."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(page(chapters), encoding="utf-8")
    return file


def tiles(values: Sequence[tuple[str, str]]) -> str:
    """Return a row of large figures, each (figure, what it is)."""
    cells = "".join(
        f'<div class="card tile"><b>{html.escape(figure)}</b><span>{html.escape(what)}</span></div>'
        for figure, what in values
    )
    return f'<div class="tiles">{cells}</div>'


def rows(headings: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """Return a table; the first column to the left, numbers to the right."""
    head = "".join(f"<th>{html.escape(heading)}</th>" for heading in headings)
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in line) + "</tr>"
        for line in lines
    )
    return (
        f'<div class="card wide"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )
