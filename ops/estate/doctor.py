"""What stands between a token and a running bot: one finding a question, each with its remedy.

Reads only. A question Railway refuses to answer is a finding too, not the end of the visit.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from bot.domain.refusal import Refused
from infra.railway import patch as patches
from infra.railway.calls import account, environments, projects, services, variables, volumes
from infra.railway.client import Railway
from infra.railway.errors import RailwayError, Unreachable
from infra.railway.token import BEARER_VARIABLE, PROJECT_VARIABLE, TokenKind
from ops.estate import cli, schema
from ops.estate.stack import Declared, Target

MOUNT_PATH = "/app/data"
PATHS_SHOWN = 5


class Health(StrEnum):
    """How a question came out."""

    GOOD = "good"
    NOTE = "note"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """One answer, and what to do where it is not good."""

    about: str
    health: Health
    seen: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Visit:
    """Whom to ask about what."""

    client: Railway
    declared: Declared | None
    target: Target | None


def good(about: str, seen: str) -> Finding:
    """Return an answer that is as it should be."""
    return Finding(about, Health.GOOD, seen)


def bad(about: str, seen: str, remedy: str) -> Finding:
    """Return an answer somebody has to act on."""
    return Finding(about, Health.BAD, seen, remedy)


def examine(visit: Visit) -> list[Finding]:
    """Ask everything that can be asked with this token and this stack."""
    questions = [pulumi, token, platform, region, operations]
    if visit.target is not None:
        questions += [plan, staged, volume, domains, token_in_bot]
    findings: list[Finding] = []
    for question in questions:
        findings += asked(question, visit)
    return [*findings, good("budget", str(visit.client.budget))]


def asked(question: Callable[[Visit], Iterator[Finding]], visit: Visit) -> list[Finding]:
    """Ask one question; a refusal is a finding about it.

    Raises:
        Unreachable: then no other question can be asked either.

    """
    try:
        return list(question(visit))
    except Unreachable:
        raise
    except (RailwayError, Refused) as error:
        return [bad(question.__name__.replace("_", " "), str(error), "")]


def pulumi(_: Visit) -> Iterator[Finding]:
    """Name the Pulumi CLI that is used."""
    found = cli.find()
    if found is None:
        yield bad("pulumi", "none that can be used", cli.REMEDY)
    else:
        yield good("pulumi", f"{found.version} at {found.path}")


def token(visit: Visit) -> Iterator[Finding]:
    """Say what the token is and what it reaches."""
    scope = account.token_scope(visit.client)
    if scope.kind is TokenKind.PROJECT and scope.project and scope.environment:
        yield Finding(
            "token",
            Health.NOTE,
            f"a project token ({PROJECT_VARIABLE}) for environment {scope.environment.name} of "
            f"{scope.project.name}",
            f"enough for the kill switch; `pulumi up` needs a workspace token in {BEARER_VARIABLE}",
        )
        return
    reached = ", ".join(f"{one.name} ({one.id})" for one in scope.workspaces) or "no workspace"
    yield good("token", f"an account or workspace token ({BEARER_VARIABLE}) for {reached}")
    if len(scope.workspaces) > 1:
        yield Finding(
            "workspace",
            Health.NOTE,
            f"the token reaches {len(scope.workspaces)} workspaces",
            "name yours with `pulumi config set poly:workspace ID`",
        )
    if os.environ.get(PROJECT_VARIABLE):
        yield Finding(
            "token",
            Health.NOTE,
            f"{PROJECT_VARIABLE} is set too",
            "it is read as a project token, as Railway's CLI does; here the other one is used",
        )


def platform(visit: Visit) -> Iterator[Finding]:
    """Pass on what Railway tells of itself."""
    found = account.platform(visit.client)
    notice = found.incident or found.maintenance
    if found.is_stable and notice is None:
        yield good("railway", "no incident, no maintenance")
    else:
        said = notice.message if notice else "not stable"
        yield Finding("railway", Health.NOTE, said, notice.url if notice else "")


def region(visit: Visit) -> Iterator[Finding]:
    """Compare the declared region with those Railway has now."""
    there = {one.name: one for one in account.regions(visit.client)}
    if visit.declared is None:
        yield good("regions", ", ".join(sorted(there)))
        return
    name = visit.declared.region
    if name not in there:
        names = ", ".join(sorted(there))
        yield bad("region", f"{name} is none of Railway's", f"set poly:region to one of {names}")
    elif (instead := there[name].replaced_by) is not None:
        yield bad("region", f"{name} is deprecated", f"Railway names {instead} instead")
    else:
        yield Finding(
            "region",
            Health.NOTE,
            f"{name} ({there[name].location})",
            "Polymarket may close it: the bot asks at boot, see docs/adr/0012-region.md",
        )


def operations(visit: Visit) -> Iterator[Finding]:
    """Validate every operation against the schema Railway has now."""
    lines = schema.drift(visit.client)
    if not lines:
        yield good("schema", "every operation of ours is valid in the live schema")
    for line in lines:
        yield bad("schema", line, "Railway changed its API: update before the next `pulumi up`")


def plan(visit: Visit) -> Iterator[Finding]:
    """Compare the declared plan with the project's, and say what the project's allows."""
    found = projects.read(visit.client, _target(visit).project)
    if found.deleted_at is not None:
        yield bad(
            "project",
            f"{found.name} is deleted or scheduled for it since {found.deleted_at}",
            "take it back in Railway's dashboard within 48 h",
        )
    said = found.subscription_type or "unknown"
    backups = "unknown" if found.backups_max is None else str(found.backups_max)
    if visit.declared is not None and said.lower() != visit.declared.plan.value:
        yield bad(
            "plan",
            f"the stack says {visit.declared.plan}, Railway says {said}",
            f"`pulumi config set poly:plan {said.lower()}`, or change the plan at Railway",
        )
    else:
        yield good("plan", f"{said}, at most {backups} volume backups")


def staged(visit: Visit) -> Iterator[Finding]:
    """Name unfinished changes somebody staged: `pulumi up` refuses to carry them along."""
    state = environments.state(visit.client, _target(visit).environment)
    if not state.staged:
        yield good("staged changes", "none")
        return
    paths = patches.paths(state.staged)
    shown = ", ".join(paths[:PATHS_SHOWN]) + (" …" if len(paths) > PATHS_SHOWN else "")
    yield bad("staged changes", shown, "commit or discard them in Railway's dashboard")


def volume(visit: Visit) -> Iterator[Finding]:
    """Look for the ledger's volume."""
    here = _target(visit)
    there = volumes.in_environment(visit.client, here.environment)
    mine = [one for one in there if one.service_id == here.service]
    if not mine:
        yield bad("volume", "the service has none", "`pulumi up`")
    for one in mine:
        used = f"{one.used_mb:.0f} of {one.size_mb} MB used"
        if one.mount_path != MOUNT_PATH or one.state != "READY":
            seen = f"{one.id} is {one.state} at {one.mount_path}, {used}"
            yield bad(
                "volume", seen, f"it has to be READY at {MOUNT_PATH}: `pulumi preview --refresh`"
            )
        else:
            yield good("volume", f"READY at {MOUNT_PATH}, {used}")


def domains(visit: Visit) -> Iterator[Finding]:
    """Look for public names: the bot needs none, and each is a door."""
    here = _target(visit)
    found = services.domains(
        visit.client,
        project_id=here.project,
        environment_id=here.environment,
        service_id=here.service,
    )
    if not found:
        yield good("domains", "none public")
    for one in found:
        yield bad("domains", f"{one.domain} is public", "remove it in Railway's dashboard")


def token_in_bot(visit: Visit) -> Iterator[Finding]:
    """Look for a Railway token among the bot's variables, by name."""
    here = _target(visit)
    names = [
        flag.name
        for flag in variables.flags(visit.client, here.environment)
        if flag.service_id in {here.service, None}
        and "TOKEN" in flag.name
        and "RAILWAY" in flag.name
    ]
    if names:
        yield bad(
            "variables", f"{', '.join(names)} among the bot's", "remove it and revoke the token"
        )
    else:
        yield good("variables", "no Railway token among the bot's")


def _target(visit: Visit) -> Target:
    if visit.target is None:
        raise AssertionError("asked only where there is a target")
    return visit.target
