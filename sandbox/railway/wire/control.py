"""The stand-in's own port of control: faults, time, truth; nothing of it exists at Railway.

Loopback only and behind a token of its own. What is done here is what tests and drills need and no
customer can do: kill a container, move a host, look behind an answer that was lost.
"""

import hmac
import json
import os
import signal
from collections.abc import Callable

from sandbox.railway.deploy.run import is_live
from sandbox.railway.faults import FAULTS
from sandbox.railway.model.arming import Scope
from sandbox.railway.model.records import Deployment, Json, Status, Token, TokenKind, Workspace
from sandbox.railway.model.refusal import Refusal
from sandbox.railway.rules import buckets, deployments, patches, projects, services, volumes
from sandbox.railway.wire.gate import Gate
from sandbox.railway.wire.http import Answer, Request

PREFIX = "/control/"


class Control:
    """Answers below `/control/`."""

    def __init__(self, gate: Gate, token: str) -> None:
        """Obey whoever knows the token."""
        self._gate = gate
        self._world = gate.world
        self._token = token
        self._ways: dict[tuple[str, str], Callable[[Json], Json]] = {
            ("GET", "truth"): self._truth,
            ("GET", "journal"): self._journal,
            ("GET", "faults"): self._faults,
            ("POST", "faults"): self._arm,
            ("DELETE", "faults"): self._disarm,
            ("POST", "clock"): self._advance,
            ("POST", "delays"): self._scale,
            ("POST", "tokens"): self._mint,
            ("POST", "workspaces"): self._workspace,
            ("POST", "deployments"): self._act,
            ("POST", "budget"): self._budget,
            ("POST", "usage-limit"): self._usage_limit,
        }

    async def handle(self, request: Request) -> Answer:
        """Answer one request; an error is one line naming the field."""
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(given, self._token):
            return _json({"error": "control token is missing or wrong"}, 401)
        way = self._ways.get((request.method, request.path.removeprefix(PREFIX)))
        if way is None:
            known = ", ".join(f"{method} {PREFIX}{name}" for method, name in self._ways)
            return _json({"error": f"no such thing here; there is {known}"}, 404)
        try:
            document = json.loads(request.body) if request.body else {}
            query = {key: values[-1] for key, values in request.query.items()}
            answer = way({**query, **document})
        except (ValueError, TypeError, KeyError, Refusal) as error:
            name = f"{error} is missing" if isinstance(error, KeyError) else str(error)
            return _json({"error": name}, 400)
        self._world.save()
        return _json(answer, 200)

    # ------------------------------------------------------------------ looking

    def _truth(self, _given: Json) -> Json:
        world, estate = self._world, self._world.estate
        return {
            "plan": world.plan.name,
            "now": world.now().isoformat(),
            "delay_scale": world.delays.scale,
            "requests": self._gate.journal.count,
            "requests_by_token": self._gate.journal.by_token,
            "faults_struck": world.arms.faults.struck,
            "bugs": world.bugs,
            "projects": [
                {"id": one.id, "name": one.name, "deleted": one.deleted_at is not None}
                for one in estate.projects.values()
            ],
            "environments": {
                one.id: {
                    "name": one.name,
                    "project_id": one.project_id,
                    "config": patches.rendered(world, one),
                    "staged": one.staged,
                }
                for one in estate.environments.values()
                if one.deleted_at is None
            },
            "services": [
                {"id": one.id, "name": one.name, "deleted": one.deleted_at is not None}
                for one in estate.services.values()
            ],
            "volumes": [
                {
                    "volume_id": one.volume_id,
                    "volume_instance_id": one.id,
                    "directory": str(world.store.volume(one.id)),
                    "used_mb": volumes.used_mb(world, one),
                    "deleted": one.deleted_at is not None,
                }
                for one in estate.volume_instances.values()
            ],
            "deployments": [self._deployment(one) for one in estate.deployments.values()],
        }

    def _deployment(self, one: Deployment) -> Json:
        directory = self._world.store.container(one.id)
        return {
            "id": one.id,
            "service_id": one.service_id,
            "environment_id": one.environment_id,
            "status": str(one.status),
            "live": is_live(one),
            "reason": one.reason,
            "pid": one.pid,
            "port": one.port,
            "mounted": one.mounted,
            "restarts": one.restarts,
            "exit_code": one.instances[0].exit_code if one.instances else None,
            "directory": str(directory),
            "directory_exists": directory.exists(),
            "log": str(self._world.store.log(one.id)),
            "variable_names": sorted(one.variables),
        }

    def _journal(self, given: Json) -> Json:
        return {"calls": self._gate.journal.after(int(given.get("after", 0)))}

    # ------------------------------------------------------------------ faults, time, budget

    def _faults(self, _given: Json) -> Json:
        faults = self._world.arms.faults
        return {
            "known": [one.name for one in FAULTS],
            "rates": faults.rates,
            "times": faults.times,
            "struck": faults.struck,
        }

    def _arm(self, given: Json) -> Json:
        times = given.get("times")
        scope = Scope(given.get("operation"), int(given.get("skip", 0)))
        self._world.arms.arm(
            str(given["name"]),
            scope,
            rate=float(given.get("rate", 1.0)),
            times=None if times is None else int(times),
        )
        buckets.publish_faults(self._world)
        return self._faults(given)

    def _disarm(self, given: Json) -> Json:
        self._world.arms.disarm(given.get("name"))
        buckets.publish_faults(self._world)
        return self._faults(given)

    def _advance(self, given: Json) -> Json:
        seconds = float(given["advance_s"])
        if seconds < 0:
            raise ValueError(f"advance_s must not be negative, was {seconds}")
        self._world.clock.advance(seconds)
        return {"now": self._world.now().isoformat()}

    def _scale(self, given: Json) -> Json:
        scale = float(given["scale"])
        if not 0 <= scale <= 1:
            raise ValueError(f"scale must be in [0, 1], was {scale}")
        self._world.delays.scale = scale
        return {"scale": scale}

    def _budget(self, given: Json) -> Json:
        left = int(given["requests_left"])
        for spent in self._gate.budget.spent.values():
            spent.count = self._gate.budget.per_hour - left
        return {"requests_left": left}

    def _usage_limit(self, _given: Json) -> Json:
        """Reach the hard limit: every workload goes offline at once."""
        if all(one.hard_limit_dollars is None for one in self._world.estate.workspaces.values()):
            raise ValueError("no workspace has a hard limit; call usageLimitSet first")
        live = [one for one in self._world.estate.deployments.values() if is_live(one)]
        for one in live:
            one.stopped = True
            self._gate.rollouts.stop(one, kill=True)
        return {"stopped": [one.id for one in live]}

    # ------------------------------------------------------------------ tokens

    def _mint(self, given: Json) -> Json:
        environment = self._world.estate.environments[str(given["environment_id"])]
        token = projects.mint(self._world, environment, str(given.get("name", "minted")))
        return {"project_token": token.secret}

    def _workspace(self, given: Json) -> Json:
        """Make another workspace with a token of its own."""
        world = self._world
        workspace = Workspace(world.new_id(), str(given["name"]), world.now())
        world.estate.workspaces[workspace.id] = workspace
        token = Token(
            id=world.new_id(),
            kind=TokenKind.WORKSPACE,
            secret=world.new_id(),
            name=workspace.name,
            created_at=world.now(),
            workspace_id=workspace.id,
        )
        world.estate.tokens[token.id] = token
        return {"workspace_id": workspace.id, "workspace_token": token.secret}

    # ------------------------------------------------------------------ containers

    def _act(self, given: Json) -> Json:
        """Do to a deployment what happens to deployments: kill, term, sleep, wake, move."""
        deployment = self._world.estate.deployments[str(given["id"])]
        ways: dict[str, Callable[[Deployment], None]] = {
            "kill": lambda one: self._signal(one, signal.SIGKILL),
            "term": lambda one: self._signal(one, signal.SIGTERM),
            "hang": lambda one: self._signal(one, signal.SIGSTOP),
            "sleep": self._gate.rollouts.sleep,
            "wake": self._wake,
            "move": self._move,
        }
        way = ways.get(str(given.get("do")))
        if way is None:
            raise ValueError(f"do must be one of {', '.join(ways)}, was {given.get('do')!r}")
        way(deployment)
        return self._deployment(deployment)

    def _signal(self, deployment: Deployment, number: signal.Signals) -> None:
        if deployment.pid is None:
            raise ValueError(f"deployment {deployment.id} does not run")
        os.kill(deployment.pid, number)

    def _wake(self, deployment: Deployment) -> None:
        if deployment.status is not Status.SLEEPING:
            raise ValueError(f"deployment {deployment.id} does not sleep")
        self._gate.rollouts.restart(deployment, kill=False)

    def _move(self, deployment: Deployment) -> None:
        """Redeploy as Railway does when it empties a host."""
        instance = services.find_instance(
            self._world, deployment.service_id, deployment.environment_id
        )
        if instance is None:
            raise ValueError(f"deployment {deployment.id} has no service any more")
        deployments.redeploy(self._world, deployment, instance)


def _json(document: Json, status: int) -> Answer:
    return Answer(json.dumps(document).encode(), status)
