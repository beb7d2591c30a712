"""The house is tidy: sizes, places, names and the few words that stand for a broken rule.

Every rule is a function from one file to its complaints, so that the second half of this file can
plant each violation and see it found. What ruff already says is not said again here.
"""

import ast
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CODE = ("bot", "infra", "ops", "sandbox")
PLACES = (*CODE, "tests", "bench", "tools")

LINES_MAX = 400
FUNCTION_LINES_MAX = 50
FILES_MAX = 10
DEPTH_MAX = 4
TESTS_DEPTH_MAX = 7
"""tests/unit mirrors the code and so is two folders deeper."""

# Folders of one file a thing have no limit: their length is the length of a list.
LISTS = re.compile(
    r"ops/(commands|checks|demo)|infra/(resources|provider/kinds|railway/operations)|tests.*|bench"
    r"|bot/adapters/ledger/migrations(/.*)?|bot/engine/strategy/(probability|entry|sizing|exit|filters?)"
)

# Split so that this file does not find itself.
BANNED = {
    "FIX" + "ME": "mend it, or write an issue",
    "TO" + "DO": "do it, or write an issue",
    "XX" + "X": "say what is meant",
    "unittest" + ".mock": "a fake held to the contract suite of the port",
    "/work" + "/": "a path relative to the file that says it",
}
BANNED_NAMES = re.compile(
    r"(^|_)(utils?|helpers?|managers?|misc)($|_)|^(types|data|info|process|common|v2)$"
)

# Money is counted in integers. A model estimates in floats, and some vendors send numbers.
FLOATS = re.compile(
    r"bot/engine/strategy/.*|bot/adapters/(polymarket|replay|alerts)/.*|bot/adapters/system\.py|bot/settings\.py"
    r"|bot/watchdog/.*|ops/.*|sandbox/.*|infra/.*"
)
ENVIRONMENT = re.compile(r"bot/(settings|watchdog/settings|__main__)\.py")


def sources(*places: str) -> Iterator[Path]:
    """Return every Python file of these places, relative to the root."""
    for place in places:
        for file in sorted((ROOT / place).rglob("*.py")):
            if "__pycache__" not in file.parts:
                yield file.relative_to(ROOT)


def named(node: ast.expr) -> str:
    """Return the last name of an expression: `c` of `a.b.c`."""
    match node:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
        case _:
            return ""


def file_is_short(_: Path, text: str, __: ast.Module) -> Iterator[str]:
    lines = text.count("\n")
    if lines > LINES_MAX:
        yield f"{lines} lines, most is {LINES_MAX}: it does more than one thing"


def module_says_what_it_is_for(_: Path, __: str, tree: ast.Module) -> Iterator[str]:
    if not (ast.get_docstring(tree) or "").strip():
        yield "no module docstring: say what it is for and what it must not do"


def functions_are_short(_: Path, __: str, tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > FUNCTION_LINES_MAX:
                yield f"{node.name} has {lines} lines, most is {FUNCTION_LINES_MAX}"


def words_are_allowed(_: Path, text: str, __: ast.Module) -> Iterator[str]:
    for word, instead in BANNED.items():
        if word in text:
            yield f"says {word!r}; instead: {instead}"


NAMED = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def spelled(name: str) -> str:
    """Return `OrderManager` as `order_manager`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def names_say_something(path: Path, _: str, tree: ast.Module) -> Iterator[str]:
    names = [path.stem, path.parent.name]
    if path.parts[0] in CODE:
        names += [spelled(node.name) for node in ast.walk(tree) if isinstance(node, NAMED)]
    for name in names:
        if BANNED_NAMES.search(name):
            yield f"is or has something named {name!r}; name what it is"


def floats_stay_at_the_edges(path: Path, _: str, tree: ast.Module) -> Iterator[str]:
    if path.parts[0] not in CODE or FLOATS.fullmatch(path.as_posix()):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and named(node.func) == "float":
            yield f"line {node.lineno}: float(...); money and sizes are integers in micro units"


def only_risk_approves(path: Path, _: str, tree: ast.Module) -> Iterator[str]:
    if path.parts[0] not in CODE or path.as_posix() == "bot/engine/risk.py":
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and named(node.func) == "ApprovedOrder":
            yield f"line {node.lineno}: makes an ApprovedOrder; only bot/engine/risk.py may"


def only_settings_reads_the_environment(path: Path, _: str, tree: ast.Module) -> Iterator[str]:
    if path.parts[0] != "bot" or ENVIRONMENT.fullmatch(path.as_posix()):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and named(node) in {"environ", "getenv"}:
            yield f"line {node.lineno}: reads the environment; only bot/settings.py may"


def handle_is_the_cores_word(path: Path, _: str, tree: ast.Module) -> Iterator[str]:
    if path.parts[0] != "bot" or path.as_posix() == "bot/engine/engine.py":
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == "handle":
            yield f"line {node.lineno}: `handle` is the name of the core's one signature"


Rule = Callable[[Path, str, ast.Module], Iterator[str]]
RULES: tuple[Rule, ...] = (
    file_is_short,
    module_says_what_it_is_for,
    functions_are_short,
    words_are_allowed,
    names_say_something,
    floats_stay_at_the_edges,
    only_risk_approves,
    only_settings_reads_the_environment,
    handle_is_the_cores_word,
)


def complaints(rule: Rule, path: Path, text: str) -> list[str]:
    """Return what one rule has against one file."""
    return [f"{path}: {complaint}" for complaint in rule(path, text, parsed(text))]


@cache
def parsed(text: str) -> ast.Module:
    """Return the syntax tree; the same file is asked about by every rule."""
    return ast.parse(text)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_every_file_keeps(rule: Rule) -> None:
    found = [
        line
        for path in sources(*PLACES)
        for line in complaints(rule, path, (ROOT / path).read_text())
    ]
    assert not found, "\n" + "\n".join(found)


def test_folders_are_small() -> None:
    """Ten files a folder, but for folders of one file a thing."""
    folders: dict[str, int] = {}
    for path in sources(*CODE):
        if path.name != "__init__.py":
            folders[path.parent.as_posix()] = folders.get(path.parent.as_posix(), 0) + 1
    large = {
        folder: files
        for folder, files in folders.items()
        if files > FILES_MAX and not LISTS.fullmatch(folder)
    }
    assert not large


def test_folders_are_shallow() -> None:
    deep = {path.parent for path in sources(*CODE) if len(path.parent.parts) > DEPTH_MAX}
    deep |= {path.parent for path in sources("tests") if len(path.parent.parts) > TESTS_DEPTH_MAX}
    assert not deep


def links(page: Path) -> list[str]:
    """Return the targets of a page's links that are files of ours."""
    found = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text())
    return [target for target in found if "://" not in target]


def test_links_between_pages_lead_somewhere() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "runbooks").rglob("*.md")]
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in pages
        for target in links(page)
        if not (page.parent / target).exists()
    ]
    assert not broken, "\n" + "\n".join(broken)


LONG = '"""Planted."""\n' + "\n" * LINES_MAX
LONG_FUNCTION = '"""Planted."""\ndef grow() -> None:\n' + "    pass\n" * FUNCTION_LINES_MAX


@pytest.mark.parametrize(
    ("rule", "path", "text"),
    [
        (file_is_short, "bot/a.py", LONG),
        (module_says_what_it_is_for, "bot/a.py", "x = 1\n"),
        (module_says_what_it_is_for, "bot/a.py", '""" """\n'),
        (functions_are_short, "bot/a.py", LONG_FUNCTION),
        (words_are_allowed, "bot/a.py", "# FIX" + "ME\n"),
        (names_say_something, "bot/utils.py", ""),
        (names_say_something, "bot/helpers/a.py", ""),
        (names_say_something, "bot/a.py", "class OrderManager: ...\n"),
        (names_say_something, "bot/a.py", "def process(): ...\n"),
        (floats_stay_at_the_edges, "bot/domain/a.py", "x = float('1')\n"),
        (only_risk_approves, "bot/engine/a.py", "order.ApprovedOrder(1)\n"),
        (only_settings_reads_the_environment, "bot/bootstrap.py", "import os\nos.environ['A']\n"),
        (handle_is_the_cores_word, "bot/services/a.py", "def handle(): ...\n"),
    ],
)
def test_a_planted_violation_is_found(rule: Rule, path: str, text: str) -> None:
    assert complaints(rule, Path(path), text)


@pytest.mark.parametrize(
    ("rule", "path", "text"),
    [
        (floats_stay_at_the_edges, "bot/engine/strategy/probability/a.py", "x = float('1')\n"),
        (only_risk_approves, "bot/engine/risk.py", "ApprovedOrder(1)\n"),
        (only_settings_reads_the_environment, "bot/settings.py", "import os\nos.environ['A']\n"),
        (handle_is_the_cores_word, "bot/engine/engine.py", "def handle(): ...\n"),
        (names_say_something, "bot/domain/market.py", "class MarketWindow: ...\n"),
    ],
)
def test_what_is_allowed_is_not_complained_of(rule: Rule, path: str, text: str) -> None:
    assert not complaints(rule, Path(path), text)
