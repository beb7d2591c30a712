"""The act of the estate: the real Pulumi engine, a stand-in of Railway, a bot that is redeployed.

It shows what cost the operator a ledger once: a container that goes away. Everything runs here, in
processes of this machine; nothing of a person's Pulumi or Railway is touched.
"""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bot.domain.refusal import Refused
from infra.railway.calls import deployments, environments
from infra.railway.errors import RailwayError
from ops.demo.page import rows, tiles
from ops.demo.stage import Skipped, Stage
from ops.estate import cli
from ops.estate.drift import changes, parse
from ops.estate.stack import Target
from ops.persistence import judge, redeploy
from ops.persistence.judge import Evidence, Verdict
from ops.persistence.service import Service, until
from ops.rehearsal import standin
from ops.rehearsal.standin import StandIn
from ops.rehearsal.workbench import POLICY_PACK, Done, Workbench

NAME = "estate"
TITLE = "pulumi up makes the whole Railway estate, and a redeploy loses nothing"

STACK = "demo"
REGION = "europe-west4-drams3a"
SPEED = "200"
"""Times real time: the recorded windows then last about 100 s, longer than this act."""
FILLS_MIN = 3
TRADED_S_MAX = 45.0
SPOKEN_S_MAX = 60.0
BUILD_S_MAX = 1800.0
DRAINING_S = 45
ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
LOG = "build-pulumi.log"

_builds: list["subprocess.Popen[bytes]"] = []


@dataclass(slots=True)
class Scene:
    """What the act has built up so far, and what it will answer."""

    stage: Stage
    railway: StandIn
    bench: Workbench
    result: dict[str, object] = field(default_factory=dict)

    def target(self) -> Target:
        """Return where the stack's bot runs."""
        said = self.bench.must("stack", "output", "--json", "--stack", STACK)
        made = parse(said.stdout) or {}
        names = ("projectId", "environmentId", "serviceId")
        project, environment, service = (str(made.get(name, "")) for name in names)
        return Target(project=project, environment=environment, service=service)

    def truth(self) -> Mapping[str, object]:
        """Return what the stand-in knows and Railway would not tell."""
        found = self.railway.control("truth")
        return found if isinstance(found, dict) else {}


def prepare(stage: Stage) -> None:
    """Start building the Pulumi CLI where there is none; the other acts play meanwhile."""
    if cli.find() is not None or shutil.which("go") is None:
        return
    with (stage.workdir / LOG).open("wb") as log:
        script = cli.ROOT / "tools" / "pulumi" / "build.py"
        _builds.append(stage.start([sys.executable, str(script)], output=log, errors=log))


def ready(_: Stage) -> bool:
    """Say whether the act need not wait for the build."""
    return all(build.poll() is not None for build in _builds)


def play(stage: Stage) -> dict[str, object]:
    """Bring the estate up, redeploy the bot, break a setting by hand, repair it."""
    found = pulumi(stage)
    folder = stage.workdir
    railway = standin.start(folder / "railway", stage.start, options=("--plan", "pro"))
    bench = Workbench.make(folder / "pulumi", found, {**os.environ, **railway.environment()})
    scene = Scene(stage, railway, bench, {"ok": False, "pulumi_version": found.version})
    try:
        with_everything(scene)
    except (Refused, RailwayError) as error:
        stage.say(f"It did not go as it should: {error}")
        scene.result["error"] = str(error)
    scene.result["api_requests"] = scene.truth().get("requests")
    railway.close()
    return scene.result


def pulumi(stage: Stage) -> cli.Cli:
    """Return the CLI, waiting for it where it is being built.

    Raises:
        Skipped: there is none and none can be built.

    """
    deadline = time.monotonic() + BUILD_S_MAX
    for build in _builds:
        while build.poll() is None and time.monotonic() < deadline:
            lines = (stage.workdir / LOG).read_text(errors="replace").splitlines()
            stage.progress(lines[-1] if lines else "building pulumi")
            time.sleep(1)
    stage.progress()
    found = cli.find()
    if found is None:
        raise Skipped(f"no usable pulumi here; {cli.REMEDY}")
    return found


def with_everything(scene: Scene) -> None:
    """Play the scenes in order; each puts its part of the answer into the result."""
    made(scene)
    evidence = redeployed(scene)
    unchanged(scene)
    drifted(scene)
    checks = judge.judge(evidence)
    lost = [check.name for check in checks if check.verdict is Verdict.FAILED]
    last, ids = went_on(scene)
    before, after = total(evidence.stopped or evidence.old), total(last)
    scene.result.update(
        {
            "deployments": len(ids),
            "deployment_ids": ids,
            "rows_before": before,
            "rows_after": after,
            "content_hash_continues": verdict(checks, "content") is Verdict.PROVED,
            "mounted": verdict(checks, "mounted").value,
        }
    )
    scene.stage.say(f"\n  {len(ids)} deployments, one ledger: {before} rows before, {after} now.")
    scene.result["ok"] = (
        not lost
        and 0 < before < after
        and scene.result["unchanged_up_changes"] == 0
        and scene.result["drift_found"] is True
        and scene.result["drift_repaired"] is True
    )
    chapter(scene, checks)


def made(scene: Scene) -> None:
    """Make the estate with one `pulumi up`."""
    strategy = cli.ROOT / "strategies" / "late_favourite.toml"
    keys = {
        "project": "poly-demo",
        "plan": "pro",
        "region": REGION,
        "regionSignedOff": f"{REGION} 2026-11-23 the demo, which sends no order anywhere",
        "image": "ghcr.io/example/poly@sha256:" + "0" * 64,
        "startCommand": f"{sys.executable} -m bot.watchdog",
        "mode": "REPLAY",
        "bucket": "poly-backups",
        "backupSchedule": ["DAILY"],
        "variables": {
            "POLY_RECORDING": "resolvedkit",
            "POLY_STRATEGY": str(strategy),
            "POLY_SEED": str(scene.stage.seed),
            "POLY_SPEED": SPEED,
        },
    }
    scene.bench.init(STACK, keys)
    scene.stage.say("A stand-in of Railway listens on this machine. The real engine goes to work:")
    scene.stage.say("  $ pulumi up --policy-pack infra/policy")
    scene.stage.progress("pulumi up")
    done = scene.bench.must("up", "--yes", "--stack", STACK, "--policy-pack", str(POLICY_PACK))
    scene.stage.progress()
    for line in told(done):
        scene.stage.say(f"    {line}")
    scene.result["up_s"] = round(done.seconds, 1)
    scene.stage.say(f"  The estate is there after {done.seconds:.1f} s.")


def told(done: Done) -> list[str]:
    """Return the lines of an `up` that name a resource of ours."""
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    return [
        line.replace("railway:index:", "")
        for line in lines
        if "railway:index:" in line and "created" in line
    ]


def redeployed(scene: Scene) -> Evidence:
    """Let the bot trade, redeploy it, and gather both sides' own words."""
    target = scene.target()
    service = Service(scene.railway.client(), target)
    was = until(lambda: spoken(service), SPOKEN_S_MAX)
    if was is None:
        raise Refused("the deployed bot has not opened its ledger: see its log in the workdir")
    scene.stage.say("\n  The bot runs as a process of its own, with the volume at /app/data.")
    scene.stage.progress("the bot trades recorded windows")
    bought = until(lambda: fills(scene, was.deployment.id), TRADED_S_MAX)
    if bought is None:
        raise Refused(f"the bot had fewer than {FILLS_MIN} fills within {TRADED_S_MAX:.0f} s")
    scene.stage.say(f"  It has traded recorded windows: {bought} fills so far.")
    before = directories(scene)
    scene.stage.progress("redeploying")
    evidence = redeploy.redeploy(service, was, SPOKEN_S_MAX)
    scene.stage.progress()
    after = directories(scene)
    old, new = evidence.old_deployment, evidence.new_deployment
    scene.stage.say("  $ poly verify persistence")
    scene.stage.say(
        f"    {old[:8]} stopped; its container directory {Path(before[old]).name[:8]} is gone"
    )
    scene.stage.say(f"    {new[:8]} runs in {Path(after[new]).name[:8]}, on the same volume")
    for check in judge.judge(evidence):
        scene.stage.say(f"    {check.verdict.value:9} {check.name:11} {brief(check.seen)}")
    return evidence


def fills(scene: Scene, deployment: str) -> int | None:
    """Return how many fills a deployment has logged; None while they are too few to show."""
    lines = deployments.logs(scene.railway.client(), deployment, limit=5000, contains="order.fill")
    count = sum(line.message == "order.fill" for line in lines)
    return count if count >= FILLS_MIN else None


def went_on(scene: Scene) -> tuple[judge.Line, list[str]]:
    """Return what the newest deployment said of the ledger, and all deployments in order."""
    service = Service(scene.railway.client(), scene.target())
    every = service.deployments(removed=True)
    newest = every[0].id
    found = until(lambda: next(iter(judge.boots(service.evidence(newest))), None), SPOKEN_S_MAX)
    if found is None:
        raise Refused(f"deployment {newest} has not opened the ledger")
    return found, [one.id for one in reversed(every)]


def spoken(service: Service) -> redeploy.Before | None:
    """Return what runs once it has spoken."""
    try:
        return redeploy.before(service)
    except Refused:
        return None


def directories(scene: Scene) -> dict[str, str]:
    """Return the container directories there are, by deployment."""
    known = scene.truth().get("deployments")
    return {
        str(one["id"]): str(one["directory"])
        for one in (known if isinstance(known, list) else [])
        if one["directory_exists"]
    }


def unchanged(scene: Scene) -> None:
    """Show that nothing is left to do, also after a redeploy that Pulumi did not make."""
    looked = scene.bench.must("preview", "--refresh", "--json", "--stack", STACK)
    left = changes(parse(looked.stdout) or {})
    scene.result["unchanged_up_changes"] = len(left)
    scene.stage.say("\n  $ pulumi preview --refresh")
    for one in left:
        scene.stage.say(f"    {one.operation} {one.resource}: {', '.join(one.properties)}")
    scene.stage.say(f"    {len(left) or 'no'} changes")


def drifted(scene: Scene) -> None:
    """Break a setting as somebody in a dashboard would, find it, and have it repaired."""
    target, client = scene.target(), scene.railway.client()
    patch = {"services": {target.service: {"deploy": {"drainingSeconds": 0}}}}
    environments.stage(client, target.environment, patch)
    environments.commit_staged(client, target.environment, "somebody, in the dashboard")
    scene.stage.say("\n  Somebody sets the draining time to 0 in the dashboard: the next redeploy")
    scene.stage.say("  would kill the bot in the middle of a commit.")
    looked = scene.bench.must("preview", "--refresh", "--json", "--stack", STACK)
    found = changes(parse(looked.stdout) or {})
    scene.result["drift_found"] = any("drainingSeconds" in one.properties for one in found)
    for one in found:
        scene.stage.say(f"    found: {one.resource}: {', '.join(one.properties)}")
    scene.bench.must("up", "--yes", "--refresh", "--stack", STACK)
    config = environments.state(client, target.environment).config
    scene.result["drift_repaired"] = draining(config, target.service) == DRAINING_S
    scene.stage.say("  $ pulumi up --refresh")
    scene.stage.say(f"    drainingSeconds is {draining(config, target.service)} again")


def draining(config: Mapping[str, object], service: str) -> object:
    """Return a service's draining time in an environment's configuration."""
    found: object = config
    for key in ("services", service, "deploy", "drainingSeconds"):
        found = found.get(key) if isinstance(found, Mapping) else None
    return found


def brief(text: str) -> str:
    """Shorten ids as people do: a line of the story is read, not compared."""
    return ID.sub(lambda found: found[0][:8], text)


def total(line: Mapping[str, object]) -> int:
    """Return how many rows a ledger said it had."""
    names = ("rows_intents", "rows_orders", "rows_fills", "rows_events")
    counts = (line.get(name) for name in names)
    return sum(count for count in counts if isinstance(count, int))


def verdict(checks: list[judge.Check], name: str) -> Verdict:
    """Return how one check came out."""
    return next(check.verdict for check in checks if check.name == name)


def chapter(scene: Scene, checks: list[judge.Check]) -> None:
    """Put the act into the report."""
    result = scene.result
    figures = [
        (f"{result['up_s']} s", "pulumi up from nothing"),
        (str(result["unchanged_up_changes"]), "changes left afterwards"),
        (f"{result['rows_before']} → {result['rows_after']}", "ledger rows across the redeploy"),
    ]
    table = [[check.name, check.verdict.value, brief(check.seen)] for check in checks]
    scene.stage.chapter(TITLE, tiles(figures) + rows(("check", "verdict", "seen"), table))
