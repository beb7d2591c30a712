"""The stand-in put together: state, rules, containers, object store and the port they share."""

import asyncio
import contextlib
import json
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from sandbox.faults import parse
from sandbox.railway.bucket.child import Objects
from sandbox.railway.deploy.metrics import EVERY_S
from sandbox.railway.deploy.rollout import Rollouts
from sandbox.railway.faults import FAULTS
from sandbox.railway.model.arming import Arms
from sandbox.railway.model.plan import PLANS
from sandbox.railway.model.records import Json, Token, TokenKind, Workspace
from sandbox.railway.model.store import Store
from sandbox.railway.model.world import World
from sandbox.railway.options import Options
from sandbox.railway.rules import backups, buckets, deployments, projects, volumes
from sandbox.railway.wire import graphql
from sandbox.railway.wire.budget import Budget
from sandbox.railway.wire.control import PREFIX, Control
from sandbox.railway.wire.gate import PATH, Gate
from sandbox.railway.wire.http import Answer, Request, Server
from sandbox.railway.wire.subscriptions import Socket

TICK_S = 0.5
OWNER_ONLY = 0o700


@contextlib.contextmanager
def directory_of(options: Options) -> Iterator[Path]:
    """Give the directory of the state: the one that was named, or one that goes with us."""
    if options.state is not None:
        options.state.mkdir(parents=True, exist_ok=True, mode=OWNER_ONLY)
        yield options.state
        return
    made = Path(tempfile.mkdtemp(prefix="railway-"))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


class StandIn:
    """A Railway of one's own on a loopback port."""

    def __init__(self, options: Options, directory: Path) -> None:
        """Load or make the state.

        Raises:
            ValueError: an option or the saved state that cannot be.

        """
        self._options = options
        plan = PLANS[options.plan]
        arms = Arms(parse(options.faults, FAULTS, options.seed or 0))
        self.world = World(Store(directory), plan, arms, options.seed)
        if options.delay_scale is not None:
            self.world.delays.scale = options.delay_scale
        self.rollouts = Rollouts(self.world, own_mounts=options.own_mounts)
        self.world.platform = self.rollouts
        budget = Budget(plan, options.budget or plan.requests_per_hour)
        self.gate = Gate(self.world, self.rollouts, graphql.load(), budget)
        self._control_token = self.world.secret()
        self._control = Control(self.gate, self._control_token)
        self._server = Server(self._handle, self._upgrade)
        self._objects = Objects(self.world)

    async def start(self) -> Json:
        """Listen and start again what ran; return what to tell whoever started us."""
        self._owner()
        port = await self._server.listen(self._options.port)
        self.world.s3_url = self._objects.listen()
        buckets.publish(self.world)
        buckets.publish_faults(self.world)
        self.rollouts.resume()
        self.world.spawn(self._tick())
        self.world.spawn(self._measure())
        self.world.save()
        base = f"http://127.0.0.1:{port}"
        tokens = {one.name: one.secret for one in self.world.estate.tokens.values()}
        return {
            "url": f"{base}{PATH}",
            "workspace_id": next(iter(self.world.estate.workspaces)),
            "account_token": tokens["account"],
            "workspace_token": tokens["workspace"],
            "project_token": tokens["first project"],
            "s3_url": self.world.s3_url,
            "control_url": f"{base}{PREFIX.rstrip('/')}",
            "control_token": self._control_token,
            "state": str(self.world.store.directory),
        }

    async def end(self) -> None:
        """Save, stop what runs, close."""
        self.world.save()
        await self._server.close()
        await self.rollouts.end()
        await self.world.finish()
        self._objects.close()

    def _owner(self) -> None:
        """Make the workspace and its tokens, the first time."""
        estate, world = self.world.estate, self.world
        if estate.workspaces:
            return
        workspace = Workspace(world.new_id(), "sandbox", world.now())
        estate.workspaces[workspace.id] = workspace
        for name, kind in (
            ("account", TokenKind.ACCOUNT),
            ("workspace", TokenKind.WORKSPACE),
            ("first project", TokenKind.PROJECT),
        ):
            token = Token(world.new_id(), kind, world.new_id(), name, world.now())
            token.workspace_id = None if kind is TokenKind.ACCOUNT else workspace.id
            token.first_project = kind is TokenKind.PROJECT
            estate.tokens[token.id] = token

    async def _handle(self, request: Request) -> Answer:
        try:
            if request.path == PATH:
                return await self.gate.handle(request)
            if request.path.startswith(PREFIX):
                return await self._control.handle(request)
        except Exception as error:  # noqa: BLE001 - the guard: one bad call must not end the rest
            self.world.bug(error)
            return Answer(b'{"errors":[{"message":"Problem processing request"}]}', 200)
        return Answer(b'{"error":"not found"}', 404)

    async def _upgrade(
        self, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        if request.path == PATH:
            await Socket(self.gate, request, (reader, writer)).serve()

    async def _tick(self) -> None:
        """Do what is due by the clock."""
        while True:
            await asyncio.sleep(TICK_S)
            projects.purge(self.world)
            volumes.purge(self.world)
            backups.run_due(self.world)
            deployments.forget(self.world)
            self._objects.tend()

    async def _measure(self) -> None:
        while True:
            await asyncio.sleep(EVERY_S)
            self.rollouts.meter.measure(list(self.rollouts.runs.values()), EVERY_S)


def serve(options: Options) -> None:
    """Run until SIGTERM or SIGINT.

    Raises:
        ValueError: an option or the saved state that cannot be.
        OSError: the port is taken, or the directory cannot be written.

    """
    with directory_of(options) as directory:
        asyncio.run(_serve(options, directory))


async def _serve(options: Options, directory: Path) -> None:
    stand_in = StandIn(options, directory)
    over = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, over.set)
    try:
        sys.stdout.write(json.dumps(await stand_in.start()) + "\n")
        sys.stdout.flush()
        await over.wait()
    finally:
        await stand_in.end()
