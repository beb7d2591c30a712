"""Protocol time is the wall's; market time is shifted, scaled and stepped, never backwards."""

from decimal import Decimal

from sandbox.polymarket.clock import Clocks


class Wall:
    """A wall clock of the test's own."""

    def __init__(self) -> None:
        self.now = 1_000_000_000

    def __call__(self) -> int:
        return self.now


def test_market_time_runs_at_its_speed_from_its_origin() -> None:
    wall = Wall()
    clocks = Clocks(market_us=500, speed=Decimal(60), wall=wall)
    wall.now += 1_000_000
    assert clocks.market_us() == 500 + 60_000_000
    assert clocks.protocol_us() == 1_001_000_000
    assert clocks.wall_s_until(500 + 120_000_000) == 1.0


def test_the_line_says_how_to_compute_it() -> None:
    wall = Wall()
    clocks = Clocks(market_us=500, speed=Decimal("2.5"), wall=wall)
    origin, _, speed = clocks.line().partition(",")
    market, _, at = origin.partition("@")
    wall.now += 4_000_000
    assert int(market) + int((wall.now - int(at)) * Decimal(speed)) == clocks.market_us()


def test_a_stopped_clock_moves_by_steps_only() -> None:
    wall = Wall()
    clocks = Clocks(market_us=500, speed=Decimal(0), wall=wall)
    wall.now += 10**9
    assert clocks.market_us() == 500
    assert clocks.wall_s_until(600) is None
    clocks.step(100)
    clocks.step(-50)
    assert clocks.market_us() == 600


def test_a_change_of_speed_does_not_jump() -> None:
    wall = Wall()
    clocks = Clocks(market_us=0, speed=Decimal(1), wall=wall)
    wall.now += 1_000
    clocks.set_speed(Decimal(100))
    assert clocks.market_us() == 1_000
    wall.now += 1_000
    assert clocks.market_us() == 101_000


def test_skew_bends_protocol_time_only() -> None:
    wall = Wall()
    clocks = Clocks(market_us=0, speed=Decimal(1), wall=wall)
    clocks.skew_us = 3_000_000
    assert clocks.protocol_us() == wall.now + 3_000_000
    assert clocks.market_us() == 0
