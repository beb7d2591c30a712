"""An action of our wallet on the chain and how far it is; only values, nothing sends here."""

from dataclasses import dataclass
from enum import StrEnum


class ChainPhase(StrEnum):
    """How far an action is; the last two are final."""

    PLANNED = "planned"
    """On disk, not sent: after a crash it may or may not have been."""
    UNANSWERED = "unanswered"
    """Sent, without an answer that says what became of it."""
    SUBMITTED = "submitted"
    """Taken, under a reference; not proved yet."""
    DONE = "done"
    """Balances or approvals on the chain prove it."""
    FAILED = "failed"
    """It did not happen, and will not under this nonce."""

    @property
    def final(self) -> bool:
        """Say whether nothing more is to be found out."""
        return self in {ChainPhase.DONE, ChainPhase.FAILED}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainStep:
    """One step of one action. `nonce` is the wallet's before it was sent."""

    action: str
    kind: str
    phase: ChainPhase
    subjects: tuple[str, ...]
    """What it is about: token ids to redeem, or spenders to approve."""
    nonce: int
    reference: str = ""
    """The relayer's transaction id, or a transaction hash."""
    detail: str = ""
