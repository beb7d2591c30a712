"""Each import contract breaks when it is violated: one planted import each, in a copied tree.

All are planted at once and the linter runs once; a contract counts as proved only when its own
part of the report names the planted module.
"""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("bot", "infra", "ops", "sandbox")

# contract -> file, what is planted in it, and what the report of that contract has to say
PLANTED: dict[str, tuple[tuple[str, str], ...]] = {
    "layers": (("bot/domain/planted_layer.py", "import bot.ports"), ("bot/planted_room.py", "")),
    "adapters-apart": (
        ("bot/adapters/wire/planted_wire.py", "import bot.adapters.replay.source"),
        ("bot/adapters/planted_adapter.py", ""),
    ),
    "core-pure": (
        ("bot/domain/planted_io.py", "import httpx"),
        ("bot/engine/planted_clock.py", "import time"),
    ),
    "bot-alone": (("bot/planted_bot.py", "import ops.report"),),
    "infra-alone": (("infra/planted_infra.py", "import bot.domain"),),
    "sandbox-alone": (("sandbox/planted_sandbox.py", "import bot.domain"),),
    "ops-starts-processes": (
        ("ops/planted_ops.py", "import sandbox.faults"),
        ("ops/planted_start.py", "import bot.bootstrap"),
        ("ops/planted_loop.py", "import bot.services.loop"),
    ),
    "ops-engine": (
        ("ops/planted_engine.py", "import bot.engine.risk"),
        ("ops/planted_strategy.py", "import bot.engine.strategy.registry"),
    ),
    "acyclic": (
        ("sandbox/planted_left.py", "import sandbox.planted_right"),
        ("sandbox/planted_right.py", "import sandbox.planted_left"),
    ),
}


def contracts() -> dict[str, str]:
    """Return the contracts of the project, id to name."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    return {contract["id"]: contract["name"] for contract in settings["contracts"]}


def report(tree: Path) -> str:
    """Return what the linter says of a tree."""
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"]
    ran = subprocess.run(
        [*command, "--no-logo", "--no-cache", "--config", str(tree / "pyproject.toml")],
        cwd=tree,
        env={"PYTHONPATH": str(tree), "COLUMNS": "500"},
        capture_output=True,
        text=True,
        check=False,
    )
    return re.sub(r"\x1b\[[0-9;]*m", "", ran.stdout + ran.stderr)


@pytest.fixture(scope="module")
def planted_report(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Copy the tree, plant every violation, lint once."""
    tree = tmp_path_factory.mktemp("planted")
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package, tree / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    shutil.copy(ROOT / "pyproject.toml", tree)
    for plants in PLANTED.values():
        for file, line in plants:
            (tree / file).write_text(f'"""Planted."""\n\n{line}\n')
    return report(tree)


def test_every_contract_has_a_planted_violation() -> None:
    assert set(PLANTED) == set(contracts())


@pytest.mark.parametrize("contract", sorted(PLANTED))
def test_the_planted_violation_breaks_the_contract(contract: str, planted_report: str) -> None:
    name = contracts()[contract]
    assert f"{name} BROKEN" in planted_report, planted_report
    details = planted_report.split("Broken contracts")[1]
    own = re.split(rf"^{re.escape(name)}\n-+$", details, flags=re.MULTILINE)[1]
    own = re.split(r"^.+\n-{5,}$", own, flags=re.MULTILINE)[0]
    for file, _ in PLANTED[contract]:
        module = file.removesuffix(".py").replace("/", ".")
        assert module in own or module.rpartition(".")[2] in own, own
