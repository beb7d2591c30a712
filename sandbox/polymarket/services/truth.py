"""What is really so at the venue, for a test to compare with; amounts in millionths."""

from dataclasses import asdict

from sandbox.polymarket.venue.accounts import Wallet
from sandbox.polymarket.venue.market import Market
from sandbox.polymarket.world import World

Row = dict[str, object]


def whole(world: World) -> Row:
    """Return orders, trades, wallets, markets, activities and faults."""
    venue = world.venue
    used = [w for w in venue.accounts.wallets.values() if w.deployed or w.cash or w.tokens]
    return {
        "market_us": venue.now_us,
        "frames": world.player.played,
        "frames_skipped": world.player.skipped,
        "lines_skipped": world.recording.skipped if world.recording else 0,
        "recording_torn": world.recording.torn if world.recording else False,
        "orders": [asdict(order) for order in venue.orders.values()],
        "trades": [asdict(trade) for trade in venue.trades.values()],
        "wallets": [wallet(found) for found in used],
        "markets": [market(found) for found in venue.markets.values()],
        "activities": [asdict(found) for found in venue.activities],
        "heartbeats": {k: asdict(beat) for k, beat in world.heartbeats.beats.items()},
        "faults": faults(world),
    }


def wallet(found: Wallet) -> Row:
    """Return one wallet; tokens that are gone are left out."""
    return {
        "address": found.address,
        "owner": found.owner,
        "signature_type": int(found.kind),
        "deployed": found.deployed,
        "cash": found.cash,
        "cash_locked": found.cash_locked,
        "tokens": {token: size for token, size in found.tokens.items() if size},
        "tokens_locked": {token: size for token, size in found.tokens_locked.items() if size},
        "nonce": found.nonce,
        "sessions": [asdict(session) for session in found.sessions],
    }


def market(found: Market) -> Row:
    """Return one market."""
    return {
        "condition_id": found.condition_id,
        "slug": found.slug,
        "version": found.version,
        "tokens": list(found.tokens),
        "outcomes": list(found.outcomes),
        "start_us": found.start_us,
        "end_us": found.end_us,
        "tick": found.tick,
        "accepting": found.accepting,
        "closed": found.closed,
        "winner": found.outcomes[found.winner] if found.winner is not None else None,
        "best": [[found.book.best(index, side) for side in ("BUY", "SELL")] for index in (0, 1)],
    }


def faults(world: World) -> list[Row]:
    """Return every fault with what is armed of it."""
    armed = world.venue.faults
    return [
        {
            "name": fault.name,
            "does": fault.does,
            "source": fault.source,
            "rate": armed.rates.get(fault.name, 0.0),
            "times": armed.times.get(fault.name, 0),
            "asked": armed.asked.get(fault.name, 0),
            "struck": armed.struck.get(fault.name, 0),
        }
        for fault in armed.known
    ]
