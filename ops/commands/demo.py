"""`poly demo`: play the story, act by act, and write its report.

It decides nothing about an act; it only gives each one the stage and adds up what they say.
"""

from pathlib import Path

import click

from bot.domain.refusal import ExitCode, Refused
from ops import demo
from ops.demo.page import write
from ops.report import as_json, emit

FOLDER = Path("build") / "demo"


@click.command(
    epilog="\b\nExample:\n  poly demo --act trade\n\n\b\nExit codes:\n"
    "  0    all that it shows was true\n  1    something was not\n  2    no such act\n"
    "  130  interrupted (what it started is gone)"
)
@click.option("--act", "only", help=f"Play one act: {', '.join(demo.ACTS)}.")
@click.option("--seed", default=7, show_default=True, help="Decides the instants of the kills.")
@click.option(
    "--folder", type=click.Path(path_type=Path), default=FOLDER, show_default=True,
    help="Where it works and writes report.html.",
)  # fmt: skip
@as_json
def command(only: str | None, seed: int, folder: Path, *, as_json: bool) -> None:
    """Play the whole story on recorded real windows: no account, no network, no risk."""
    names = demo.ACTS
    if only is not None and only not in names:
        raise Refused(f"--act: must be one of {', '.join(names)}, was {only!r}", ExitCode.USAGE)
    wanted = (only,) if only else names
    folder = folder.absolute()
    with demo.Stage(folder, seed=seed, as_json=as_json) as stage:
        results = play(stage, wanted)
        report = write(folder / "report.html", stage.chapters) if stage.chapters else None
        if report:
            stage.say(f"\nThe same as pictures: {report}")
    ok = all(result["ok"] or (not only and "skipped" in result) for result in results.values())
    if as_json and only:
        emit({"ok": ok, "act": only, **results[only]})
    elif as_json:
        emit({"ok": ok, "acts": results, "report": str(report) if report else None})
    raise SystemExit(0 if ok else 1)


def play(stage: demo.Stage, names: tuple[str, ...]) -> dict[str, dict[str, object]]:
    """Prepare every act, play them in order, and return what each one said."""
    acts = {name: demo.load(name) for name in names}
    for name, act in acts.items():
        stage.enter(name)
        getattr(act, "prepare", lambda _: None)(stage)
    results: dict[str, dict[str, object]] = {}
    waiting = list(acts)
    for number in range(1, len(acts) + 1):
        name = next((one for one in waiting if is_ready(acts[one], stage, one)), waiting[0])
        waiting.remove(name)
        act, stage.act = acts[name], name
        stage.say(f"{'' if number == 1 else chr(10)}Act {number} of {len(acts)}: {act.TITLE}\n")
        try:
            results[name] = act.play(stage)
        except demo.Skipped as skipped:
            stage.say(f"skipped: {skipped}")
            results[name] = {"ok": False, "skipped": str(skipped)}
        stage.progress()
    return results


def is_ready(act: demo.Act, stage: demo.Stage, name: str) -> bool:
    """Say whether an act can play at once; one that is still being made ready plays later."""
    stage.act = name
    return bool(getattr(act, "ready", lambda _: True)(stage))
