"""Whose a thing is stands in the project's description, and nowhere else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.provider.ownership import (
    Refusal,
    Urn,
    described,
    import_command,
    is_ours,
    not_ours,
    owner_in,
    text_in,
    urn_of,
)

OURS = Urn("dev", "poly", "railway:index:Service", "bot")
OTHERS = Urn("prod", "poly", "railway:index:Service", "bot")


def test_a_urn_is_read_with_its_parents_left_out() -> None:
    text = "urn:pulumi:dev::poly::poly:railway:Bot$railway:index:Service::bot"
    assert urn_of(text) == OURS


@pytest.mark.parametrize("text", ["", "urn:pulumi:dev", "urn:pulumi:dev::poly::type"])
def test_what_is_no_urn_is_refused(text: str) -> None:
    with pytest.raises(Refusal, match="is not the URN"):
        urn_of(text)


@pytest.mark.parametrize("text", [None, "", "The bot.", "with [brackets] in it"])
def test_the_mark_goes_with_any_text(text: str | None) -> None:
    marked = described(text, OURS)
    assert is_ours(marked, OURS)
    assert not is_ours(marked, OTHERS)
    assert (text_in(marked) or "") == (text or "")


@pytest.mark.parametrize("text", [None, "", "poly/dev", "[pulumi poly/dev] and more"])
def test_what_carries_no_mark_at_its_end_is_nobodys(text: str | None) -> None:
    assert owner_in(text) is None


@given(st.text(max_size=40))
def test_marking_twice_marks_once(text: str) -> None:
    once = described(text_in(text), OURS)
    assert described(text_in(once), OURS) == once


def test_the_refusal_ends_with_the_exact_command() -> None:
    assert import_command(OURS, "p/e/s") == (
        "pulumi import --stack dev railway:index:Service bot p/e/s"
    )
    line = str(not_ours(OURS, "service 'bot'", "p/e/s"))
    assert line.endswith(import_command(OURS, "p/e/s"))
    assert "nothing was changed" in line
