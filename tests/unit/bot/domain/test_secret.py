"""A secret gives itself away only to who says `reveal`."""

import copy
import pickle

import pytest

from bot.domain.secret import Secret


def test_nothing_shows_the_text() -> None:
    secret = Secret("hunter2")
    shown = f"{secret} {secret!r} {secret!s} {secret:>10} {[secret]} %s" % secret
    assert "hunter2" not in shown
    assert "***" in shown


def test_reveal_gives_it() -> None:
    assert Secret("hunter2").reveal() == "hunter2"


def test_secrets_compare_and_hash_by_their_text() -> None:
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a")}) == 1


def test_an_empty_secret_is_false() -> None:
    assert not Secret("")
    assert Secret("a")


@pytest.mark.parametrize("write", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_secret_is_not_written_down(write: object) -> None:
    assert callable(write)
    with pytest.raises(TypeError, match="not written down"):
        write(Secret("hunter2"))
