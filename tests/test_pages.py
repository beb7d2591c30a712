"""Every command of ours in a block of a page can be typed: it exists and takes what it is given."""

import re
import shlex
from pathlib import Path

import click
import pytest

from ops.__main__ import poly

ROOT = Path(__file__).resolve().parent.parent
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "runbooks").rglob("*.md")]
BLOCK = re.compile(r"^```(?:sh|bash|console)\n(.*?)^```", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^(?:\$ )?(?:\.venv/bin/)?poly (?P<rest>.+)$")


def typed() -> list[tuple[str, str]]:
    """Return (page, command without `poly`) of every command in a block, continued lines joined."""
    lines = (
        (page.relative_to(ROOT).as_posix(), line.strip())
        for page in PAGES
        for block in BLOCK.findall(page.read_text())
        for line in block.replace("\\\n", " ").splitlines()
    )
    found = ((page, match["rest"]) for page, line in lines if (match := COMMAND.match(line)))
    return list(dict.fromkeys(found))


def parse(text: str) -> None:
    """Parse a command to its end without running it; raises click.ClickException if it cannot."""
    words = shlex.split(text, comments=True)
    command: click.Command = poly
    context = click.Context(poly, info_name="poly")
    if {"-h", "--help"} & set(words):
        return
    while isinstance(command, click.Group):
        name, found, words = command.resolve_command(context, words)
        if found is None:
            raise click.UsageError(f"no command {name}")
        command = found
        context = click.Context(command, info_name=name, parent=context)
    command.make_context(context.info_name or "", words, parent=context.parent)


@pytest.mark.parametrize(("page", "text"), typed())
def test_a_command_on_a_page_can_be_typed(page: str, text: str) -> None:
    parse(text)


@pytest.mark.parametrize("text", ["nope", "status --nope", "trades --limit x", "ledger nope"])
def test_a_command_that_cannot_be_typed_is_found(text: str) -> None:
    with pytest.raises(click.ClickException):
        parse(text)


HEADINGS = ("Meaning", "Impact", "Diagnosis", "Mitigation", "Verify", "Last rehearsed")


@pytest.mark.parametrize(
    "page", sorted((ROOT / "runbooks").glob("*.md")), ids=lambda page: page.name
)
def test_a_runbook_has_every_part_in_order(page: Path) -> None:
    assert tuple(re.findall(r"^## (.+)$", page.read_text(), re.MULTILINE)) == HEADINGS


def test_every_runbook_that_is_named_is_there() -> None:
    """An alert names its runbook; a page that does not exist helps nobody."""
    named = {
        found
        for package in ("bot", "ops", "infra")
        for file in (ROOT / package).rglob("*.py")
        for found in re.findall(r"runbooks/[a-z-]+\.md", file.read_text())
    }
    assert named
    assert {name for name in named if not (ROOT / name).is_file()} == set()


def test_the_front_page_has_commands() -> None:
    assert [page for page, _ in typed()].count("README.md") >= 4
