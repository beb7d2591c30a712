"""Each fault of the stand-in at each call of each verb of each kind: a clear error or none.

Nothing is lost, nothing is doubled, and the next `up` converges. A verb's calls are learnt from a
run without faults; then the fault strikes at the first call, at the second, and so on, each time
on a fresh start of that verb.
"""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import grpc
import pytest

from infra.provider.server import Provider
from tests.contract.provider.conftest import quick
from tests.contract.provider.engine import Declared, Stack, configured, serving
from tests.contract.provider.ground import Case, cases, ground
from tests.contract.provider.stand_in import StandIn, started, stopped

KINDS = (
    "Project",
    "Environment",
    "Service",
    "Volume",
    "VariableSet",
    "Bucket",
    "BackupSchedule",
    "Deployment",
)
# On the way: they strike at any call.
ON_THE_WAY = (
    "not-authorized",
    "reads-not-authorized",
    "problem-processing",
    "rate-limited",
    "cloudflare",
    "bad-gateway",
    "bad-gateway-after",
    "dropped-before",
    "dropped-after",
    "unreadable",
    "partial",
    "in-progress",
)
# A query does nothing: whether the way breaks before or after it is the same to everybody.
AT_QUERIES = frozenset(
    {*ON_THE_WAY} - {"problem-processing", "bad-gateway-after", "dropped-after", "in-progress"}
)
AT_MUTATIONS = frozenset({*ON_THE_WAY} - {"reads-not-authorized"})
# In the thing itself: they strike where that happens, once in a verb.
IN_THE_THING = (
    "too-quickly",
    "budget-unnamed",
    "documents-400",
    "service-instance-late",
    "volume-instance-late",
    "volume-without-instance",
    "bucket-credentials-late",
    "unknown-enum",
    "staged-by-hand",
    "edited-by-hand",
    "patch-late",
    "patch-fails",
    "patch-key-dropped",
    "seal-ignored",
    "deploy-fails",
    "deploy-stuck",
    "deploy-twice",
    "host-moves",
    "service-delete-takes-volume",
)
NUMBERS = itertools.count(1)
MOVED_S = 20.0
RETRIED = 3
"""As often as a query is asked: a fault that lasts that long is an error."""


@dataclass(slots=True)
class Bench:
    """A stack on a stand-in, and the resource under test."""

    railway: StandIn
    stack: Stack
    base: list[Declared]
    environ: dict[str, str]
    kind: str

    def up(self, *targets: Declared) -> list[str]:
        """Apply the ground with these."""
        return self.stack.up([*self.base, *targets])

    def confirm(self) -> None:
        """Confirm, as a person would, that the volume under test may go."""
        volume = self.stack.state["target"].output("volumeId") if self.has_target else ""
        self.environ["POLY_CONFIRM_VOLUME"] = str(volume or "")
        configured(self.stack.stub)

    @property
    def has_target(self) -> bool:
        """Whether the state has the resource under test."""
        return "target" in self.stack.state

    def calls_of(self, verb: Callable[[], object]) -> list[tuple[str, str]]:
        """Return operation and kind of each call a verb makes when nothing goes wrong."""
        before = self.railway.truth()["requests"]
        verb()
        return [(call["operation"], call["kind"]) for call in self.railway.calls(before)]

    def remove(self, case: Case) -> None:
        """Delete the resource under test, if there is one."""
        if self.has_target:
            if case.holds_volume:
                self.confirm()
            self.stack.delete("target")

    def ready_to_go(self, case: Case) -> None:
        """Make the resource under test and confirm what its deletion needs."""
        assert self.up(case.make) == []
        if case.holds_volume:
            self.confirm()

    def read_target(self, case: Case) -> tuple[str, list[str]]:
        """Read the resource under test; returns its id, or what went wrong."""
        try:
            live = self.stack.read("target", case.kind, self.stack.state["target"])
        except grpc.RpcError as error:
            return "", [error.details() or ""]
        return live.id, []

    def deleted(self) -> list[str]:
        """Delete the resource under test; returns what went wrong."""
        try:
            self.stack.delete("target")
        except grpc.RpcError as error:
            return [error.details() or ""]
        return []

    def discard_staged(self) -> None:
        """Do as the person who staged an edit: discard it."""
        query = (
            "mutation($e: String!, $i: EnvironmentConfig!) "
            "{ environmentStageChanges(environmentId: $e, input: $i, merge: false) { id } }"
        )
        for identity, one in self.railway.truth()["environments"].items():
            if one["staged"]:
                self.railway.ask(query, {"e": identity, "i": {}})


@pytest.fixture(scope="module", params=KINDS)
def bench(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Bench]:
    """A stand-in for each kind: what was deleted stays in its books and makes it slower."""
    options = ("--plan", "pro", "--delay-scale", "0.001", "--no-mounts", "--budget", "1000000")
    process, railway = started(Path(tmp_path_factory.mktemp("railway")), *options)
    environ = {"RAILWAY_API_TOKEN": railway.account_token, "RAILWAY_API_URL": railway.url}
    try:
        with serving(Provider(environ=environ, pace=quick())) as stub:
            configured(stub)
            base = ground(railway.workspace_id, "ground")
            bench = Bench(railway, Stack(stub), base, environ, request.param)
            assert bench.up() == []
            yield bench
    finally:
        stopped(process)


@pytest.fixture
def case(bench: Bench) -> Iterator[Case]:
    found = cases(bench.railway.workspace_id, next(NUMBERS))[bench.kind]
    yield found
    bench.railway.calm()
    bench.discard_staged()
    bench.remove(found)


def strikes(
    bench: Bench,
    fault: str,
    calls: list[tuple[str, str]],
    prepare: Callable[[], object],
) -> Iterator[int]:
    """Arm the fault at each call in turn; for a query until its last attempt."""
    seen: dict[str, int] = {}
    for number, (operation, kind) in enumerate(calls):
        skip = seen.get(operation, 0)
        seen[operation] = skip + 1
        if fault not in (AT_QUERIES if kind == "query" else AT_MUTATIONS):
            continue
        bench.railway.calm()
        prepare()
        times = RETRIED if kind == "query" else 1
        bench.railway.arm(fault, operation, times=times, skip=skip)
        yield number
    bench.railway.calm()


def is_clear(errors: list[str]) -> bool:
    """Say whether there is nothing to read, or one line that says something."""
    return all(
        "\n" not in error
        and len(error) > 20
        and "bug of the" not in error
        and "planted" not in error
        for error in errors
    )


def converges(bench: Bench, case: Case, declared: Declared) -> None:
    """Nothing lost, nothing doubled, and one more `up` is the last that does anything."""
    bench.railway.calm()
    bench.discard_staged()
    errors = bench.up(declared)
    assert errors == []
    # A container that is on its way to another host runs nowhere for a moment.
    assert quick().until(lambda: case.count(bench.railway) == 1 or None, MOVED_S)
    assert declared is case.make or case.left_over(bench.railway) == 0
    assert bench.up(declared) == []
    assert all(line.endswith("same") for line in bench.stack.said)


@pytest.mark.timeout(240)
@pytest.mark.parametrize("fault", ON_THE_WAY)
def test_creation_survives_a_fault_at_each_call(bench: Bench, case: Case, fault: str) -> None:
    calls = bench.calls_of(lambda: bench.up(case.make))
    for _ in strikes(bench, fault, calls, lambda: bench.remove(case)):
        errors = bench.up(case.make)
        assert is_clear(errors)
        assert case.count(bench.railway) <= 1
        converges(bench, case, case.make)
    assert bench.stack.refresh() == []


@pytest.mark.timeout(240)
@pytest.mark.parametrize("fault", ON_THE_WAY)
def test_an_update_survives_a_fault_at_each_call(bench: Bench, case: Case, fault: str) -> None:
    versions = [case.make, case.change]
    assert bench.up(case.make) == []
    calls = bench.calls_of(lambda: bench.up(case.change))
    for number in strikes(bench, fault, calls, lambda: None):
        errors = bench.up(versions[number % 2])
        assert is_clear(errors)
        converges(bench, case, versions[number % 2])
    assert bench.stack.refresh() == []


@pytest.mark.parametrize("fault", ON_THE_WAY)
def test_a_read_that_fails_is_never_an_absence(bench: Bench, case: Case, fault: str) -> None:
    assert bench.up(case.make) == []
    resource = bench.stack.state["target"]
    calls = bench.calls_of(lambda: bench.read_target(case))
    for _ in strikes(bench, fault, calls, lambda: None):
        identity, errors = bench.read_target(case)
        assert identity == resource.id or (errors and is_clear(errors))


@pytest.mark.timeout(240)
@pytest.mark.parametrize("fault", ON_THE_WAY)
def test_a_deletion_survives_a_fault_at_each_call(bench: Bench, case: Case, fault: str) -> None:
    assert bench.up(case.make) == []
    calls = bench.calls_of(lambda: bench.remove(case))
    for _ in strikes(bench, fault, calls, lambda: bench.ready_to_go(case)):
        assert is_clear(bench.deleted())
        bench.railway.calm()
        bench.remove(case)
        assert case.count(bench.railway) == 0


@pytest.mark.timeout(240)
@pytest.mark.parametrize("fault", IN_THE_THING)
def test_a_life_survives_what_goes_wrong_in_the_thing_itself(
    bench: Bench, case: Case, fault: str
) -> None:
    """Made, changed and deleted, with the fault at the first call of each that it concerns."""
    for declared in (case.make, case.change):
        bench.railway.arm(fault, times=1)
        errors = bench.up(declared)
        assert is_clear(errors)
        assert case.count(bench.railway) <= 1
        converges(bench, case, declared)
    rounds = 0
    while drifted := bench.stack.refresh():
        # An edit in the midst of an `up` may be deployed with it: found and mended afterwards.
        rounds += 1
        assert fault == "edited-by-hand", drifted
        assert rounds <= 2, drifted
        converges(bench, case, case.change)
    if case.holds_volume:
        bench.confirm()
    bench.railway.arm(fault, times=1)
    assert is_clear(bench.deleted())
    bench.railway.calm()
    bench.discard_staged()
    bench.remove(case)
    assert case.count(bench.railway) == 0
    bench.stack.refresh()
    assert bench.up() == []
