"""The demo: one story in acts, each a file here; `poly demo` plays them in the order of `ACTS`.

An act is a module of this package with

    NAME = "trade"                      what `poly demo --act NAME` takes
    TITLE = "..."                       one line, the heading of the act

    def play(stage: Stage) -> dict[str, object]: ...

and, where something slow has to be made ready first (a build), also

    def prepare(stage: Stage) -> None: ...

which is called for every act before the first one plays and must return at once, leaving its work
to a process it gives to `stage.start`; with

    def ready(stage: Stage) -> bool: ...

an act that is still being prepared plays after those that are not.

`play` tells its story with `stage.say`, shows what moves with `stage.progress`, keeps every file
under `stage.workdir` (empty when it begins), starts processes only through `stage.start` (whatever
still lives at the end is killed with its children), may put a chapter into
`build/demo/report.html` by `stage.chapter`, and returns a flat result whose `ok` says whether what
it shows was true. An act that cannot play here raises `Skipped(why)` with one line that says what
to do; the demo plays the rest. It never prints to stdout by itself: with `--json` that belongs to
the one object at the end.
"""

import importlib
from typing import Protocol

from ops.demo.stage import Skipped, Stage

__all__ = ["ACTS", "Act", "Skipped", "Stage", "load"]

ACTS = ("trade", "estate", "live", "kill")
"""The order of the story."""


class Act(Protocol):
    """What a module of this package has to have."""

    NAME: str
    TITLE: str

    def play(self, stage: Stage) -> dict[str, object]:
        """Show it and say whether it was true."""
        ...


def load(name: str) -> Act:
    """Return an act by its name; only then its module is imported."""
    act: Act = importlib.import_module(f"ops.demo.{name}")
    return act
