"""Who calls, and what each kind of token opens.

A project token opens one environment of one project. What was seen to work with it is allowed;
what nobody has measured (backups, committing patches) is refused here, so that no tool of ours
comes to rely on it.
Source: docs.railway.com/integrations/api and /cli/deploying, read 2026-11-22.
"""

from dataclasses import dataclass

from sandbox.railway.model.records import Estate, Token, TokenKind
from sandbox.railway.model.refusal import not_authorized

OPEN = frozenset({"__schema", "__type", "__typename", "platformStatus"})
"""Answered without any token: introspection is open, as on the real endpoint."""

ACCOUNT_ONLY = frozenset({"me"})

NOT_BY_PROJECT = frozenset(
    {
        "apiToken",
        "bucketCreate",
        "bucketUpdate",
        "environmentApplyChangeSet",
        "environmentCreate",
        "environmentDelete",
        "environmentPatchCommit",
        "environmentPatchCommitStaged",
        "environmentRename",
        "environmentStageChanges",
        "notificationRuleCreate",
        "notificationRuleDelete",
        "notificationRuleUpdate",
        "notificationRules",
        "projectCreate",
        "projectDelete",
        "projectScheduleDelete",
        "projectScheduleDeleteCancel",
        "projectScheduleDeleteForce",
        "projectTokenCreate",
        "projectTokenDelete",
        "projectTokens",
        "projectUpdate",
        "projects",
        "usageLimitSet",
        "volumeDelete",
        "volumeInstanceBackupCreate",
        "volumeInstanceBackupDelete",
        "volumeInstanceBackupLock",
        "volumeInstanceBackupRestore",
        "volumeInstanceBackupScheduleUpdate",
        "webhookTest",
        "workspace",
    }
)


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever holds a token."""

    token: Token | None

    @property
    def kind(self) -> TokenKind | None:
        """The kind of token, or None without one that opens anything."""
        return self.token.kind if self.token else None

    @property
    def key(self) -> str:
        """What the request budget is counted by."""
        return self.token.id if self.token else "anonymous"

    def may_ask(self, fields: frozenset[str]) -> None:
        """Refuse root fields this kind of token cannot use.

        Raises:
            Refusal: Not Authorized.

        """
        if fields <= OPEN:
            return
        if self.token is None:
            raise not_authorized()
        closed = {
            TokenKind.ACCOUNT: frozenset({"projectToken"}),
            TokenKind.WORKSPACE: ACCOUNT_ONLY | {"projectToken"},
            TokenKind.PROJECT: ACCOUNT_ONLY | NOT_BY_PROJECT,
        }[self.token.kind]
        if fields & closed:
            raise not_authorized()

    def sees_workspace(self, workspace_id: str) -> bool:
        """Say whether anything in this workspace is open to the token."""
        if self.token is None:
            return False
        return self.token.kind is TokenKind.ACCOUNT or self.token.workspace_id == workspace_id

    def sees_environment(self, environment_id: str) -> bool:
        """Say whether this environment is open, within a workspace that is."""
        if self.token is None:
            return False
        return (
            self.token.kind is not TokenKind.PROJECT or self.token.environment_id == environment_id
        )


def caller_of(estate: Estate, headers: dict[str, str]) -> Caller:
    """Find the token: each kind counts in its own header only.

    A project token in Authorization, or another in Project-Access-Token, opens nothing.
    """
    given = headers.get("project-access-token")
    if given is not None:
        return Caller(_find(estate, given, {TokenKind.PROJECT}))
    scheme, _, secret = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        return Caller(None)
    return Caller(_find(estate, secret.strip(), {TokenKind.ACCOUNT, TokenKind.WORKSPACE}))


def _find(estate: Estate, secret: str, kinds: set[TokenKind]) -> Token | None:
    for token in estate.tokens.values():
        if token.secret != secret or token.kind not in kinds:
            continue
        bound = token.kind is not TokenKind.PROJECT or token.project_id in estate.projects
        return token if bound else None
    return None
