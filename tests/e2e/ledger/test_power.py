"""After a power cut every acknowledged entry is there: the fsync is real.

power.py does it on a file system of its own; it needs root and loop devices.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.ledger.power import CANNOT

CYCLES = 12
POWER = Path(__file__).with_name("power.py")


@pytest.mark.slow
def test_a_power_cut_loses_nothing_acknowledged(tmp_path: Path) -> None:
    if os.geteuid() or not shutil.which("unshare"):
        pytest.skip("needs root and a mount namespace")
    done = subprocess.run(
        ["unshare", "--mount", sys.executable, str(POWER), str(tmp_path), str(CYCLES)],  # noqa: S607
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode == CANNOT:
        pytest.skip(done.stderr.strip())
    assert done.returncode == 0, done.stderr

    said = json.loads(done.stdout)
    assert said["controls_kept"] == 0, "no power was cut: the test would prove nothing"
    assert said["lost"] == 0
    assert said["whole"]
    assert said["acked"] > CYCLES * 10
