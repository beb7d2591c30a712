"""Have a Pulumi CLI: name the one that is there, or build it from the Go module proxy.

`python tools/pulumi/build.py` finds or builds; `--which` only finds; `--json` prints one object.
Needs Go only when it has to build. It builds into build/pulumi and changes nothing else; Go's own
module and build caches make the second build a matter of seconds.
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.domain.refusal import ExitCode, Refused
from ops.estate.cli import BUILT, HOST, REMEDY, Cli, Unusable, examine, look

HERE = Path(__file__).resolve().parent
SDK = "github.com/pulumi/pulumi/sdk/v3"
GO_OLDEST = (1, 26)
BUILD_S_MAX = 3600.0
PROGRESS_S = 15.0


@dataclass(frozen=True, slots=True)
class Part:
    """One binary and the module that pins it."""

    name: str
    folder: Path
    package: str
    version: str


PARTS = (
    Part(HOST, HERE / "language-python", f"{SDK}/python/cmd/pulumi-language-python", "v3.79.0"),
    Part("pulumi", HERE / "cli", "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi", "v3.259.0"),
)


def say(line: str) -> None:
    """Report progress without touching stdout, which is for the answer."""
    print(line, file=sys.stderr, flush=True)


def go_tool() -> str:
    """Return the Go command.

    Raises:
        Refused: there is none, or it is too old to build this.

    """
    go = shutil.which("go")
    if go is None:
        raise Refused(
            f"go: not found on PATH, and no usable pulumi either; {REMEDY}", ExitCode.OUTSIDE
        )
    said = subprocess.run([go, "env", "GOVERSION"], capture_output=True, text=True, check=False)
    numbers = said.stdout.strip().removeprefix("go").split(".")[:2]
    if not all(part.isdigit() for part in numbers) or tuple(map(int, numbers)) < GO_OLDEST:
        raise Refused(
            f"go: {said.stdout.strip() or 'no answer'} is older than go1.26; {REMEDY}",
            ExitCode.OUTSIDE,
        )
    return go


def stamp(parts: Sequence[Part] = PARTS) -> str:
    """Return a digest of everything that decides what is built."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(f"{part.name} {part.package} {part.version}\n".encode())
        for name in ("go.mod", "go.sum"):
            digest.update((part.folder / name).read_bytes())
    return digest.hexdigest()


def build() -> None:
    """Build every part into build/pulumi, or find it built from the same modules."""
    record = BUILT / "built-from"
    wanted = stamp()
    built = all((BUILT / part.name).is_file() for part in PARTS)
    if built and record.is_file() and record.read_text().strip() == wanted:
        return
    go = go_tool()
    BUILT.mkdir(parents=True, exist_ok=True)
    say("pulumi: building from the Go module proxy: about 5 minutes on 2 cores the first time")
    began = time.monotonic()
    for part in PARTS:
        compile_part(go, part, BUILT, began)
    install_executor(go)
    record.write_text(wanted + "\n")
    say(f"pulumi: built in {time.monotonic() - began:.0f} s")


def compile_part(go: str, part: Part, into: Path, began: float) -> None:
    """Compile one binary, telling every 15 s how far it is."""
    say(f"pulumi: {part.name} {part.version}: fetching modules")
    listed = must(go, part, ["list", "-deps", "-tags=osusergo,grpcnotrace", part.package])
    packages = len(listed.splitlines())
    flags = f"-s -w -X {SDK}/go/common/version.Version={part.version}"
    command = [
        *([nice, "-n", "10"] if (nice := shutil.which("nice")) else []),
        *[go, "build", "-v", "-mod=readonly", "-trimpath", "-tags=osusergo,grpcnotrace"],
        *["-ldflags", flags, "-o", str(into / part.name), part.package],
    ]
    worker = subprocess.Popen(
        command, cwd=part.folder, env=environment(), stderr=subprocess.PIPE, text=True
    )
    overdue = threading.Timer(BUILD_S_MAX, worker.kill)
    overdue.start()
    with worker:
        try:
            tail = follow(worker, part, packages, began)
        finally:
            overdue.cancel()
    if worker.returncode:
        raise Refused(f"go build of {part.name} failed: {tail}; {REMEDY}", ExitCode.OUTSIDE)


def follow(worker: "subprocess.Popen[str]", part: Part, packages: int, began: float) -> str:
    """Count compiled packages as `go build -v` names them; return the last line it said."""
    last, told = "", 0.0
    for done, line in enumerate(worker.stderr or (), start=1):
        last = line.strip()
        if time.monotonic() - told >= PROGRESS_S:
            told = time.monotonic()
            say(f"pulumi: {part.name}: {done} of {packages} packages, {told - began:.0f} s")
    return last


def install_executor(go: str) -> None:
    """Put the script that runs a Python program beside its language host, executable."""
    part = next(part for part in PARTS if part.name == "pulumi")
    folder = must(go, part, ["list", "-m", "-f", "{{.Dir}}", SDK]).strip()
    target = BUILT / f"{HOST}-exec"
    shutil.copyfile(Path(folder) / "python" / "cmd" / target.name, target)
    target.chmod(0o755)


def must(go: str, part: Part, arguments: list[str]) -> str:
    """Run one Go command in a part's module and return what it printed."""
    done = subprocess.run(
        [go, *arguments],
        cwd=part.folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=BUILD_S_MAX,
        check=False,
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise Refused(
            f"go {arguments[0]} of {part.name} failed: {last}; {REMEDY}", ExitCode.OUTSIDE
        )
    return done.stdout


def environment() -> dict[str, str]:
    """Return the environment of the build: no C compiler needed, no work file of a parent."""
    return {**os.environ, "CGO_ENABLED": "0", "GOWORK": "off"}


def obtain(*, only_look: bool) -> Cli:
    """Return a usable CLI, building one where none is found and it is allowed.

    Raises:
        Refused: none is there and none can be built.

    """
    for found in look():
        if isinstance(found, Cli):
            return found
        say(f"pulumi: {found.path} {found.reason}: not used")
    if only_look:
        raise Refused(f"pulumi: not found; {REMEDY}", ExitCode.OUTSIDE)
    build()
    found = examine(BUILT / "pulumi")
    if isinstance(found, Unusable):
        raise Refused(f"pulumi: the built {found.path} {found.reason}", ExitCode.BUG)
    return found


def main() -> None:
    """Print which Pulumi is used and how to put it on PATH."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--which", action="store_true", help="only look; build nothing")
    parser.add_argument("--build", action="store_true", help="build even if one is installed")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    given = parser.parse_args()
    try:
        if given.build:
            build()
        cli = obtain(only_look=given.which)
    except Refused as refused:
        say(str(refused))
        sys.exit(refused.code)
    if given.json:
        print(json.dumps({"path": str(cli.path), "version": cli.version}))
        return
    python = Path(sys.executable).parent
    print(f"pulumi {cli.version} at {cli.path}")
    print(f"  export PATH={python}:{cli.path.parent}:$PATH")


if __name__ == "__main__":
    main()
