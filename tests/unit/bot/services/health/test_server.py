"""Pages, control and their bounds, over real sockets."""

import asyncio
import http.client
import json
import socket
import stat
import threading
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from pathlib import Path

import pytest

from bot.adapters.alerts.ping import Ping
from bot.domain.refusal import ExitCode, Refused
from bot.domain.secret import Secret
from bot.services.health.control import Control
from bot.services.health.figures import GAUGES, WATCHED, Figures
from bot.services.health.page import Pages
from bot.services.health.pulse import HeardHeart
from bot.services.health.server import AT_ONCE_MAX, SOCKET, Server
from bot.watchdog.beat import Phase
from bot.watchdog.kill import latch as latches
from ops.engine_socket import NAME, ask
from tests.contract.ledger.story import day

TOKEN = "S3cretTokenOfTwentyFourCharacters"
Answer = tuple[int, dict[str, object]]


class House:
    """A server over a heart, with an engine's loop in a thread of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.heart = HeardHeart()
        self.heart.listened_to = True
        self.figures = Figures(self.heart, folder)
        self.state = ("", "")
        self.control = Control(Secret(TOKEN))
        pages = Pages(self.heart, lambda: self.state, self.figures)
        self.server = Server(pages.by_path(), self.control)
        self.port = self.server.listen("127.0.0.1", 0)
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.stops: list[str] = []

    def serve(self) -> None:
        async def begin() -> None:
            self.control.serve(self.folder, self.stops.append)

        asyncio.run_coroutine_threadsafe(begin(), self.loop).result(30)

    def ask(
        self, path: str, body: str | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=40)
        connection.request("GET" if body is None else "POST", path, body, dict(headers or {}))
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        return answer.status, json.loads(text)

    def text(self, path: str) -> str:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=40)
        connection.request("GET", path)
        answer = connection.getresponse().read().decode()
        connection.close()
        return answer

    def close(self) -> None:
        self.server.close()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.close()


BEARER = {"Authorization": f"Bearer {TOKEN}"}


@pytest.mark.parametrize("phase", [Phase.BOOT, Phase.WAITING, Phase.CATCHING_UP, Phase.HALTED])
def test_health_is_200_from_the_first_moment(house: House, phase: Phase) -> None:
    house.heart.beat(phase)
    status, row = house.ask("/health")
    assert (status, row["status"], row["phase"]) == (200, "ok", phase.value)


def test_ready_is_200_only_where_it_may_trade(house: House) -> None:
    for phase, state, status, said in (
        (Phase.WAITING, "", 503, "waiting"),
        (Phase.HALTED, "halted", 503, "halted"),
        (Phase.TRADING, "halted", 503, "paused"),
        (Phase.TRADING, "active", 200, "ready"),
        (Phase.TRADING, "reduce_only", 200, "ready"),
    ):
        house.heart.beat(phase)
        house.state = (state, "why")
        found, row = house.ask("/ready")
        assert (found, row["status"]) == (status, said)


def test_a_loop_that_hangs_is_not_well(house: House) -> None:
    house.heart.beat(Phase.TRADING)
    last = house.heart.pulse
    house.heart._last = type(last)(last.phase, 1, 1, last.at_s - 60)  # noqa: SLF001 - a minute ago
    assert [house.ask(path)[0] for path in ("/health", "/ready")] == [503, 503]


def test_an_unknown_page_names_those_there_are(house: House) -> None:
    status, row = house.ask("/healthz")
    assert status == 404
    assert "/health, /ready, /metrics" in str(row["error"])


def test_every_gauge_is_there_and_what_is_unknown_is_no_number(house: House) -> None:
    house.figures.facts = lambda: {"poly_boot": 3.0}
    text = house.text("/metrics")
    for name in {**GAUGES, **WATCHED}:
        assert f"\n{name} " in text
    assert "\npoly_boot 3.0" in text
    assert "\npoly_cash_usd NaN" in text
    assert "\npoly_ledger_readable 1.0" in text
    assert "\npoly_disk_free_bytes NaN" not in text


def test_a_ledger_that_cannot_be_read_is_a_figure(house: House) -> None:
    def broken() -> dict[str, float]:
        raise Refused("damaged")

    house.figures.facts = broken
    assert "\npoly_ledger_readable 0.0" in house.text("/metrics")


def test_what_happens_is_counted(house: House) -> None:
    for entries, stamp in day(2, windows=4):
        house.figures.observe(entries, stamp)
    house.figures.stage("durable", 900)
    for number in range(200):
        house.figures.committed(number / 1_000)
    text = house.text("/metrics")
    assert 'poly_events_total{event="fill"}' in text
    assert 'poly_order_seconds_bucket{le="0.001",stage="durable"} 1.0' in text
    assert "\npoly_commit_p99_seconds 0.197" in text
    assert "\npoly_commit_seconds_count 200.0" in text


@pytest.mark.parametrize(
    "header", [{}, {"Authorization": TOKEN}, {"Authorization": f"Bearer {TOKEN}x"},
               {"Authorization": "Bearer "}, {"Authorization": f"Basic {TOKEN}"}]
)  # fmt: skip
def test_control_answers_to_nobody_without_the_token(
    house: House, header: Mapping[str, str]
) -> None:
    house.serve()
    status, row = house.ask("/control/kill", '{"reason":"x"}', header)
    assert status == 403
    assert TOKEN not in str(row)
    assert latches.read(house.folder) is None
    assert house.stops == []


def test_without_a_token_control_is_off(tmp_path: Path) -> None:
    control = Control(Secret(""))
    assert not control.allows("Bearer ")
    assert not control.allows("")


@pytest.mark.parametrize(
    ("body", "status"),
    [("[]", 400), ("{", 400), ("{}", 400), ('{"reason":"  "}', 400), ("x" * 70_000, 413)],
)
def test_nonsense_is_refused_and_kills_nothing(house: House, body: str, status: int) -> None:
    house.serve()
    assert house.ask("/control/kill", body, BEARER)[0] == status
    assert latches.read(house.folder) is None


def test_a_kill_before_the_engine_is_there_says_so(house: House) -> None:
    status, row = house.ask("/control/kill", '{"reason":"x"}', BEARER)
    assert (status, row["ok"]) == (503, False)


def test_a_kill_without_a_watchdog_latches_and_stops_and_proves_nothing(
    house: House, eventually: Callable[..., None]
) -> None:
    house.serve()
    status, row = house.ask("/control/kill", '{"reason":"wrong feed"}', BEARER)
    assert (status, row["ok"], row["by"]) == (202, True, "engine")
    assert "not proved" in str(row["problem"])
    latch = latches.read(house.folder)
    assert latch is not None
    assert (latch.cause, latch.reason) == ("person", "wrong feed")
    eventually(lambda: len(house.stops) == 1, within_s=40)


def test_others_add_what_may_be_asked(house: House) -> None:
    async def flatten(asked: Mapping[str, object]) -> Mapping[str, object]:
        if asked.get("market") == "nowhere":
            raise Refused("market: nowhere is not held; see poly positions")
        return {"closing": 2, "by": asked["who"]}

    house.control.add("flatten", flatten)
    assert house.ask("/control/flatten", "{}", BEARER)[0] == 503, "there is no loop yet"
    house.serve()
    assert house.ask("/control/flatten", '{"who":"me"}', BEARER) == (
        200, {"ok": True, "closing": 2, "by": "me"},
    )  # fmt: skip
    status, row = house.ask("/control/flatten", '{"market":"nowhere"}', BEARER)
    assert (status, row["error"]) == (409, "market: nowhere is not held; see poly positions")
    status, row = house.ask("/control/dance", "{}", BEARER)
    assert (status, row["error"]) == (404, "control knows flatten, kill, not dance")


def test_the_owner_needs_no_token_and_nobody_else_can_open_his_socket(house: House) -> None:
    async def flatten(asked: Mapping[str, object]) -> Mapping[str, object]:
        return {"by": asked["who"]}

    house.control.add("flatten", flatten)
    house.serve()
    house.server.listen_for_owner(house.folder)
    assert NAME == SOCKET
    assert stat.S_IMODE((house.folder / SOCKET).stat().st_mode) == 0o600
    assert ask(house.folder, "flatten", {}) == {"ok": True, "by": "owner's socket"}
    with pytest.raises(Refused, match="control knows flatten, kill, not dance") as refused:
        ask(house.folder, "dance", {})
    assert refused.value.code is ExitCode.REFUSED
    house.server.close()
    assert not (house.folder / SOCKET).exists()
    with pytest.raises(Refused, match="no engine answers there") as refused:
        ask(house.folder, "flatten", {})
    assert refused.value.code is ExitCode.OUTSIDE


def test_a_folder_with_a_long_name_has_a_socket_too(tmp_path: Path) -> None:
    folder = tmp_path / ("x" * 120)
    folder.mkdir()
    house = House(folder)
    house.serve()
    house.server.listen_for_owner(folder)
    with pytest.raises(Refused, match="control knows kill"):
        ask(folder, "dance", {})
    house.close()


def test_every_interface_is_both_families(house: House) -> None:
    server = Server({"/health": Pages(house.heart, lambda: ("", ""), None).health}, house.control)
    port = server.listen("::", 0)
    for host in ("127.0.0.1", "::1"):
        connection = http.client.HTTPConnection(host, port, timeout=40)
        connection.request("GET", "/health")
        assert connection.getresponse().status == 200
        connection.close()
    server.close()


def test_a_port_that_is_taken_is_refused_in_one_line(house: House) -> None:
    with pytest.raises(Refused, match=r"POLY_HEALTH_PORT: 127\.0\.0\.1 port \d+ cannot") as refused:
        Server({}, house.control).listen("127.0.0.1", house.port)
    assert refused.value.code is ExitCode.UNAVAILABLE


def test_whoever_connects_and_says_nothing_keeps_nobody_from_an_answer(
    house: House, eventually: Callable[..., None]
) -> None:
    """Places are bounded; those of the silent ones are free again after seconds."""
    silent = [socket.create_connection(("127.0.0.1", house.port)) for _ in range(AT_ONCE_MAX)]

    def answered() -> bool:
        try:
            return house.ask("/health")[0] == HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False

    eventually(answered, within_s=60, what="a free place")
    for one in silent:
        one.close()


def test_a_ping_is_heard_or_says_the_status(house: House) -> None:
    good = Ping(Secret(f"http://127.0.0.1:{house.port}/health"))
    bad = Ping(Secret(f"http://127.0.0.1:{house.port}/S3cret"))
    assert (good(), bad()) == ("", "answered 404")
    good.close()
    bad.close()
