"""The list of faults is true: each has one place where it strikes, and nothing else strikes."""

import re
from pathlib import Path

import sandbox.polymarket
from sandbox.polymarket.faults import FAULTS

CODE = Path(sandbox.polymarket.__file__).parent
FAMILIES = ("market", "user")


def struck() -> set[str]:
    """Return every name that the code asks for."""
    found = set()
    for path in CODE.rglob("*.py"):
        text = path.read_text()
        for name in re.findall(r'strikes\(f?"([^"]+)"\)', text):
            found |= {name.replace("{family}", family) for family in FAMILIES}
    text = (CODE / "venue" / "settlement.py").read_text()
    found |= set(re.findall(r'\("(trade-[a-z-]+)", \(', text))
    return found


def test_names_are_unique_and_plain() -> None:
    names = [fault.name for fault in FAULTS]
    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"[a-z0-9-]+", name) for name in names)
    assert all(fault.does and fault.source for fault in FAULTS)


def test_each_fault_strikes_somewhere_and_nothing_strikes_that_is_not_listed() -> None:
    listed = {fault.name for fault in FAULTS}
    assert struck() - listed == set()
    assert listed - struck() == set()
