"""Faults narrowed to a call: by operation, after so many, so often."""

from sandbox.faults import Fault, Faults
from sandbox.railway.model.arming import Arms, Scope

KNOWN = (Fault("drop", "drops", "test"),)


def armed(scope: Scope, times: int) -> Arms:
    arms = Arms(Faults(KNOWN))
    arms.arm("drop", scope, times=times)
    return arms


def test_it_strikes_so_often_and_is_spent() -> None:
    arms = armed(Scope(), 2)
    assert [arms.strikes("drop") for _ in range(4)] == [True, True, False, False]
    assert arms.seen == ["drop", "drop"]


def test_another_operation_passes_and_does_not_use_it_up() -> None:
    arms = armed(Scope(operation="volumeCreate"), 1)
    arms.call = frozenset({"projectCreate"})
    assert not arms.strikes("drop")
    arms.call = frozenset({"volumeCreate", "MakeVolume"})
    assert arms.strikes("drop")


def test_it_skips_the_first_calls() -> None:
    arms = armed(Scope(skip=2), 1)
    assert [arms.strikes("drop") for _ in range(4)] == [False, False, True, False]


def test_disarmed_is_disarmed() -> None:
    arms = armed(Scope(), 5)
    arms.disarm()
    assert not arms.strikes("drop")
