"""HTTP read and written: as much as is needed, and no more than is bounded."""

import asyncio

import pytest

from sandbox.railway.wire.http import BODY_MAX, HEAD_MAX, Answer, Unreadable, encode, read

pytestmark = pytest.mark.real_time


def fed(text: bytes) -> asyncio.StreamReader:
    reader = asyncio.StreamReader(limit=HEAD_MAX)
    reader.feed_data(text)
    reader.feed_eof()
    return reader


async def test_a_request_is_read_whole() -> None:
    text = b"POST /a%20b?x=1&x=2 HTTP/1.1\r\nContent-Length: 2\r\nX-Y:  z \r\n\r\nhi"
    request = await read(fed(text))
    assert (request.method, request.path, request.body) == ("POST", "/a b", b"hi")
    assert request.query == {"x": ["1", "2"]}
    assert request.headers["x-y"] == "z"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"nonsense\r\n\r\n", "METHOD TARGET VERSION"),
        (b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n", "content-length"),
        (b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", "content-length"),
        (f"GET / HTTP/1.1\r\nContent-Length: {BODY_MAX + 1}\r\n\r\n".encode(), "content-length"),
        (b"GET / HTTP/1.1\r\nA: " + b"x" * HEAD_MAX + b"\r\n\r\n", "longer than"),
    ],
)
async def test_what_cannot_be_read_is_said(text: bytes, why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        await read(fed(text))


async def test_a_body_that_breaks_off_is_no_request() -> None:
    with pytest.raises(asyncio.IncompleteReadError):
        await read(fed(b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nhi"))


def test_an_answer_says_its_length_and_whether_it_goes_on() -> None:
    text = encode(Answer(b"{}", 429, {"Retry-After": "1"}), keep=False).decode()
    assert text.startswith("HTTP/1.1 429 Too Many Requests\r\n")
    assert "content-length: 2\r\n" in text
    assert "Retry-After: 1\r\n" in text
    assert "connection: close\r\n" in text
    assert text.endswith("\r\n\r\n{}")
