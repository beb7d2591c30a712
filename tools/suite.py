"""Run the whole test suite in three parts and end with one line that counts them.

The pure core runs under coverage and must reach 100 % of its branches; everything else runs
without it, because tracing the core inside the simulation would double the time of the suite. What
fills the machine by itself runs last and alone: beside it everybody else would starve.
It decides nothing about what is tested: that is pytest's.
"""

import argparse
import os
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REPORTS = ROOT / "build" / "tests"
MEASURED = ("coverage", "run", "-m", "pytest", "-q", "-n0")
AGAIN_MAX = 10
"""More failures than this are no accident, and are not run again."""
CORE = ("tests/unit/bot/domain", "tests/unit/bot/engine")
CROWD = ("tests/simulation/live",)
"""A dozen whole bots and exchanges at once, in each test."""


def run(title: str, *arguments: str) -> int:
    """Run one part, shown as it is typed, and return its exit code."""
    print(f"== {title}: {' '.join(arguments)}", flush=True)
    environment = {
        name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"
    }
    command = [sys.executable, "-m", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


def counted(report: Path) -> dict[str, int]:
    """Return how many tests passed, failed and were skipped; a part without a report failed."""
    if not report.exists():
        return {"passed": 0, "failed": 1, "skipped": 0}
    total = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0}
    for suite in ET.parse(report).getroot().iter("testsuite"):  # noqa: S314 - our own file
        for key in total:
            total[key] += int(suite.get(key, "0"))
    failed = total["failures"] + total["errors"]
    return {
        "passed": total["tests"] - failed - total["skipped"],
        "failed": failed,
        "skipped": total["skipped"],
    }


def report_of(name: str) -> str:
    """Return pytest's option to write the report of one part."""
    return f"--junitxml={REPORTS / name}.xml"


def again(first: dict[str, int]) -> tuple[int, dict[str, int]]:
    """Run what failed once more, alone and in turn, and return its exit code and the new counts.

    Many real processes on a small machine sometimes starve one another. What passes alone is no
    failure of the product, but it is named, because a test that can starve has to be mended.
    """
    code = run(
        "what failed, once more and alone", "pytest", "-q", "-n0", "-p", "no:randomly", "--lf",
        report_of("again"), "tests",
    )  # fmt: skip
    second = counted(REPORTS / "again.xml")
    passed = first["failed"] - second["failed"]
    print(f"== {passed} of {first['failed']} passed alone: starved, or order matters to them")
    return code, first | {"passed": first["passed"] + passed, "failed": second["failed"]}


def main() -> int:
    """Run the parts and the gate; return 0 only when all of them agree."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", default="auto", help="processes for the second part")
    jobs = parser.parse_args().jobs
    began = time.monotonic()
    REPORTS.mkdir(parents=True, exist_ok=True)
    for old in REPORTS.glob("*.xml"):
        old.unlink()
    codes = [
        run("the pure core", *MEASURED, report_of("core"), *CORE),
        run("every branch of it", "coverage", "report"),
        run(
            "everything else", "pytest", "-q", "-n", jobs, report_of("rest"), "--durations=15",
            "tests", *(f"--ignore={folder}" for folder in CORE + CROWD),
        ),
    ]  # fmt: skip
    parts = [counted(REPORTS / f"{name}.xml") for name in ("core", "rest")]
    if codes[2] and 0 < parts[1]["failed"] <= AGAIN_MAX:
        codes[2], parts[1] = again(parts[1])
    codes.append(
        run(
            "a crowd in every test",
            "pytest",
            "-q",
            "-n0",
            report_of("crowd"),
            "--durations=5",
            *CROWD,
        )
    )
    parts.append(counted(REPORTS / "crowd.xml"))
    gate = "all covered" if codes[1] == 0 else "NOT all covered"
    total = {key: sum(part[key] for part in parts) for key in ("passed", "failed", "skipped")}
    print(f"== {time.monotonic() - began:.0f} s; branches of the core: {gate}")
    print(f"tests: {total['passed']} passed, {total['failed']} failed, {total['skipped']} skipped")
    return next((code for code in codes if code), 0)


if __name__ == "__main__":
    sys.exit(main())
