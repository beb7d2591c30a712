"""Taking over: by import, after an interruption, and never what somebody else has made."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.contract.provider.engine import Stack
from tests.contract.provider.estate import Estate
from tests.contract.provider.stand_in import StandIn

Declare = Callable[..., Estate]


def deployments(railway: StandIn, stack: Stack) -> list[dict[str, Any]]:
    service = stack.state["service"].output("serviceId")
    return [one for one in railway.truth()["deployments"] if one["service_id"] == service]


def test_a_whole_estate_is_taken_over_without_a_change(
    stack: Stack, railway: StandIn, estate: Declare
) -> None:
    """Secretness is no difference: what is imported is secret, the program says plain."""
    declared = estate(sealed={})
    assert stack.up(declared.program()) == []
    other = Stack(stack.stub, name="other")
    for name, resource in stack.state.items():
        kind = stack._kinds[name]  # noqa: SLF001 - the engine's half
        assert other.take(name, kind, resource.id)
    before = railway.truth()["requests"]
    assert other.up(declared.program()) == []
    assert all(line.endswith("same") for line in other.said)
    assert railway.truth()["requests"] == before
    assert other.refresh() == []


def test_sealed_values_are_written_and_deployed_once_after_an_import(
    stack: Stack, railway: StandIn, estate: Declare
) -> None:
    """What they hold cannot be read, so nobody can say that it is what is declared."""
    declared = estate()
    assert stack.up(declared.program()) == []
    other = Stack(stack.stub, name="other")
    for name, resource in stack.state.items():
        assert other.take(name, stack._kinds[name], resource.id)  # noqa: SLF001
    assert other.up(declared.program()) == []
    changed = [line for line in other.said if not line.endswith("same")]
    assert changed == ["variables: update", "deployment: update"]
    assert len(deployments(railway, stack)) == 2
    assert other.refresh() == []


@pytest.mark.parametrize("name", ["environment", "service", "volume", "bucket", "variables"])
def test_what_this_stack_did_not_make_is_refused_with_the_import_command(
    stack: Stack, railway: StandIn, estate: Declare, name: str
) -> None:
    """A dashboard-made project has no mark of this stack, so nothing in it is adopted."""
    declared = estate()
    assert stack.up(declared.program()) == []
    other = Stack(stack.stub, name="other")
    program = declared.program()
    earlier = [one.name for one in program][: [one.name for one in program].index(name)]
    for one in earlier:
        assert other.take(one, stack._kinds[one], stack.state[one].id)  # noqa: SLF001
    before = railway.truth()["requests"]
    (error,) = other.up(program)
    kind, identity = stack._kinds[name], stack.state[name].id  # noqa: SLF001
    command = f"pulumi import --stack other railway:index:{kind} {name} {identity}"
    assert error.endswith(command)
    assert [one for one in railway.calls(before) if one["kind"] == "mutation"] == []


def test_a_project_of_that_name_which_is_not_ours_is_refused(
    stack: Stack, railway: StandIn, estate: Declare
) -> None:
    declared = estate()
    assert stack.up(declared.program()[:1]) == []
    other = Stack(stack.stub, name="other")
    (error,) = other.up(declared.program())
    identity = stack.state["project"].id
    assert error.endswith(f"pulumi import --stack other railway:index:Project project {identity}")


def test_what_an_interrupted_run_made_is_taken_over(
    stack: Stack, railway: StandIn, estate: Declare
) -> None:
    """The engine was killed after the creation and before it wrote its state."""
    declared = estate()
    program = declared.program()
    for number in range(1, len(program) + 1):
        assert stack.up(program[:number]) == []
        lost = program[number - 1].name
        identity = stack.state.pop(lost).id
        assert stack.up(program[:number]) == []
        assert stack.state[lost].id == identity
    assert len(deployments(railway, stack)) == 1
