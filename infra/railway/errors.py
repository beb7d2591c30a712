"""How a call to Railway can end badly: one class a way, one clear line each.

What a caller may do next is in the class: only `Unreachable` and refusals prove that nothing was
done; after `LostAnswer` the caller has to look before it does anything else.
"""

# ruff: noqa: N818 - the names say what happened; "Error" at the end of each would say nothing


class RailwayError(Exception):
    """Railway did not do what was asked, as far as we know."""

    def __init__(self, line: str, *, trace_id: str | None = None) -> None:
        """Keep one line, with Railway's trace id where there is one: support asks for it."""
        super().__init__(line if trace_id is None else f"{line} (trace id {trace_id})")
        self.line = line
        self.trace_id = trace_id


class Unreachable(RailwayError):
    """The request never left: no network, no name, no connection."""


class LostAnswer(RailwayError):
    """The request left and no answer that can be trusted came back: it may have been done."""


class Unreadable(RailwayError):
    """The answer of a query is not what the schema promises."""


class NotAuthorized(RailwayError):
    """Railway's one sentence for six reasons; the line says which it was, where that was found."""


class NotFound(RailwayError):
    """Railway says that the thing does not exist. The only proof of absence there is."""


class AlreadyExists(RailwayError):
    """A thing of that name is there already."""


class InProgress(RailwayError):
    """Another operation on the same thing is running; nothing was done."""


class Invalid(RailwayError):
    """Railway refused the document or a value in it; nothing was done."""


class Throttled(RailwayError):
    """The plan allows such a creation only every so often; nothing was done."""


class RateLimited(RailwayError):
    """HTTP 429: too many requests; nothing was done."""

    def __init__(self, line: str, *, retry_after_s: float | None = None) -> None:
        """Keep how long Railway asks us to wait; None where it does not say."""
        super().__init__(line)
        self.retry_after_s = retry_after_s


class StagedByOthers(RailwayError):
    """Somebody has staged changes which a commit of ours would carry along."""

    def __init__(self, line: str, paths: tuple[str, ...]) -> None:
        """Keep the paths of the changes, never their values."""
        super().__init__(line)
        self.paths = paths


class NotApplied(RailwayError):
    """A committed patch reads back differently from what was written."""

    def __init__(self, line: str, paths: tuple[str, ...]) -> None:
        """Keep the paths that differ, never their values."""
        super().__init__(line)
        self.paths = paths


class Busy(RailwayError):
    """Another process of ours holds the environment's lock."""


class Cancelled(RailwayError):
    """We were told to stop while waiting."""
