"""The demo's act of the estate tells the truth, or in one line why it cannot play."""

import json
import os
import subprocess
import sys
from pathlib import Path

from ops.estate.cli import Cli

ACT_S_MAX = 280


def act(folder: Path, environment: dict[str, str]) -> tuple[int, dict[str, object], str]:
    """Play the act and return its exit code, its object and its story."""
    done = subprocess.run(
        [sys.executable, "-m", "ops", "demo", "--act", "estate", "--json"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=ACT_S_MAX,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    (line,) = done.stdout.splitlines()
    return done.returncode, json.loads(line), done.stderr


def test_the_act_shows_a_ledger_that_survives(cli: Cli, tmp_path: Path) -> None:
    code, said, story = act(tmp_path, dict(os.environ))
    assert code == 0, story
    assert said["ok"] is True
    assert said["pulumi_version"] == cli.version
    assert said["unchanged_up_changes"] == 0
    assert said["deployments"] == 3
    before, after = said["rows_before"], said["rows_after"]
    assert isinstance(before, int)
    assert isinstance(after, int)
    assert 0 < before < after
    assert said["content_hash_continues"] is True
    assert (said["drift_found"], said["drift_repaired"]) == (True, True)
    assert (tmp_path / "build" / "demo" / "report.html").stat().st_size > 0


def test_without_pulumi_and_go_the_act_says_how_to_get_it(tmp_path: Path) -> None:
    """A copy of the checkout without build/, on a machine with neither."""
    root = Path(__file__).resolve().parents[3]
    for name in ("bot", "infra", "tools", "strategies", "Pulumi.yaml"):
        (tmp_path / name).symlink_to(root / name)
    copy(root / "ops", tmp_path / "ops")  # where this lies decides where build/ is looked for
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "PYTHONPATH": str(tmp_path)}
    code, said, story = act(tmp_path, environment)
    assert (code, said["ok"]) == (1, False)
    assert "make pulumi" in str(said["skipped"])
    assert story.count("make pulumi") == 1


def copy(source: Path, target: Path) -> None:
    """Copy a package's sources."""
    for file in source.rglob("*"):
        if file.suffix in {".py", ".css"}:
            place = target / file.relative_to(source)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(file.read_bytes())
