"""`poly strategy`: check, list, upgrade, fork, and the tree of what came from what.

It reads strategy files and the registry of components; it never touches a ledger, and writes a
file only where it is told to. A running engine keeps the strategy it was started with.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path

import click

from bot.domain.refusal import ExitCode, Refused
from bot.engine.strategy.composition import Composition, compose, unreadable
from bot.engine.strategy.parameter import describe
from bot.engine.strategy.registry import COMPONENTS, versions
from bot.engine.strategy.view import Component
from ops import strategy_text
from ops.report import as_json, emit, say, table

FOLDER = Path("strategies")
BYTES_MAX = 256 * 1024
CODES = "\n\n\b\nExit codes:\n  0  done\n  2  the file cannot be read as a strategy, or an argument"

folder_option = click.option(
    "--folder", type=click.Path(path_type=Path), default=FOLDER, show_default=True,
    help="Where the strategy files are.",
)  # fmt: skip
file_argument = click.argument("file", type=click.Path(path_type=Path))


@dataclass(frozen=True, slots=True)
class Strategy:
    """A strategy file: where it is, what is written, what it means."""

    file: Path
    text: str
    composition: Composition

    @property
    def newer(self) -> list[tuple[str, str, int, int]]:
        """Return (kind, component, version, newest) of each component that has a newer version."""
        found = []
        for kind, named in self.composition.components:
            component, _, version = named.partition("@")
            newest = versions(kind, component)[-1]
            if newest > int(version):
                found.append((kind, component, int(version), newest))
        return found


def understand(text: str, file: Path) -> Strategy:
    """Return what a text means as a strategy; raises Refused naming the file."""
    try:
        document = tomllib.loads(text, parse_float=str)
    except tomllib.TOMLDecodeError as error:
        raise unreadable(str(file), error) from error
    return Strategy(file, text, compose(document, str(file)))


def read(file: Path) -> Strategy:
    """Return a strategy file read; raises Refused naming file, key, value and remedy."""
    try:
        raw = file.read_bytes()
        text = raw.decode()
    except OSError as error:
        line = f"{file}: cannot be read ({error.strerror}); give the path of a strategy file"
        raise Refused(line, ExitCode.USAGE) from error
    except UnicodeDecodeError as error:
        raise unreadable(str(file), error) from error
    if len(raw) > BYTES_MAX:
        line = f"{file}: {len(raw)} bytes, a strategy file has at most {BYTES_MAX}"
        raise Refused(line, ExitCode.USAGE)
    return understand(text, file)


def read_all(folder: Path) -> list[Strategy]:
    """Return every strategy of a folder, by name."""
    files = sorted(folder.glob("*.toml"))
    if not files:
        line = f"{folder}: has no strategy files (*.toml); give --folder, or run where it is"
        raise Refused(line, ExitCode.USAGE)
    return [read(file) for file in files]


def facts(strategy: Strategy) -> dict[str, object]:
    """Return a strategy as an object for scripts."""
    made = strategy.composition
    hashes = made.component_hashes
    return {
        "name": made.name,
        "file": str(strategy.file),
        "about": made.about,
        "series": list(made.series),
        "strategy_hash": made.strategy_hash,
        "parent": made.parent or None,
        "components": [
            {"kind": kind, "component": named, "hash": digest}
            for (kind, named), (_, digest) in zip(made.components, hashes, strict=True)
        ],
        "newer": [
            {"kind": kind, "component": component, "version": version, "newest": newest}
            for kind, component, version, newest in strategy.newer
        ],
    }


@click.group()
def command() -> None:
    """Check, list, upgrade and fork strategies: compositions of versioned components."""


@command.command(
    epilog="\b\nExample:\n  poly strategy check strategies/late_favourite.toml" + CODES
)
@file_argument
@as_json
def check(file: Path, *, as_json: bool) -> None:
    """Read a strategy file as the engine will, and say what it is."""
    strategy = read(file)
    if as_json:
        emit({"ok": True, **facts(strategy)})
        return
    made = strategy.composition
    say(f"{file}: strategy {made.name}, hash {made.strategy_hash}")
    rows = [
        (kind, named, digest)
        for (kind, named), (_, digest) in zip(made.components, made.component_hashes, strict=True)
    ]
    say(table(("kind", "component", "hash"), rows))
    for kind, component, version, newest in strategy.newer:
        say(f"newer: {kind} {component}@{newest} (has {version}); see `poly strategy upgrade`")


@command.command("list", epilog="\b\nExample:\n  poly strategy list --components" + CODES)
@folder_option
@click.option("--components", is_flag=True, help="List the components there are, every version.")
@as_json
def list_(folder: Path, *, components: bool, as_json: bool) -> None:
    """List the strategies of a folder, or all components with their parameters."""
    if components:
        list_components(as_json=as_json)
        return
    strategies = read_all(folder)
    if as_json:
        emit({"strategies": [facts(strategy) for strategy in strategies]})
        return
    rows = [
        (
            strategy.composition.name,
            strategy.composition.strategy_hash,
            ", ".join(named for _, named in strategy.composition.components),
            strategy.composition.parent or "-",
            f"{len(strategy.newer)} newer" if strategy.newer else "-",
        )
        for strategy in strategies
    ]
    say(table(("strategy", "hash", "components", "parent", "upgrades"), rows))


def list_components(*, as_json: bool) -> None:
    """Print every component in every version, with parameters, bounds and meaning."""
    if as_json:
        emit({"components": [component_facts(one) for one in COMPONENTS]})
        return
    for one in COMPONENTS:
        say(f"{one.KIND} {one.NAME}@{one.VERSION}: {one.ABOUT}")
        for name, bounds, default in describe(one):
            given = f"default {default}" if default else "required"
            say(f"    {name}: {bounds.meaning} ({bounds.unit}, {given})")


def component_facts(one: type[Component]) -> dict[str, object]:
    """Return a component as an object for scripts."""
    return {
        "kind": one.KIND,
        "name": one.NAME,
        "version": one.VERSION,
        "about": one.ABOUT,
        "parameters": [
            {
                "name": name,
                "unit": bounds.unit,
                "meaning": bounds.meaning,
                "default": default or None,
            }
            for name, bounds, default in describe(one)
        ],
    }


@command.command(
    epilog="\b\nExample:\n  poly strategy upgrade strategies/late_favourite.toml --write" + CODES
)
@file_argument
@click.option("--component", help="Only this one; otherwise all that have a newer version.")
@click.option(
    "--write", is_flag=True, help="Change the file; without it only show what would change."
)
@as_json
def upgrade(file: Path, component: str | None, *, write: bool, as_json: bool) -> None:
    """Move a strategy to the newest version of its components; show what changes."""
    before = read(file)
    after, moves = upgraded(before, component)
    if write and moves:
        replace(file, after.text)
    if as_json:
        emit(
            {
                "ok": True, "file": str(file), "written": write and bool(moves),
                "changes": [
                    {"kind": kind, "component": name, "from": old, "to": new}
                    for kind, name, old, new in moves
                ],
                "hash_before": before.composition.strategy_hash,
                "hash_after": after.composition.strategy_hash,
            }
        )  # fmt: skip
        return
    for kind, name, old, new in moves:
        say(f"{kind} {name}: version {old} -> {new}: {about(kind, name, new)}")
    if not moves:
        say("nothing to upgrade: every component is at its newest version")
        return
    say(strategy_text.difference(before.text, after.text, str(file)))
    say(f"hash {before.composition.strategy_hash} -> {after.composition.strategy_hash}")
    say("written" if write else "not written; repeat with --write to change the file")


def replace(file: Path, text: str) -> None:
    """Write a file whole or not at all."""
    beside = file.with_name(f".{file.name}.new")
    try:
        beside.write_text(text)
        beside.replace(file)
    except OSError as error:
        line = f"{file}: cannot be written ({error.strerror}); check the folder's rights"
        raise Refused(line, ExitCode.UNAVAILABLE) from error


def upgraded(
    before: Strategy, component: str | None
) -> tuple[Strategy, list[tuple[str, str, int, int]]]:
    """Return the strategy after the upgrade and what moved; it has to be readable again."""
    moves = [move for move in before.newer if component in (None, move[1])]
    names = {named.partition("@")[0] for _, named in before.composition.components}
    if component is not None and component not in names:
        listed = ", ".join(sorted(names))
        raise Refused(f"--component: {before.file} has {listed}, not {component!r}", ExitCode.USAGE)
    text = before.text
    try:
        for kind, name, _, new in moves:
            text = strategy_text.set_version(text, kind, name, new)
    except strategy_text.NotFound as error:
        raise Refused(f"{before.file}: {error}; change it by hand", ExitCode.USAGE) from error
    if moves:
        text = strategy_text.set_top(text, "parent", before.composition.strategy_hash)
    return understand(text, before.file), moves


def about(kind: str, name: str, version: int) -> str:
    """Return what a version says of itself."""
    wanted = (kind, name, version)
    return next(one.ABOUT for one in COMPONENTS if wanted == (one.KIND, one.NAME, one.VERSION))


@command.command(
    epilog="\b\nExample:\n  poly strategy fork strategies/late_favourite.toml my_late" + CODES
)
@file_argument
@click.argument("name")
@click.option("--out", type=click.Path(path_type=Path), help="Default: NAME.toml beside FILE.")
@as_json
def fork(file: Path, name: str, out: Path | None, *, as_json: bool) -> None:
    """Copy a strategy under a new name, with its parent recorded."""
    parent = read(file)
    target = out or file.parent / f"{name}.toml"
    text = strategy_text.set_top(parent.text, "name", name)
    text = strategy_text.set_top(text, "parent", parent.composition.strategy_hash)
    child = understand(text, target)
    if child.composition.name != name:
        raise Refused(f"NAME: must be like 'my_late', was {name!r}", ExitCode.USAGE)
    try:
        with target.open("x") as stream:
            stream.write(text)
    except OSError as error:
        line = f"{target}: cannot be made ({error.strerror}); choose another NAME or --out"
        raise Refused(line, ExitCode.USAGE) from error
    if as_json:
        emit({"ok": True, **facts(child)})
    else:
        parent_hash = parent.composition.strategy_hash
        say(f"{target}: {name}, forked from {parent.composition.name} ({parent_hash})")


@command.command(epilog="\b\nExample:\n  poly strategy lineage" + CODES)
@folder_option
@as_json
def lineage(folder: Path, *, as_json: bool) -> None:
    """Show the tree of the strategies of a folder: what was forked or upgraded from what."""
    strategies = read_all(folder)
    parents = {strategy.file: parent_of(strategy, strategies) for strategy in strategies}
    if as_json:
        emit(
            {
                "strategies": [
                    {**facts(one), "parent_file": str(parents[one.file] or "") or None}
                    for one in strategies
                ]
            }
        )
        return
    for line in tree(strategies, parents):
        say(line)


def parent_of(strategy: Strategy, strategies: list[Strategy]) -> Path | None:
    """Return the file of the parent; a fork that changed nothing has its parent's hash."""
    wanted = strategy.composition.parent
    for other in strategies:
        if other.file == strategy.file or not wanted:
            continue
        if other.composition.strategy_hash == wanted and other.composition.parent != wanted:
            return other.file
    return None


def tree(strategies: list[Strategy], parents: dict[Path, Path | None]) -> list[str]:
    """Return the lines of the tree; each file once, also where hand-made parents form a ring."""
    lines: list[str] = []
    drawn: set[Path] = set()

    def draw(strategy: Strategy, indent: str) -> None:
        if strategy.file in drawn:
            return
        drawn.add(strategy.file)
        made = strategy.composition
        lines.append(f"{indent}{made.name}  {made.strategy_hash}  {made.about}".rstrip())
        for other in strategies:
            if parents[other.file] == strategy.file:
                draw(other, indent + "    ")

    roots = sorted(
        (one for one in strategies if parents[one.file] is None),
        key=lambda one: (one.composition.parent, one.composition.name),
    )
    gone = ""
    for strategy in roots:
        if strategy.composition.parent != gone:
            gone = strategy.composition.parent
            lines.append(f"({gone}, no file of this folder any more)")
        draw(strategy, "    " if gone else "")
    for strategy in strategies:
        draw(strategy, "")
    return lines
