"""The write path: one staged patch, committed without a deployment, read back field by field.

Never commits what somebody else has staged, and never deploys. See docs/adr/0011.
"""

from collections.abc import Callable

from infra.railway import patch as patches
from infra.railway.calls import environments
from infra.railway.calls.environments import EnvironmentState
from infra.railway.client import Railway
from infra.railway.errors import LostAnswer, NotApplied, StagedByOthers
from infra.railway.lock import only_writer
from infra.railway.patch import Json

PATHS_SHOWN = 8
OTHERS_S_MAX = 3.0
"""How long the other resources of a run may take to commit what they had staged before."""


def write(api: Railway, environment_id: str, patch_of: Callable[[Json], Json], *, why: str) -> None:
    """Make an environment's configuration hold a patch; nothing is written if it does already.

    `patch_of` makes the patch from the configuration as it is. Idempotent. A staged patch equal to
    this one is our own from an interrupted run and is committed; any other stands for somebody's
    unfinished work and is refused, after the other resources of this run had their turn: one of
    them may have left it when an earlier run was interrupted, and commits it now.

    Raises:
        StagedByOthers: names the paths; nothing of ours was written.
        NotApplied: committed, and these paths read back differently.
        RailwayError: as the calls.

    """
    refused: list[StagedByOthers] = []

    def turn() -> bool | None:
        try:
            _write(api, environment_id, patch_of, why)
        except StagedByOthers as error:
            refused[:] = [error]
            return None
        return True

    if api.pace.until(turn, OTHERS_S_MAX) is None:
        raise refused[-1]


def _write(api: Railway, environment_id: str, patch_of: Callable[[Json], Json], why: str) -> None:
    with only_writer(environment_id, api.pace):
        before = environments.state(api, environment_id)
        patch = patches.needed(before.config, patch_of(before.config))
        refuse_foreign(before, patch)
        if not before.staged and not patches.unproved(before.config, patch):
            return
        _stage(api, environment_id, patch)
        _commit(api, environment_id, why)
        _read_back(api, environment_id, patch)


def refuse_foreign(state: EnvironmentState, patch: Json) -> None:
    """Refuse if anything but `patch` is staged.

    Raises:
        StagedByOthers: names the paths, never the values.

    """
    if not state.staged or patches.same(state.staged, patch):
        return
    found = patches.paths(state.staged)
    raise StagedByOthers(
        f"environment {state.id} has staged changes that are not of this run: {_few(found)}. "
        "Commit or discard them in Railway's dashboard, then run again; nothing was written",
        found,
    )


def _stage(api: Railway, environment_id: str, patch: Json) -> None:
    try:
        staged = environments.stage(api, environment_id, patch)
    except LostAnswer:
        state = environments.state(api, environment_id)
        if not state.staged or not patches.same(state.staged, patch):
            raise
        staged = state.staged
    if not patches.same(staged, patch):
        found = patches.paths(staged)
        raise StagedByOthers(
            f"somebody staged changes in environment {environment_id} at this very moment: "
            f"{_few(found)}. Discard them in Railway's dashboard, then run again; nothing was "
            "committed",
            found,
        )


def _commit(api: Railway, environment_id: str, why: str) -> None:
    try:
        environments.commit_staged(api, environment_id, why)
    except LostAnswer:
        # Reading back tells whether it was done; committing twice is never needed to find out.
        return


def _read_back(api: Railway, environment_id: str, patch: Json) -> None:
    last: list[EnvironmentState] = []

    def applied() -> EnvironmentState | None:
        last[:] = [environments.state(api, environment_id)]
        failed = last[0].last_applied_error
        if not patches.unapplied(last[0].config, patch) or failed:
            return last[0]
        return None

    if (
        api.pace.until(applied, api.pace.appear_s_max) is not None
        and not last[0].last_applied_error
    ):
        return
    open_paths = patches.unapplied(last[0].config, patch)
    if not open_paths:
        return
    reason = f": {last[0].last_applied_error}" if last[0].last_applied_error else ""
    raise NotApplied(
        f"environment {environment_id} was written and reads back differently at "
        f"{_few(open_paths)}{reason}. Run again; if it stays, Railway does not take this setting",
        open_paths,
    )


def _few(found: tuple[str, ...]) -> str:
    more = f" and {len(found) - PATHS_SHOWN} more" if len(found) > PATHS_SHOWN else ""
    return ", ".join(found[:PATHS_SHOWN]) + more
