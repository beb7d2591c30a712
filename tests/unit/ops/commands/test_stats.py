"""What is shown is what the statistics say of the ledger's rows; too few say nothing."""

from pathlib import Path

import pytest

from tests.unit.ops.commands.test_reading import asked, run


def test_one_order_says_nothing_yet(
    closed_ledger: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = asked(capsys, closed_ledger, "stats")
    assert said["ok"] is True
    rows = {row["measure"]: row for row in list(said["measures"])}  # type: ignore[call-overload]
    assert list(rows) == ["slippage", "fill_ratio", "latency", "fee", "hit_rate"]
    assert {row["samples"] for row in rows.values()} <= {0, 1}
    assert {row["worse"] for row in rows.values()} == {False}
    code, out, _ = run(capsys, "stats", "--last", "20", "--data-dir", str(closed_ledger))
    assert (code, out.count("\n")) == (0, 6)


def test_a_number_that_cannot_be_is_refused(
    closed_ledger: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = run(capsys, "stats", "--last", "1", "--data-dir", str(closed_ledger))
    assert (code, "--last" in err) == (2, True)
