"""The build of the Pulumi CLI: one version everywhere, one clear line where it cannot be."""

import importlib.util
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

from bot.domain.refusal import ExitCode, Refused
from ops.estate.cli import OLDEST, ROOT, dotted

FOLDER = ROOT / "tools" / "pulumi"


def load() -> ModuleType:
    """Import the script, which is no package."""
    spec = importlib.util.spec_from_file_location("pulumi_build", FOLDER / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


build = load()


def go(folder: Path, script: str) -> None:
    """Put a Go on PATH that does what the script says."""
    path = folder / "go"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_cli_sdk_and_oldest_accepted_are_one_version() -> None:
    wanted = dotted(OLDEST)
    module = (FOLDER / "cli" / "go.mod").read_text()
    assert set(re.findall(r"pulumi/pulumi/(?:pkg|sdk)/v3 v([\d.]+)", module)) == {wanted}
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert f"pulumi=={wanted}" in extras["optional-dependencies"]["demo"]
    assert f'requiredPulumiVersion: ">={wanted}"' in (ROOT / "Pulumi.yaml").read_text()


def test_what_is_built_says_the_version_its_module_pins() -> None:
    for part in build.PARTS:
        assert f" {part.version} " in (part.folder / "go.mod").read_text().replace("\n", " ")


def test_the_lists_of_hashes_name_modules_and_no_server() -> None:
    for part in build.PARTS:
        lines = (part.folder / "go.sum").read_text().splitlines()
        assert lines
        assert not [line for line in lines if "://" in line or len(line.split()) != 3]


def test_without_go_the_line_says_how_to_get_pulumi(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Refused, match=r"go: not found .* `make pulumi`") as refused:
        build.go_tool()
    assert refused.value.code is ExitCode.OUTSIDE


@pytest.mark.parametrize(
    ("version", "usable"),
    [
        ("go1.26.8", True),
        ("go1.27", True),
        ("go2.0.1", True),
        ("go1.25.11", False),
        ("devel", False),
    ],
)
def test_go_older_than_the_modules_need_is_refused_before_it_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, *, usable: bool
) -> None:
    go(tmp_path, f"echo {version}")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    if usable:
        assert build.go_tool() == str(tmp_path / "go")
    else:
        with pytest.raises(Refused, match=version):
            build.go_tool()


def test_a_failed_build_is_one_line_with_gos_last_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go(
        tmp_path,
        'case "$1" in list) echo one; echo two;; *) echo "no space left" >&2; exit 1;; esac',
    )
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    with pytest.raises(Refused, match=r"go build of pulumi failed: no space left") as refused:
        build.compile_part(str(tmp_path / "go"), build.PARTS[1], tmp_path, 0.0)
    assert "\n" not in str(refused.value)


def test_the_stamp_follows_the_modules(tmp_path: Path) -> None:
    before = build.stamp()
    part = build.PARTS[0]
    for name in ("go.mod", "go.sum"):
        (tmp_path / name).write_bytes((part.folder / name).read_bytes() + b"\n")
    changed = build.Part(part.name, tmp_path, part.package, part.version)
    assert build.stamp((changed, *build.PARTS[1:])) != before


def test_looking_never_builds(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(FOLDER / "build.py"), "--which", "--json"],
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode in {0, ExitCode.OUTSIDE}
    assert "building" not in done.stderr
