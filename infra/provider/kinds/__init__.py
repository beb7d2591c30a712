"""The kinds of resources the provider makes: one file a kind, found here by type token."""

from typing import Any

from infra.provider.kinds.backup_schedule import BackupSchedule
from infra.provider.kinds.bucket import Bucket
from infra.provider.kinds.deployment import Deployment
from infra.provider.kinds.environment import Environment
from infra.provider.kinds.kind import Kind
from infra.provider.kinds.project import Project
from infra.provider.kinds.service import Service
from infra.provider.kinds.variable_set import VariableSet
from infra.provider.kinds.volume import Volume

KINDS: dict[str, Kind[Any]] = {
    kind.token: kind
    for kind in (
        Project(),
        Environment(),
        Service(),
        Volume(),
        VariableSet(),
        Bucket(),
        BackupSchedule(),
        Deployment(),
    )
}
