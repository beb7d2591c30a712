"""Tokens: which variable, which kind, and what is refused without being shown."""

import pytest

from infra.railway.token import Token, TokenKind, token_from, token_text

BOTH = {"RAILWAY_API_TOKEN": "account", "RAILWAY_TOKEN": "project"}


def test_no_variable_is_no_token() -> None:
    assert token_from({}) is None
    assert token_from({"RAILWAY_API_TOKEN": ""}) is None


@pytest.mark.parametrize("kind", list(TokenKind))
def test_the_preferred_kind_wins_where_both_are_set(kind: TokenKind) -> None:
    found = token_from(BOTH, prefer=kind)
    assert found is not None
    assert found.kind is kind


def test_the_only_one_is_taken_whatever_is_preferred() -> None:
    found = token_from({"RAILWAY_TOKEN": " t\n"}, prefer=TokenKind.BEARER)
    assert found == Token(TokenKind.PROJECT, "t")


@pytest.mark.parametrize("text", ["", "   ", "two words", "naïve", "a\nb", "tab\there"])
def test_what_no_header_can_carry_is_refused_by_the_name_of_its_place(text: str) -> None:
    with pytest.raises(ValueError, match="railway:token must be one word") as caught:
        token_text(text, "railway:token")
    assert not text.strip() or text not in str(caught.value)


def test_a_token_never_prints() -> None:
    assert "planted" not in f"{Token(TokenKind.BEARER, 'planted')!r}"
    assert "planted" not in f"{Token(TokenKind.BEARER, 'planted')}"
