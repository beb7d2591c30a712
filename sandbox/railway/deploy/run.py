"""One deployment's container over its life: started, watched, started again by its policy.

Source of the policy: docs.railway.com/deployments/restart-policy, read 2026-11-22: ON_FAILURE, 10
tries; exit 0 is not restarted and leaves the status SUCCESS; after the last try CRASHED.
"""

import asyncio
import shutil

from sandbox.railway.deploy import injected
from sandbox.railway.deploy.container import Container, Place, command_of
from sandbox.railway.deploy.health import free_port
from sandbox.railway.deploy.logs import Log
from sandbox.railway.model.records import Deployment, Instance, VolumeInstance
from sandbox.railway.model.world import World
from sandbox.railway.rules import deployments

BACKOFF_S = 0.2
"""Between a crash and the next try; Railway's own is not published."""


class Run:
    """What runs for a deployment now."""

    def __init__(self, world: World, deployment: Deployment, log: Log) -> None:
        """Nothing runs yet."""
        self.world = world
        self.deployment = deployment
        self.log = log
        self.container: Container | None = None
        self.up = asyncio.Event()
        """The container was started once."""
        self.over = asyncio.Event()
        """Nothing runs and nothing will be started again."""
        self.crashed = False
        self.ending = False
        self._volume: VolumeInstance | None = None
        self._given: dict[str, str] = {}

    @property
    def volume(self) -> VolumeInstance | None:
        """The volume its container has, or None."""
        return self._volume

    async def live(self, volume: VolumeInstance | None, *, mount: bool, own_mounts: bool) -> None:
        """Run the container until it ends for good."""
        self._volume = volume
        deployment = self.deployment
        place = Place(
            self.world.store.container(deployment.id),
            self.world.store.volume(volume.id) if volume and mount else None,
            volume.mount_path if volume else None,
            own_mounts,
        )
        deployment.restarts = 0
        self._given = injected.variables(self.world, deployment, volume)
        instance = Instance(self.world.new_id(), "INITIALIZING", self.world.now())
        deployment.instances = [instance]
        try:
            while not self.ending:
                code = await self._once(place, instance)
                if not self._again(instance, code):
                    break
                await asyncio.sleep(BACKOFF_S)
        finally:
            self.up.set()
            self.over.set()

    async def _once(self, place: Place, instance: Instance) -> int:
        deployment = self.deployment
        try:
            command = command_of(deployment.deploy.get("startCommand"))
        except ValueError as error:
            self._print(f"start command cannot be read: {error}", "error")
            self.up.set()
            return 127
        mark = f"RAILWAY_DEPLOYMENT_ID={deployment.id}"
        self.container = Container(
            place, mark, lambda text, severity: self.log.add(text, severity, instance.id)
        )
        self._print("Starting Container", "info", instance)
        await self.container.start(command, self._environment(instance))
        deployment.pid = self.container.pid
        deployment.mounted = self.container.mounted
        self._tell_mount(place)
        instance.status = "RUNNING"
        self.world.changed()
        self.up.set()
        if self.ending:  # asked to end while it was starting
            await self.container.stop(0.0)
        code = await self.container.wait()
        instance.exit_code, deployment.pid = code, None
        return code

    def _environment(self, instance: Instance) -> dict[str, str]:
        deployment = self.deployment
        port = deployment.variables.get("PORT", "")
        deployment.port = int(port) if port.isdigit() else free_port()
        return {
            **injected.image(),
            **deployment.variables,
            **self._given,
            "RAILWAY_REPLICA_ID": instance.id,
            "PORT": str(deployment.port),
        }

    def _tell_mount(self, place: Place) -> None:
        how = self.deployment.mounted
        if self._volume is None:
            return
        if place.volume is None:
            self._print("volume is not mounted", "warn")
        elif how == "mounted":
            self._print(f"volume {self._volume.volume_id} is mounted at {place.at}", "info")
        else:
            self._print(
                f"volume {self._volume.volume_id} cannot be mounted here ({how}); "
                f"RAILWAY_VOLUME_MOUNT_PATH is {place.volume}",
                "warn",
            )

    def _again(self, instance: Instance, code: int) -> bool:
        """Say whether the policy starts it again; note how it ended."""
        deployment = self.deployment
        policy = deployment.deploy.get("restartPolicyType") or "ON_FAILURE"
        tries = deployment.deploy.get("restartPolicyMaxRetries")
        tries = 10 if tries is None else int(tries)
        if self.ending:
            return False
        again = policy == "ALWAYS" or (policy == "ON_FAILURE" and code != 0)
        if again and (policy == "ALWAYS" or deployment.restarts < tries):
            deployment.restarts += 1
            instance.status = "RESTARTING"
            self._print(f"Container exited with code {code}, restarting", "warn", instance)
            self.world.changed()
            return True
        self.crashed = code != 0
        instance.status = "CRASHED" if self.crashed else "EXITED"
        self._print(f"Container exited with code {code}", "warn", instance)
        self.world.changed()
        return False

    async def end(self, status: str, *, kill: bool = False) -> None:
        """Stop the container for good; draining is honoured unless it is killed."""
        self.ending = True
        self._print("Stopping Container", "info")
        if self.container is not None:
            await self.container.stop(0.0 if kill else draining_s(self.deployment))
        await self.over.wait()
        for instance in self.deployment.instances:
            instance.status = status
        self.world.changed()

    def _print(self, text: str, severity: str, instance: Instance | None = None) -> None:
        self.log.add(text, severity, instance.id if instance else "")


def draining_s(deployment: Deployment) -> float:
    """Return the seconds between SIGTERM and SIGKILL; Railway's default is none at all."""
    value = deployment.deploy.get("drainingSeconds")
    if value is None:
        text = deployment.variables.get("RAILWAY_DEPLOYMENT_DRAINING_SECONDS", "0")
        value = int(text) if text.isdigit() else 0
    return float(value)


def wipe(world: World, deployment: Deployment) -> None:
    """Delete a container's file system, really."""
    shutil.rmtree(world.store.container(deployment.id), ignore_errors=True)


def is_live(deployment: Deployment) -> bool:
    """Say whether a process of it should run."""
    return not deployments.is_stopped(deployment)
