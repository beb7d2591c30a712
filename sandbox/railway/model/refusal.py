"""How Railway says no: a message in `errors` with HTTP status 200.

Source: docs.railway.com/integrations/api and observed replies, collected 2026-11-22.
"""


class Refusal(Exception):  # noqa: N818 - an answer of the vendor's, not a failure of ours
    """One entry of `errors`; the code is what Railway gives for nearly everything."""

    def __init__(self, message: str, code: str = "INTERNAL_SERVER_ERROR") -> None:
        """Keep the message as Railway words it and the code beside it."""
        super().__init__(message)
        self.message = message
        self.code = code


def not_authorized() -> Refusal:
    """Say the one sentence that stands for six reasons.

    Bad token, wrong header, another workspace, mismatched ids, a deleted thing, and a feature the
    plan lacks all read the same.
    """
    return Refusal("Not Authorized")


def not_found(kind: str) -> Refusal:
    """Say that a thing of this kind is not there; Railway has no stable code for it."""
    return Refusal(f"{kind} not found")
