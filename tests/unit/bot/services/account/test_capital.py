"""What a person announces is read exactly or refused by name."""

import pytest

from bot.domain.money import Usd
from bot.domain.refusal import ExitCode, Refused
from bot.services.account.capital import read_announced


def test_announcements_are_read_in_order() -> None:
    first, second = read_announced("jan-1:250.50:from the bank; jan-2:-20:rent ;")
    assert (first.announcement, first.amount, first.reason) == (
        "jan-1", Usd.parse("250.5"), "from the bank",
    )  # fmt: skip
    assert (second.amount, second.reason) == (Usd.parse("-20"), "rent")
    assert read_announced("") == ()


@pytest.mark.parametrize(
    "text",
    ["100", "a:100", "a:0:none", "a:1e3:sci", "a:1.0000001:too fine", "a b:1:blank", "a:1:x",
     "a:.:dot", "a:5:one;a:6:two", ";".join(f"a{n}:1:many" for n in range(21))],
)  # fmt: skip
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="POLY_CAPITAL") as refused:
        read_announced(text)
    assert refused.value.code is ExitCode.USAGE
