"""The watchdog's own client beside the vendor's: one signature, and the exchange believes it."""

import base64
import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from polymarket._internal.hmac import build_hmac_signature

from bot.watchdog.venue.client import Credentials, Place, Unanswered, Venue
from tests.e2e.watchdog.exchange import Exchange


@given(
    secret=st.binary(min_size=1, max_size=64),
    at_s=st.integers(0, 2**40),
    method=st.sampled_from(["GET", "DELETE"]),
    path=st.sampled_from(["/cancel-all", "/data/orders"]),
    padded=st.booleans(),
)
def test_the_signature_is_the_vendors(
    secret: bytes, at_s: int, method: str, path: str, *, padded: bool
) -> None:
    text = base64.urlsafe_b64encode(secret).decode()
    text = text if padded else text.rstrip("=")
    ours = Credentials("0xa", "k", text, "p").headers(at_s, method, path)
    theirs = build_hmac_signature(secret=text, timestamp=at_s, method=method, path=path)
    assert ours["POLY_SIGNATURE"] == theirs


def test_every_page_is_read_and_everything_is_cancelled() -> None:
    with Exchange() as exchange:
        account = exchange.stand_in.account
        exchange.stand_in.post("wallets", wallet=account["wallet"], tier="Gold")
        placed = exchange.place(105)
        names = ("address", "api_key", "api_secret", "api_passphrase")
        credentials = Credentials(*(account[name] for name in names))
        venue = Venue(Place(exchange.stand_in.line["clob_url"], credentials))
        assert {order.id for order in venue.open_orders()} == set(placed)
        exchange.stand_in.strike("page-lost")
        with pytest.raises(Unanswered):
            venue.open_orders()
        assert set(venue.cancel_all().cancelled) == set(placed)
        assert venue.open_orders() == ()


def test_credentials_do_not_print() -> None:
    shown = repr(Credentials("0xaddress", "the-key", "the-secret", "the-passphrase"))
    assert "the-" not in shown


@contextlib.contextmanager
def answering(*pieces: bytes, pause_s: float = 0.0) -> Iterator[str]:
    """Answer one call with these pieces, then fall silent with the connection open."""
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with contextlib.suppress(OSError):
                connection, _ = listening.accept()
                with connection:
                    connection.recv(65_536)
                    for piece in pieces:
                        connection.sendall(piece)
                        ended.wait(pause_s)
                    ended.wait(20)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            ended.set()
            thread.join()


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
END_PAGE = b'{"data":[],"next_cursor":"LTE="}'


@pytest.mark.parametrize(
    ("pieces", "pause_s"),
    [
        ((), 0.0),
        ((HEAD, *(b"X-%d: y\r\n" % n for n in range(50))), 0.1),
        ((HEAD + b"Content-Length: 1000\r\n\r\n", *(b"%d" % n for n in range(50))), 0.1),
        ((HEAD + b"Content-Length: 100\r\n\r\n" + END_PAGE,), 0.0),
        ((HEAD + b"Content-Length: 4\r\n\r\nnull",), 0.0),
        ((HEAD + b"Content-Length: 2\r\n\r\n{}",), 0.0),
        ((HEAD + b'Content-Length: 11\r\n\r\n{"data":[]}',), 0.0),
        ((b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n",), 0.0),
        ((b"garbage\r\n\r\n",), 0.0),
    ],
)  # fmt: skip
def test_no_answer_of_any_kind_is_an_empty_book_or_outlasts_its_deadline(
    pieces: tuple[bytes, ...], pause_s: float
) -> None:
    with answering(*pieces, pause_s=pause_s) as url:
        venue = Venue(Place(url, Credentials("0xa", "k", "c2VjcmV0", "p")), call_s=0.5)
        began = time.monotonic()
        with pytest.raises(Unanswered):
            venue.open_orders()
        assert time.monotonic() - began < 2.0


def test_a_complete_answer_is_one() -> None:
    whole = HEAD + b"Content-Length: %d\r\n\r\n" % len(END_PAGE) + END_PAGE
    with answering(whole) as url:
        assert Venue(Place(url, Credentials("0xa", "k", "c2VjcmV0", "p"))).open_orders() == ()
