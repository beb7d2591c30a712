"""What a restart of the stand-in keeps."""

from decimal import Decimal
from pathlib import Path

import pytest

from sandbox.faults import Faults
from sandbox.polymarket.book.order import Want
from sandbox.polymarket.book.units import ONE
from sandbox.polymarket.faults import FAULTS
from sandbox.polymarket.keeping import FILE, Keeper, PlaceTakenError, restore
from sandbox.polymarket.venue.market import Market
from sandbox.polymarket.world import Options, Place, World, build, flow_of
from tests.unit.sandbox.polymarket.given import Desk

OPTIONS = Options(speed=Decimal(0), seed=3)


def begun() -> World:
    world = build(OPTIONS, Faults(FAULTS))
    world.step(ONE)
    return world


def window(world: World) -> Market:
    """Return a window that opens later: its price is near a half, so 0.02 never matches."""
    markets = world.venue.markets.values()
    return next(m for m in markets if m.version == "v1" and m.start_us > world.venue.now_us)


def reopened(keeper: Keeper) -> World:
    kept = keeper.load(flow_of(OPTIONS))
    assert kept is not None
    again = build(OPTIONS, Faults(FAULTS), Place(kept.origin_us, kept.now_us))
    restore(again, kept)
    return again


def test_orders_trades_and_money_survive_and_trades_go_on(tmp_path: Path) -> None:
    world, keeper = begun(), Keeper(tmp_path)
    desk = Desk(world.venue, window(world))
    wallet = next(w for w in world.venue.accounts.wallets.values() if w.kind == 3 and w.deployed)
    resting, taking = desk.order("BUY", 2, 50), desk.order("BUY", 99, 5)
    resting.maker = taking.maker = wallet.address
    desk.post(resting)
    desk.post(taking)
    world.log("something", {})
    keeper.save(world)
    again = reopened(keeper)
    assert [o.id for o in again.venue.live_orders()] == [resting.id]
    market = again.venue.markets[desk.market.condition_id]
    assert market.book.resting[resting.id] is again.venue.orders[resting.id]
    again.step(5 * ONE)
    assert {trade.status for trade in again.venue.trades.values()} == {"CONFIRMED"}
    kept = again.venue.accounts.wallets[wallet.address]
    assert kept.tokens[taking.token] == 5 * ONE
    plan = market.book.plan(Want(0, "SELL", 20_000, 10 * ONE))
    assert plan.crosses
    keeper.close()


def test_windows_end_and_resolve_after_a_restart(tmp_path: Path) -> None:
    world, keeper = begun(), Keeper(tmp_path)
    expected = build(OPTIONS, Faults(FAULTS), Place(world.origin_us, world.origin_us))
    world.step(100 * ONE)
    world.log("something", {})
    keeper.save(world)
    again = reopened(keeper)
    again.step(1_000 * ONE)
    expected.step(1_101 * ONE)
    winners = {m.slug: m.winner for m in again.venue.markets.values() if m.winner is not None}
    assert winners
    same = {m.slug: m.winner for m in expected.venue.markets.values() if m.winner is not None}
    assert winners == same
    keeper.close()


def test_a_directory_belongs_to_one(tmp_path: Path) -> None:
    keeper = Keeper(tmp_path)
    with pytest.raises(PlaceTakenError, match="another stand-in"):
        Keeper(tmp_path)
    keeper.close()
    Keeper(tmp_path).close()


@pytest.mark.parametrize("content", [b"", b"{", b'{"version": 1}'])
def test_a_damaged_file_is_refused_with_a_remedy(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    keeper = Keeper(tmp_path)
    with pytest.raises(ValueError, match="remove it to start anew"):
        keeper.load(flow_of(OPTIONS))
    keeper.close()
