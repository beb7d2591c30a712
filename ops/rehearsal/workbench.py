"""A Pulumi project of its own around the real program: own stacks, own state, own home.

For the demo and the tests: they run the very program and provider of this checkout without
touching its stack files, a person's login or a real state.
"""

import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bot.domain.refusal import ExitCode, Refused
from ops.estate import cli
from ops.estate.cli import Cli

COMMAND_S_MAX = 180.0
POLICY_PACK = cli.ROOT / "infra" / "policy" / "pulumi-policy-poly"


@dataclass(frozen=True, slots=True)
class Done:
    """One Pulumi command that has ended."""

    code: int
    stdout: str
    stderr: str
    seconds: float

    @property
    def ok(self) -> bool:
        """Whether it succeeded."""
        return self.code == 0

    @property
    def text(self) -> str:
        """Everything it said."""
        return self.stdout + self.stderr

    def line(self) -> str:
        """Return the line that most likely says what went wrong."""
        lines = [line.strip() for line in self.text.splitlines() if line.strip()]
        errors = [line for line in lines if line.startswith(("error:", "panic:"))]
        return (errors or lines or ["no message"])[0]


@dataclass(frozen=True, slots=True)
class Workbench:
    """One folder with everything Pulumi keeps, and the environment its commands run in."""

    folder: Path
    cli: Cli
    environment: Mapping[str, str] = field(repr=False)

    @classmethod
    def make(cls, folder: Path, found: Cli, environment: Mapping[str, str]) -> "Workbench":
        """Lay out the folder; what is there already is kept."""
        import msgspec  # noqa: PLC0415 - heavy, and needed here only

        for part in ("home", "state", "project/stacks"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        project = msgspec.yaml.decode((cli.ROOT / "Pulumi.yaml").read_bytes())
        project["main"] = str(cli.ROOT / project["main"])
        project["stackConfigDir"] = "stacks"
        project["runtime"]["options"]["virtualenv"] = str(cli.ROOT / ".venv")
        for provider in project["plugins"]["providers"]:
            provider["path"] = str(cli.ROOT / provider["path"])
        (folder / "project" / "Pulumi.yaml").write_bytes(msgspec.yaml.encode(project))
        # Whoever can read this folder can read the demo's secrets, and there are none of anyone's.
        settings = cli.offline(folder / "home", folder / "state", folder.name)
        return cls(folder, found, {**environment, **settings})

    def config_file(self, stack: str) -> Path:
        """Return where a stack's keys are."""
        return self.folder / "project" / "stacks" / f"Pulumi.{stack}.yaml"

    def init(self, stack: str, keys: Mapping[str, object]) -> None:
        """Make a stack with these keys.

        Raises:
            Refused: Pulumi would not.

        """
        self.write(stack, keys)
        self.must("stack", "init", stack)

    def write(self, stack: str, keys: Mapping[str, object]) -> None:
        """Set keys in a stack's file, leaving the others and its encryption as they are."""
        import msgspec  # noqa: PLC0415 - heavy, and needed here only

        file = self.config_file(stack)
        document = msgspec.yaml.decode(file.read_bytes()) if file.exists() else {}
        config = {
            **document.get("config", {}),
            **{f"poly:{key}": value for key, value in keys.items()},
        }
        document["config"] = {key: value for key, value in config.items() if value is not None}
        file.write_bytes(msgspec.yaml.encode(document))

    def pulumi(
        self,
        *arguments: str,
        timeout_s: float = COMMAND_S_MAX,
        also: Mapping[str, str] | None = None,
    ) -> Done:
        """Run one Pulumi command to its end, whatever its end."""
        began = time.monotonic()
        ended = cli.run(
            self.cli,
            arguments,
            {**self.environment, **(also or {})},
            folder=self.folder / "project",
            timeout_s=timeout_s,
        )
        seconds = time.monotonic() - began
        return Done(ended.returncode, ended.stdout, ended.stderr, seconds)

    def must(self, *arguments: str, also: Mapping[str, str] | None = None) -> Done:
        """Run one Pulumi command that has to succeed.

        Raises:
            Refused: it did not; the line is what Pulumi said first.

        """
        done = self.pulumi(*arguments, also=also)
        if not done.ok:
            raise Refused(f"pulumi {' '.join(arguments[:2])}: {done.line()}", ExitCode.OUTSIDE)
        return done

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        """Start one Pulumi command without waiting for it."""
        return subprocess.Popen(
            [str(self.cli.path), *arguments, "--non-interactive", "--color", "never"],
            cwd=self.folder / "project",
            env=self.cli.environment(self.environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
