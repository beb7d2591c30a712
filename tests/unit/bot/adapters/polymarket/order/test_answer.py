"""Every line of the table has an answer that is read by it, and only proofs are refusals."""

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polymarket import AcceptedOrder, RejectedOrder
from polymarket.errors import (
    RateLimitError,
    RequestRejectedError,
    SigningError,
    TransportError,
    UnexpectedResponseError,
    UserInputError,
)
from polymarket.errors import TimeoutError as SdkTimeout

from bot.adapters.polymarket.order.answer import (
    REFUSALS,
    TABLE,
    How,
    Said,
    answer,
    of_exception,
    of_response,
    row,
)
from bot.domain.order import Accepted, OrderHash, Rejected, Unknown

HASH = OrderHash("0xab")


def status(code: int, text: str = "") -> Said:
    return of_exception(RequestRejectedError(text, status=code))


def refused(text: str, code: str = "unknown") -> Said:
    return of_response(RejectedOrder(code=code, message=text))  # type: ignore[arg-type]


def broken(cause: Exception) -> Said:
    error = TransportError("Request failed")
    error.__cause__ = cause
    return of_exception(error)


def accepted(word: str, order_id: str = "0xAB") -> Said:
    fields = {"order_id": order_id, "status": word, "making_amount": "0", "taking_amount": "0"}
    more: dict[str, object] = {"trade_ids": (), "transactions_hashes": ()}
    return of_response(AcceptedOrder.model_validate(fields | more))


TEXTS = {
    "no-match": "no orders found to match with FAK order. FAK orders are partially filled or",
    "not-whole": "order couldn't be fully filled. FOK orders are fully filled or killed.",
    "crosses": "invalid post-only order: order crosses book",
    "post-only-mode": "post-only mode: only post-only orders and cancels are allowed",
    "tick": "order 0x1 is invalid. Price (0.525) breaks minimum tick size rule: 0.01",
    "size": "order 0x1 is invalid. Size (4) lower than the minimum: 5",
    "amounts": "invalid amounts, the market buy orders maker amount supports a max accuracy of 2",
    "funds": "not enough balance / allowance: the balance is not enough -> balance: 0",
    "not-ready": "the market is not yet ready to process new orders",
    "nonce": "invalid nonce",
    "expiration": "invalid expiration",
    "payload": "Invalid order payload",
    "signature": "invalid signature",
    "owner": "the order owner has to be the owner of the API KEY",
    "signer": "the order signer address has to be the address of the API KEY",
    "banned": "'0x1' address banned",
    "closed-only": "'0x1' address in closed only mode",
    "wallet-kind": "maker address not allowed, please use the deposit wallet flow",
    "no-book": "No orderbook exists for the requested token id",
    "version": "order_version_mismatch",
}
"""The venue's own words, by the name of their line."""

EXAMPLES: dict[str, Said] = {
    "taken": accepted("matched"),
    "unmatched": refused("order 0x1 unmatched", "unmatched"),
    "cancelled-context": status(400, "rpc error: code = Canceled desc = context canceled"),
    "duplicate": status(400, "order 0xab is invalid. Duplicated."),
    **{name: status(400, text) for name, text in TEXTS.items()},
    **{f"{name}-200": refused(text) for name, text in TEXTS.items()},
    "unauthorised": status(401, "Unauthorized/Invalid api key"),
    "edge": status(403, "<html>cloudflare</html>"),
    "restarting": status(425, "service not ready"),
    "rate": of_exception(RateLimitError("limited", retry_after=2)),
    "mode": status(503, "Trading is currently disabled"),
    "status": status(500, "could not run the execution"),
    "refused-unread": refused("something new"),
    "garbled": of_exception(UnexpectedResponseError("order response did not match")),
    "unsent": broken(httpx.ConnectError("refused")),
    "late": of_exception(TimeoutError()),
    "broken": broken(httpx.RemoteProtocolError("cut")),
    "other": of_exception(KeyError("a bug")),
}


@pytest.mark.parametrize("line", TABLE, ids=[line.name for line in TABLE])
def test_each_line_is_reached_and_means_what_it_says(line: object) -> None:
    said = EXAMPLES[getattr(line, "name")]  # noqa: B009 - parametrised by the table
    assert row(said) is line
    assert isinstance(answer(said, HASH), row(said).means)


def test_the_names_are_unique_and_each_has_a_source() -> None:
    names = [line.name for line in TABLE]
    assert len(set(names)) == len(names)
    assert all(line.source for line in TABLE)
    assert {name for name, _, _ in REFUSALS} == set(TEXTS)


@pytest.mark.parametrize("code", [*range(300, 600)])
def test_no_status_without_a_known_text_proves_a_refusal_but_these(code: int) -> None:
    said = answer(status(code, "<html>what is this</html>"), HASH)
    assert isinstance(said, Rejected) == (code in {401, 403, 429})


@pytest.mark.parametrize("code", [425, 503])
def test_a_restart_is_known_by_its_text_not_by_its_status(code: int) -> None:
    assert isinstance(answer(status(code, "upstream"), HASH), Unknown)


@pytest.mark.parametrize(
    ("error", "sent"),
    [
        (httpx.ConnectError("refused"), False),
        (httpx.ConnectTimeout("late"), False),
        (httpx.PoolTimeout("full"), False),
        (httpx.ReadTimeout("late"), True),
        (httpx.WriteTimeout("late"), True),
        (httpx.ReadError("reset"), True),
        (httpx.WriteError("reset"), True),
        (httpx.RemoteProtocolError("cut"), True),
    ],
)
def test_only_what_failed_before_the_first_byte_was_not_sent(
    error: Exception, *, sent: bool
) -> None:
    assert isinstance(answer(broken(error), HASH), Unknown if sent else Rejected)


@pytest.mark.parametrize(
    "error", [UserInputError("no"), SigningError("no"), RuntimeError("the client has been closed.")]
)
def test_what_never_left_is_refused(error: Exception) -> None:
    assert isinstance(answer(of_exception(error), HASH), Rejected)


@pytest.mark.parametrize("error", [SdkTimeout("x"), TimeoutError(), RuntimeError("other")])
def test_what_may_have_left_is_unknown(error: Exception) -> None:
    assert isinstance(answer(of_exception(error), HASH), Unknown)


def test_another_id_than_ours_is_unknown() -> None:
    assert isinstance(answer(accepted("live", "0xcd"), HASH), Unknown)
    assert answer(accepted("delayed"), HASH) == Accepted("delayed")


@given(st.text(max_size=300), st.integers(100, 599), st.sampled_from(list(How)))
def test_no_answer_is_a_traceback_or_a_long_line(text: str, code: int, how: How) -> None:
    said = answer(Said(how, text, code), HASH)
    shown = said.status if isinstance(said, Accepted) else said.reason
    assert "\n" not in shown
    assert len(shown) < 300
