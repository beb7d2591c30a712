"""A token goes to Railway or to this machine, and every refusal is one line with an exit code."""

import pytest

from bot.domain.refusal import ExitCode, Refused
from infra.railway.client import VENDOR_URL
from infra.railway.errors import LostAnswer, NotFound
from infra.railway.token import TokenKind
from ops.estate.connect import address, railway

SECRET = "0a1b2c3d-secret"


def test_without_a_token_the_line_says_which_to_make() -> None:
    with pytest.raises(Refused, match="RAILWAY_API_TOKEN is missing") as refused, railway({}):
        pass
    assert refused.value.code is ExitCode.USAGE


def test_each_variable_holds_its_own_kind_and_the_wider_one_wins() -> None:
    with railway({"RAILWAY_TOKEN": SECRET}) as client:
        assert client.token.kind is TokenKind.PROJECT
    with railway({"RAILWAY_TOKEN": SECRET, "RAILWAY_API_TOKEN": SECRET}) as client:
        assert client.token.kind is TokenKind.BEARER
        assert client.url == VENDOR_URL


def test_a_token_that_is_no_word_is_refused_without_being_printed() -> None:
    with (
        pytest.raises(Refused, match="RAILWAY_API_TOKEN must be one word") as refused,
        railway({"RAILWAY_API_TOKEN": f"{SECRET} {SECRET}"}),
    ):
        pass
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize("url", ["http://backboard.railway.com/", "ftp://127.0.0.1/", "railway"])
def test_a_token_never_leaves_in_clear(url: str) -> None:
    with pytest.raises(Refused, match="RAILWAY_API_URL is") as refused:
        address(url)
    assert refused.value.code is ExitCode.USAGE


@pytest.mark.parametrize("url", [VENDOR_URL, "http://127.0.0.1:4010/graphql/v2", "http://[::1]/x"])
def test_railway_and_this_machine_are_spoken_to(url: str) -> None:
    assert address(url) == url


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NotFound("Project not found"), ExitCode.OUTSIDE),
        (LostAnswer("no answer"), ExitCode.UNKNOWN_OUTCOME),
    ],
)
def test_what_may_have_happened_decides_the_exit_code(error: Exception, code: ExitCode) -> None:
    with pytest.raises(Refused) as refused, railway({"RAILWAY_API_TOKEN": SECRET}):
        raise error
    assert refused.value.code is code
