"""Which volumes a thing holds, and the refusal to lose one nobody has confirmed."""

from collections.abc import Iterable

from infra.provider.ownership import Refusal
from infra.provider.session import CONFIRM_VARIABLE, Session
from infra.railway.calls import environments, volumes
from infra.railway.calls.volumes import VolumeInstance
from infra.railway.errors import NotFound


def in_project(session: Session, project_id: str) -> list[VolumeInstance]:
    """Return the live volumes in any environment of a project.

    Raises:
        RailwayError: as the calls; a project that is not found holds none.

    """
    try:
        found = environments.of_project(session.api, project_id)
    except NotFound:
        return []
    return [one for environment in found for one in in_environment(session, environment.id)]


def in_environment(session: Session, environment_id: str) -> list[VolumeInstance]:
    """Return the live volumes in an environment.

    Raises:
        RailwayError: as the calls; an environment that is not found holds none.

    """
    try:
        return list(volumes.in_environment(session.api, environment_id))
    except NotFound:
        return []


def in_service(session: Session, environment_id: str, service_id: str) -> list[VolumeInstance]:
    """Return the live volumes mounted in a service.

    Raises:
        RailwayError: as the calls.

    """
    found = in_environment(session, environment_id)
    return [instance for instance in found if instance.service_id == service_id]


def refuse_loss(session: Session, held: Iterable[VolumeInstance], what: str) -> None:
    """Refuse what would happen to volumes unless a person has confirmed each by its id.

    Raises:
        Refusal: names the volumes and the variable.

    """
    open_ones = [one for one in held if one.volume_id not in session.confirmed]
    if not open_ones:
        return
    names = ", ".join(f"{one.volume.name} ({one.volume_id})" for one in open_ones)
    ids = ",".join(one.volume_id for one in open_ones)
    raise Refusal(
        f"{what} the volume {names} and may lose what is on it; nothing was changed. Take a "
        f"backup, then confirm with the environment variable {CONFIRM_VARIABLE}={ids}"
    )
