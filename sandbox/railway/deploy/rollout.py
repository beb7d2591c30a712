"""How a deployment comes, takes the place of the one before it, and goes.

With a volume the old container is stopped before the new one starts: a short downtime at every
deployment. Without one the new container is up (and healthy) first. One roll-out of a service at a
time; the next one waits, QUEUED.
Source: docs.railway.com/volumes/reference, /deployments/deployment-teardown, read 2026-11-22.
"""

import asyncio
import contextlib
import os
import signal
from collections import defaultdict

from sandbox.railway.deploy import health
from sandbox.railway.deploy.container import Container, Place, command_of, processes
from sandbox.railway.deploy.injected import image, region_of, variables
from sandbox.railway.deploy.logs import Log
from sandbox.railway.deploy.metrics import Meter
from sandbox.railway.deploy.run import Run, is_live, wipe
from sandbox.railway.model.records import (
    ACTIVE,
    PENDING,
    Deployment,
    Status,
    Step,
    VolumeInstance,
)
from sandbox.railway.model.world import World
from sandbox.railway.rules import deployments, services, volumes

HEALTH_EVERY_S = 0.25
STOPS_S = 5.0
"""What the stand-in itself waits for containers when it ends."""


class Failed(Exception):  # noqa: N818 - how a roll-out ends, told in the deployment's status
    """The deployment ends FAILED."""


class Cancelled(Exception):  # noqa: N818 - how a roll-out ends, told in the deployment's status
    """The deployment was given up before it ran."""


class Rollouts:
    """Every deployment that runs or is on its way."""

    def __init__(self, world: World, *, own_mounts: bool) -> None:
        """Run nothing yet."""
        self.world = world
        self.own_mounts = own_mounts
        self.runs: dict[str, Run] = {}
        self.logs: dict[str, Log] = {}
        self.meter = Meter(world)
        self._turn: dict[tuple[str, str], asyncio.Lock] = defaultdict(asyncio.Lock)
        self._given_up: dict[str, asyncio.Event] = {}
        self._removals: dict[str, asyncio.Event] = {}

    # ------------------------------------------------------------------ what is asked of it

    def log(self, deployment: Deployment) -> Log:
        """Return a deployment's log."""
        if deployment.id not in self.logs:
            self.logs[deployment.id] = Log(self.world, deployment.id)
        return self.logs[deployment.id]

    def start(self, deployment: Deployment, faults: frozenset[str]) -> None:
        """Roll a new deployment out."""
        self._given_up[deployment.id] = asyncio.Event()
        self.world.spawn(self._roll(deployment, faults))

    def cancel(self, deployment: Deployment) -> None:
        """Give up a deployment; REMOVED only when no container of it is left."""
        if deployment.id in self._given_up:
            self._given_up[deployment.id].set()
        if deployment.id in self.runs:
            self._status(deployment, Status.REMOVING)  # its roll-out takes the container away
        else:
            self._gone(deployment)

    def _gone(self, deployment: Deployment) -> None:
        deployment.removed_at = self.world.now()
        self._status(deployment, Status.REMOVED)

    def stop(self, deployment: Deployment, *, kill: bool) -> None:
        """Stop its container; status and directory stay."""
        self.world.spawn(self._stop(deployment, kill=kill))

    async def _stop(self, deployment: Deployment, *, kill: bool) -> None:
        await self.world.clock.sleep(self.world.delays.seconds("stop"))
        run = self.runs.get(deployment.id)
        if run is not None and not run.over.is_set():
            await run.end("EXITED", kill=kill)

    def restart(self, deployment: Deployment, *, kill: bool) -> None:
        """Stop its container and start it afresh, its own files lost."""
        self.world.spawn(self._restart(deployment, kill=kill))

    async def _restart(self, deployment: Deployment, *, kill: bool) -> None:
        async with self._turn[deployment.service_id, deployment.environment_id]:
            await self._stop(deployment, kill=kill)
            await self.world.clock.sleep(self.world.delays.seconds("restart"))
            if deployment.status not in (*ACTIVE, Status.CRASHED) or deployment.stopped:
                return
            wipe(self.world, deployment)
            self._status(deployment, Status.SUCCESS)
            await self._launch(deployment, frozenset())

    def remove(self, deployment: Deployment) -> None:
        """Stop its container and delete its file system."""
        self._status(deployment, Status.REMOVING)
        self.world.spawn(self._remove(deployment))

    async def _remove(self, deployment: Deployment) -> None:
        """End it, once: whoever asks again waits for the first."""
        if deployment.id in self._removals:
            await self._removals[deployment.id].wait()
            return
        gone = self._removals[deployment.id] = asyncio.Event()
        self._status(deployment, Status.REMOVING)
        run = self.runs.pop(deployment.id, None)
        if run is not None and not run.over.is_set():
            await run.end("REMOVED")
        wipe(self.world, deployment)
        for instance in deployment.instances:
            instance.status = "REMOVED"
        self._gone(deployment)
        self.logs.pop(deployment.id, None)  # its file is read again when somebody asks
        gone.set()

    def sleep(self, deployment: Deployment) -> None:
        """Put a deployment to sleep, as an idle one with `sleepApplication` is."""
        self._status(deployment, Status.SLEEPING)
        self.stop(deployment, kill=False)

    def freeze(self, volume_instance_id: str, *, frozen: bool) -> None:
        """Hold the processes that write to a volume, or let them go on."""
        number = signal.SIGSTOP if frozen else signal.SIGCONT
        for run in self.runs.values():
            here = run.volume is not None and run.volume.id == volume_instance_id
            if here and run.container is not None and not run.over.is_set():
                run.container.signal_all(number)

    # ------------------------------------------------------------------ a roll-out

    async def _roll(self, deployment: Deployment, faults: frozenset[str]) -> None:
        async with self._turn[deployment.service_id, deployment.environment_id]:
            if self._given_up[deployment.id].is_set():
                return
            try:
                await self._prepare(deployment, faults)
                await self._replace(deployment, faults)
            except Failed as failed:
                await self._fail(deployment, str(failed))
                return
            except Cancelled:
                await self._drop(deployment)
                self._gone(deployment)
                return
        if "host-moves" in faults:
            self.world.spawn(self._move(deployment))

    async def _prepare(self, deployment: Deployment, faults: frozenset[str]) -> None:
        self._status(deployment, Status.INITIALIZING)
        await self._wait(deployment, "queue")
        if deployment.source.get("repo") and deployment.reason == "deploy":
            self._status(deployment, Status.BUILDING)
            with_step = self._step(deployment, "BUILD_IMAGE")
            await self._wait(deployment, "build")
            self._done(with_step)
        self._status(deployment, Status.DEPLOYING)
        step = self._step(deployment, "CREATE_CONTAINER")
        if "deploy-stuck" in faults:
            await self._given_up[deployment.id].wait()
        await self._wait(deployment, "image")
        self._done(step)
        if "deploy-fails" in faults:
            raise Failed("failed to pull the image")
        required = deployment.deploy.get("requiredMountPath")
        volume = deployments.volume_of(self.world, deployment)
        if required and (volume is None or volume.mount_path != required):
            raise Failed(f"no volume is mounted at {required}, which requiredMountPath demands")
        await self._before_deploy(deployment)

    async def _before_deploy(self, deployment: Deployment) -> None:
        """Run the pre-deploy command: in a container of its own, without the volume."""
        given = deployment.deploy.get("preDeployCommand")
        text = " && ".join(given) if isinstance(given, list) else given
        if not text:
            return
        step = self._step(deployment, "PRE_DEPLOY_COMMAND")
        place = self.world.store.container(f"{deployment.id}.pre")
        log = self.log(deployment)
        container = Container(
            Place(place, own_mounts=self.own_mounts),
            f"RAILWAY_DEPLOYMENT_ID={deployment.id}",
            lambda line, severity: log.add(line, severity, ""),
        )
        settings = {**image(), **deployment.variables}
        await container.start(command_of(text), settings | variables(self.world, deployment, None))
        code = await container.wait()
        self._done(step, f"exit code {code}" if code else None)
        if code:
            raise Failed(f"pre-deploy command exited with code {code}")

    async def _replace(self, deployment: Deployment, faults: frozenset[str]) -> None:
        if self._given_up[deployment.id].is_set():
            raise Cancelled
        volume = deployments.volume_of(self.world, deployment)
        old = self._others(deployment)
        first_stop = volume is not None and "deployments-overlap" not in faults
        if first_stop:
            await self._retire(deployment, old)
        if volume is not None:
            await self._follow(deployment, volume)
        if self._given_up[deployment.id].is_set():
            raise Cancelled  # while the old one drained
        await self._launch(deployment, faults, volume)
        await self._check_health(deployment)
        if deployment.status is not Status.DEPLOYING:
            raise Cancelled
        deployment.ran = True
        self._status(deployment, Status.SUCCESS)
        if not first_stop and old:
            overlap = deployment.deploy.get("overlapSeconds") or 0
            await self.world.clock.sleep(float(overlap))
            await self._retire(deployment, old)

    async def _follow(self, deployment: Deployment, volume: VolumeInstance) -> None:
        """Migrate the volume to the region the service was told to run in."""
        region = region_of(deployment)
        if not deployment.deploy.get("multiRegionConfig") or region == volume.region:
            return
        step = self._step(deployment, "MIGRATE_VOLUMES")
        moving = volumes.move(self.world, volume, region)
        if moving is not None:
            await moving
        self._done(step)

    def _others(self, deployment: Deployment) -> list[Deployment]:
        return [
            one
            for one in deployments.of(self.world, deployment.service_id, deployment.environment_id)
            if one.id != deployment.id and one.status in (*ACTIVE, Status.CRASHED)
        ]

    async def _retire(self, deployment: Deployment, old: list[Deployment]) -> None:
        running = [one for one in old if is_live(one)]
        step = self._step(deployment, "DRAIN_INSTANCES") if running else None
        await asyncio.gather(*(self._remove(one) for one in old))
        if step is not None:
            self._done(step)

    async def _launch(
        self,
        deployment: Deployment,
        faults: frozenset[str],
        volume: VolumeInstance | None = None,
    ) -> None:
        volume = volume or deployments.volume_of(self.world, deployment)
        run = Run(self.world, deployment, self.log(deployment))
        self.runs[deployment.id] = run
        mount = "mount-missing" not in faults
        self.world.spawn(run.live(volume, mount=mount, own_mounts=self.own_mounts))
        self.world.spawn(self._watch(run))
        await run.up.wait()

    async def _watch(self, run: Run) -> None:
        """Turn a crash for good into the deployment's status."""
        await run.over.wait()
        if run.crashed and run.deployment.status in ACTIVE:
            self._status(run.deployment, Status.CRASHED)

    async def _check_health(self, deployment: Deployment) -> None:
        path, run = deployment.deploy.get("healthcheckPath"), self.runs[deployment.id]
        if not path:
            return
        text = deployment.variables.get("RAILWAY_HEALTHCHECK_TIMEOUT_SEC", "300")
        timeout = deployment.deploy.get("healthcheckTimeout") or int(text)
        step = self._step(deployment, "HEALTHCHECK")
        until = self.world.clock.after(float(timeout))
        attempt = 0
        while self.world.now() < until and not run.over.is_set():
            if self._given_up[deployment.id].is_set():
                raise Cancelled
            attempt += 1
            status = await health.answers(deployment.port or 0, path)
            step.attempt = attempt
            if status == 200:  # noqa: PLR2004 - the one answer that counts
                self._done(step)
                return
            await asyncio.sleep(HEALTH_EVERY_S)
        why = "the container exited" if run.over.is_set() else f"no HTTP 200 within {timeout} s"
        self._done(step, why)
        raise Failed(f"healthcheck failed: {why}")

    async def _drop(self, deployment: Deployment) -> None:
        run = self.runs.pop(deployment.id, None)
        if run is not None and not run.over.is_set():
            await run.end("REMOVED")
        wipe(self.world, deployment)

    async def _fail(self, deployment: Deployment, why: str) -> None:
        await self._drop(deployment)
        self.log(deployment).add(f"Deployment failed: {why}", "error", "")
        deployment.meta["configErrors"] = [why]
        self._status(deployment, Status.FAILED)

    async def _move(self, deployment: Deployment) -> None:
        await self.world.clock.sleep(self.world.delays.seconds("restart"))
        instance = services.find_instance(
            self.world, deployment.service_id, deployment.environment_id
        )
        if instance is not None and deployment.status in ACTIVE:
            deployments.redeploy(self.world, deployment, instance)

    # ------------------------------------------------------------------ the stand-in's own life

    def resume(self) -> None:
        """Start again what ran when the stand-in ended; its own files are lost, volumes are not.

        Railway does the same when it moves a deployment to another host.
        """
        for deployment in list(self.world.estate.deployments.values()):
            self._sweep(deployment)
            if deployment.status in PENDING:
                wipe(self.world, deployment)
                deployment.instances, deployment.steps = [], []
                self.start(deployment, frozenset())
            elif deployment.status is Status.REMOVING:
                self.world.spawn(self._remove(deployment))
            elif deployment.status is Status.SUCCESS and is_live(deployment):
                wipe(self.world, deployment)
                self.world.spawn(self._launch(deployment, frozenset()))

    def _sweep(self, deployment: Deployment) -> None:
        """Kill what a stand-in that was killed has left behind."""
        if deployment.pid is None:
            return
        for pid in processes(f"RAILWAY_DEPLOYMENT_ID={deployment.id}".encode()):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        deployment.pid = None

    async def end(self) -> None:
        """Stop every container; the records stay as they are, for the next start."""
        running = [run for run in self.runs.values() if not run.over.is_set()]
        for run in running:
            run.ending = True
        ends = [run.container.stop(STOPS_S) for run in running if run.container is not None]
        await asyncio.gather(*ends, return_exceptions=True)

    # ------------------------------------------------------------------ small parts

    async def _wait(self, deployment: Deployment, delay: str) -> None:
        """Wait, unless the deployment is given up meanwhile."""
        given_up = asyncio.create_task(self._given_up[deployment.id].wait())
        pause = asyncio.create_task(self.world.clock.sleep(self.world.delays.seconds(delay)))
        try:
            await asyncio.wait({given_up, pause}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            given_up.cancel()
            pause.cancel()
        if self._given_up[deployment.id].is_set():
            raise Cancelled

    def _status(self, deployment: Deployment, status: Status) -> None:
        deployment.status = status
        deployment.status_at = deployment.updated_at = self.world.now()
        self.world.changed()

    def _step(self, deployment: Deployment, name: str) -> Step:
        step = Step(self.world.new_id(), name, self.world.now())
        deployment.steps.append(step)
        return step

    def _done(self, step: Step, error: str | None = None) -> None:
        step.completed_at, step.error = self.world.now(), error
