"""Find the Pulumi CLI this checkout uses, and run it against a stack.

One order for everyone (make, demo, tests, `poly infra`): the `pulumi` on PATH, the one the vendor's
installer leaves in the home directory, the one `make pulumi` built. The first that is new enough
and has its Python language host is taken. Nothing is installed or downloaded here.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.domain.refusal import ExitCode, Refused

ROOT = Path(__file__).resolve().parents[2]
BUILT = ROOT / "build" / "pulumi"
OLDEST = (3, 259, 0)
HOST = "pulumi-language-python"
ANSWER_S_MAX = 30.0
REMEDY = "run `make pulumi` (5 minutes, needs Go 1.26) or install it: see README, Pulumi"


@dataclass(frozen=True, slots=True)
class Cli:
    """One Pulumi CLI that answers, is new enough and has its Python host."""

    path: Path
    version: str

    def environment(self, base: Mapping[str, str]) -> dict[str, str]:
        """Return `base` with this CLI and our own Python first on PATH.

        The language host that can be built from the module proxy ignores `virtualenv` and runs
        the first `python3` of PATH, so that has to be the one with our packages.
        """
        first = [str(Path(sys.executable).parent), str(self.path.parent)]
        return {**base, "PATH": os.pathsep.join([*first, base.get("PATH", os.defpath)])}


@dataclass(frozen=True, slots=True)
class Unusable:
    """A CLI that was found and cannot be used, and why."""

    path: Path
    reason: str


def find() -> Cli | None:
    """Return the Pulumi CLI to use, or None where there is none."""
    return next((found for found in look() if isinstance(found, Cli)), None)


def need() -> Cli:
    """Return the Pulumi CLI to use.

    Raises:
        Refused: there is none, or only unusable ones; the line says why and how to get one.

    """
    looked = list(look())
    for found in looked:
        if isinstance(found, Cli):
            return found
    why = "; ".join(
        f"{found.path} {found.reason}" for found in looked if isinstance(found, Unusable)
    )
    raise Refused(f"pulumi: {why or 'not found'}; {REMEDY}", ExitCode.OUTSIDE)


def look() -> Iterator[Cli | Unusable]:
    """Look at every place in order; one finding for each CLI that is there."""
    on_path = shutil.which("pulumi")
    places = [
        *([Path(on_path)] if on_path else []),
        Path.home() / ".pulumi" / "bin" / "pulumi",
        BUILT / "pulumi",
    ]
    for place in dict.fromkeys(places):
        if place.is_file():
            yield examine(place)


def examine(path: Path) -> Cli | Unusable:
    """Ask one CLI for its version and look for its Python host beside it or on PATH."""
    try:
        asked = subprocess.run(
            [str(path), "version"],
            capture_output=True,
            text=True,
            timeout=ANSWER_S_MAX,
            check=False,
            env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"},
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return Unusable(path, f"does not answer `version` ({type(error).__name__})")
    version = parse(asked.stdout)
    if asked.returncode or version is None:
        return Unusable(path, "does not say its version")
    if version < OLDEST:
        return Unusable(path, f"is {dotted(version)}, older than {dotted(OLDEST)}")
    if not (path.with_name(HOST).is_file() or shutil.which(HOST)):
        return Unusable(path, f"has no {HOST} beside it or on PATH")
    return Cli(path, dotted(version))


def parse(answer: str) -> tuple[int, int, int] | None:
    """Read `v3.259.0` or `3.259.0-dev`; None when it is no version."""
    found = re.match(r"v?(\d+)\.(\d+)\.(\d+)", answer.strip())
    return (int(found[1]), int(found[2]), int(found[3])) if found else None


def dotted(version: tuple[int, int, int]) -> str:
    """Write a version as people do."""
    return ".".join(map(str, version))


def offline(home: Path, state: Path, passphrase: str) -> dict[str, str]:
    """Return the settings of a Pulumi that keeps everything in two directories and asks nobody."""
    return {
        "PULUMI_HOME": str(home),
        "PULUMI_BACKEND_URL": f"file://{state}",
        "PULUMI_CONFIG_PASSPHRASE": passphrase,
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_SKIP_CONFIRMATIONS": "true",
        "PULUMI_ERROR_OUTPUT_STRING": "true",
    }


def project(start: Path | None = None) -> Path:
    """Return the folder of the Pulumi project around a folder, else this checkout's."""
    here = (start or Path.cwd()).resolve()
    return next((one for one in (here, *here.parents) if (one / "Pulumi.yaml").is_file()), ROOT)


def run(
    cli: Cli,
    arguments: Sequence[str],
    environment: Mapping[str, str],
    *,
    folder: Path | None = None,
    timeout_s: float,
) -> subprocess.CompletedProcess[str]:
    """Run one Pulumi command to its end, without a terminal and without colours.

    In `folder`, else in the project around the current one.

    Raises:
        Refused: it did not end in time; what it did until then is unknown.

    """
    command = [str(cli.path), *arguments, "--non-interactive", "--color", "never"]
    try:
        return subprocess.run(
            command,
            cwd=folder or project(),
            env=cli.environment(environment),
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Refused(
            f"pulumi {arguments[0]} did not end within {timeout_s:.0f} s; "
            "run `pulumi stack export` and look for pending operations before repeating it",
            ExitCode.UNKNOWN_OUTCOME,
        ) from None
