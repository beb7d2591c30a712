"""Railway's own volume backups on a schedule; a plan without them refuses."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from infra.resources.resource import Property, RailwayResource


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupScheduleArgs:
    """What a schedule is declared with."""

    project_id: pulumi.Input[str]
    environment_id: pulumi.Input[str]
    volume_id: pulumi.Input[str]
    kinds: pulumi.Input[Sequence[pulumi.Input[str]]]
    """Any of `DAILY` (kept 6 days), `WEEKLY` (1 month), `MONTHLY` (3 months)."""


class BackupSchedule(RailwayResource):
    """A schedule. Id: `<project>/<environment>/<volume>`. The Hobby plan has none."""

    kinds = Property[Sequence[str]]("kinds")

    def __init__(
        self,
        resource_name: str,
        args: BackupScheduleArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(resource_name, args, (), opts)
