"""The last line of the suite counts both parts, and a part that never reported has failed."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def suite() -> ModuleType:
    """Return tools/suite.py, which is a script and no package."""
    spec = importlib.util.spec_from_file_location("suite", ROOT / "tools" / "suite.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_errors_count_as_failed(suite: ModuleType, tmp_path: Path) -> None:
    report = tmp_path / "part.xml"
    report.write_text(
        '<testsuites><testsuite tests="10" failures="1" errors="2" skipped="3"/></testsuites>'
    )
    assert suite.counted(report) == {"passed": 4, "failed": 3, "skipped": 3}


def test_a_part_without_a_report_has_failed(suite: ModuleType, tmp_path: Path) -> None:
    assert suite.counted(tmp_path / "none.xml")["failed"] == 1
