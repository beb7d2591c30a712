"""`pulumi up` on a stand-in of Railway without faults: from nothing, and with nothing to do.

Wall time, because a person waits for it; and how many requests of Railway's hourly budget it takes.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from ops.estate.cli import find
from ops.rehearsal import standin
from ops.rehearsal.standin import StandIn
from ops.rehearsal.workbench import POLICY_PACK, Workbench

STACK = "bench"
KEYS: dict[str, object] = {
    "plan": "pro",
    "region": "europe-west4-drams3a",
    "regionSignedOff": "europe-west4-drams3a 2026-11-23 bench, no order leaves this machine",
    "image": "ghcr.io/example/poly@sha256:" + "0" * 64,
    "startCommand": "sleep 600",
    "bucket": "poly-backups",
    "backupSchedule": ["DAILY"],
}


def start(
    command: list[str],
    *,
    environment: dict[str, str] | None = None,
    output: int | None = None,
    errors: int | None = None,
) -> "subprocess.Popen[bytes]":
    """Start the stand-in."""
    return subprocess.Popen(command, env=environment, stdout=output, stderr=errors)


def requests(railway: StandIn) -> int:
    """Return how many requests the stand-in has answered."""
    truth = railway.control("truth")
    assert isinstance(truth, dict)
    return int(truth["requests"])


def measure(bench: Workbench, railway: StandIn) -> None:
    """Print the figures."""
    bench.init(STACK, KEYS)
    pack = ("--policy-pack", str(POLICY_PACK))
    for name, limit_s, more in (
        ("from nothing", 30, ()),
        ("without changes", 6, ("--expect-no-changes",)),
        ("without changes, refreshed", 6, ("--expect-no-changes", "--refresh", "--skip-preview")),
    ):
        before = requests(railway)
        done = bench.must("up", "--yes", "--stack", STACK, *more)
        used = requests(railway) - before
        limit = "" if name == "from nothing" else " (limit 12)"
        print(f"up {name}: {done.seconds:.1f} s (limit {limit_s} s), {used} requests{limit}")
    done = bench.must("preview", "--stack", STACK, *pack)
    print(f"preview under the policies: {done.seconds:.1f} s")


def main() -> int:
    """Measure, or say in one line why not."""
    found = find()
    if found is None:
        print("no usable pulumi: run `make pulumi`")
        return 1
    with tempfile.TemporaryDirectory() as folder:
        railway = standin.start(Path(folder) / "railway", start, options=("--plan", "pro"))
        try:
            environment = {**os.environ, **railway.environment()}
            measure(Workbench.make(Path(folder) / "pulumi", found, environment), railway)
        finally:
            railway.process.terminate()
            railway.process.wait(20)
            if railway.process.stdout is not None:
                railway.process.stdout.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
