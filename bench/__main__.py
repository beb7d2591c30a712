"""Run every figure of this folder, one process each, and say which could not be measured.

A file here is a script: it measures one thing, as a ratio to something measured in the same run
where that is possible, and prints `name: value (limit ...)` lines. Nothing here judges a figure.
"""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main(wanted: list[str]) -> int:
    """Run all, or those named; return how many failed to measure."""
    scripts = [file for file in sorted(HERE.glob("[a-z]*.py")) if not wanted or file.stem in wanted]
    failed = 0
    for script in scripts:
        print(f"== bench/{script.name}", flush=True)
        failed += subprocess.run([sys.executable, script], check=False).returncode != 0
    print(f"== {len(scripts) - failed} of {len(scripts)} measured")
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
