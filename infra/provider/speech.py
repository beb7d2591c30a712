"""How the provider speaks: refusals as gRPC statuses, half-made things with their id, log lines.

The engine reads meaning into the status code: a clean failure must not be UNKNOWN or INTERNAL, and
a thing that exists must travel with its id in the details (pulumi facts 1b).
"""

import sys
import traceback
from collections.abc import Callable
from functools import wraps
from typing import Any, NoReturn, TypeVar, cast

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, provider_pb2, status_pb2

from infra.provider.ownership import Refusal
from infra.provider.session import Severity
from infra.provider.wire import Properties, encode
from infra.railway.errors import (
    AlreadyExists,
    Cancelled,
    Invalid,
    NotAuthorized,
    NotFound,
    RailwayError,
    RateLimited,
    Throttled,
)

Verb = TypeVar("Verb", bound=Callable[..., Any])

OPTIONS = [("grpc.max_receive_message_length", 400 * 1024 * 1024)]
CODES: tuple[tuple[type[Exception], grpc.StatusCode], ...] = (
    (Refusal, grpc.StatusCode.FAILED_PRECONDITION),
    (NotAuthorized, grpc.StatusCode.PERMISSION_DENIED),
    (NotFound, grpc.StatusCode.NOT_FOUND),
    (AlreadyExists, grpc.StatusCode.ALREADY_EXISTS),
    (Invalid, grpc.StatusCode.INVALID_ARGUMENT),
    (RateLimited, grpc.StatusCode.RESOURCE_EXHAUSTED),
    (Throttled, grpc.StatusCode.RESOURCE_EXHAUSTED),
    (Cancelled, grpc.StatusCode.CANCELLED),
    (RailwayError, grpc.StatusCode.UNAVAILABLE),
)
SEVERITIES = {
    Severity.DEBUG: engine_pb2.DEBUG,
    Severity.INFO: engine_pb2.INFO,
    Severity.WARNING: engine_pb2.WARNING,
}
LOG_S_MAX = 5.0


class HalfMade(Exception):  # noqa: N818 - an outcome the engine keeps
    """A thing that exists and is not as declared, as the engine wants to hear of it."""

    def __init__(self, detail: provider_pb2.ErrorResourceInitFailed) -> None:
        """Keep the detail."""
        super().__init__("; ".join(detail.reasons))
        self.detail = detail


def half_made(identity: str, reason: str, inputs: Properties, state: Properties) -> HalfMade:
    """Return what tells the engine to keep a thing and to try again at the next `up`."""
    return HalfMade(
        provider_pb2.ErrorResourceInitFailed(
            id=identity, properties=encode(state), inputs=encode(inputs), reasons=[reason]
        )
    )


def guarded(verb: Verb) -> Verb:
    """Turn what a verb raises into the status the engine understands; the one catch-all."""

    @wraps(verb)
    def call(servicer: object, request: object, context: grpc.ServicerContext) -> object:
        try:
            return verb(servicer, request, context)
        except HalfMade as error:
            _abort_half_made(context, error)
        except (Refusal, RailwayError) as error:
            context.abort(_code(error), str(error))
        except Exception as error:  # noqa: BLE001 - a bug of ours: say so, keep serving
            traceback.print_exc(file=sys.stderr)
            context.abort(
                grpc.StatusCode.INTERNAL,
                f"a bug of the railway provider ({type(error).__name__}): report it with the "
                "output of `pulumi up --logtostderr -v=3`",
            )

    return cast("Verb", call)


def _code(error: Exception) -> grpc.StatusCode:
    return next(code for kind, code in CODES if isinstance(error, kind))


def _abort_half_made(context: grpc.ServicerContext, error: HalfMade) -> NoReturn:
    detail = AnyMessage()
    detail.Pack(error.detail)
    status = status_pb2.Status(
        code=grpc.StatusCode.UNKNOWN.value[0], message=str(error), details=[detail]
    )
    metadata = (("grpc-status-details-bin", status.SerializeToString()),)
    context.set_trailing_metadata(metadata)
    context.abort(grpc.StatusCode.UNKNOWN, str(error))


class Engine:
    """The engine's log; without an address (a test) nothing is said."""

    def __init__(self, address: str | None) -> None:
        self._stub = None
        if address:
            channel = grpc.insecure_channel(address, options=OPTIONS)
            self._stub = engine_pb2_grpc.EngineStub(channel)

    def say(self, severity: Severity, text: str, urn: str) -> None:
        """Show a line to the person; a deaf engine is no reason to fail."""
        if self._stub is None:
            return
        request = engine_pb2.LogRequest(severity=SEVERITIES[severity], message=text, urn=urn)
        try:
            self._stub.Log(request, timeout=LOG_S_MAX)
        except grpc.RpcError:
            print(text, file=sys.stderr)  # noqa: T201 - the plugin's own log
