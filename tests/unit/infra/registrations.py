"""Runs the estate for one stack and prints what it registers: a process of its own.

The SDK leaves event loops behind in its threads, which would fail whichever test the collector
happens to run in. Standard input is the stack's keys as JSON, standard output the registrations.
"""

import json
import sys
from typing import Any

import pulumi
from google.protobuf.json_format import MessageToDict
from pulumi.runtime import mocks
from typing_extensions import override

from infra.estate import Estate
from infra.settings import read


class Answers(mocks.Mocks):
    """A provider that knows every id."""

    @override
    def new_resource(self, args: Any) -> tuple[str, dict[str, Any]]:
        ids = {name: f"{args.name}.{name}" for name, value in args.inputs.items() if value is None}
        return f"{args.name}-id", {**args.inputs, **ids}

    @override
    def call(self, args: Any) -> tuple[dict[str, Any], None]:
        return dict(args.args), None


class Recorder(mocks.MockMonitor):
    """A monitor that keeps what it was asked to register."""

    def __init__(self) -> None:
        super().__init__(Answers())
        self.requests: list[Any] = []

    @override
    def RegisterResource(self, request: Any) -> Any:
        self.requests.append(request)
        return super().RegisterResource(request)  # type: ignore[no-untyped-call]


def registrations(keys: dict[str, str], secret: list[str]) -> list[dict[str, Any]]:
    """Run the program and return its registrations in the protocol's own words."""
    recorder = Recorder()
    mocks.set_mocks(Answers(), project="poly", stack="dev", monitor=recorder)
    pulumi.runtime.set_all_config(keys, secret)

    def run() -> pulumi.Output[Any]:
        return pulumi.Output.all(**Estate("poly", read(pulumi.Config("poly"))).exports())

    pulumi.runtime.test(run)()  # type: ignore[no-untyped-call]
    return [MessageToDict(request) for request in recorder.requests]


if __name__ == "__main__":
    asked = json.load(sys.stdin)
    print(json.dumps(registrations(asked["keys"], asked["secret"])))  # noqa: T201
