"""The list of faults and the places that ask for them are the same."""

import re
from pathlib import Path

from sandbox.railway.faults import FAULTS
from sandbox.railway.rules.deployments import ROLLOUT_FAULTS

PACKAGE = Path(__file__).resolve().parents[4] / "sandbox" / "railway"


def asked() -> set[str]:
    """Return every fault some code asks for."""
    names = set(ROLLOUT_FAULTS)
    for file in PACKAGE.rglob("*.py"):
        names |= set(re.findall(r"strikes\(\s*\"([a-z0-9-]+)\"", file.read_text()))
    return names


def test_every_fault_is_asked_for_somewhere_and_no_other() -> None:
    assert asked() == {fault.name for fault in FAULTS}


def test_every_fault_for_a_roll_out_is_acted_on() -> None:
    text = (PACKAGE / "deploy" / "rollout.py").read_text()
    assert [name for name in ROLLOUT_FAULTS if f'"{name}" ' not in text] == []


def test_names_are_unique_and_every_one_is_explained() -> None:
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)
    assert all(fault.does and fault.source for fault in FAULTS)


def test_every_fault_is_in_the_page() -> None:
    page = (PACKAGE.parents[1] / "docs" / "sandbox-railway.md").read_text()
    assert [fault.name for fault in FAULTS if f"`{fault.name}`" not in page] == []
