"""The venue's dead man's switch: a key that sends heartbeats and falls silent loses its orders.

The first accepted beat arms it. About 10 s without an accepted beat cancels everything of that
API key; there is no call to disarm. Source: polymarket-client 0.14.0
`clients/async_secure.py:3850`, read 2026-11-22. All times here are protocol time.
"""

from dataclasses import dataclass, field

from sandbox.polymarket.venue.state import Venue
from sandbox.polymarket.venue.trading import cancel

SILENCE_US_MOST = 10_000_000


@dataclass(slots=True)
class Beat:
    """The id a key must send next, and when it last did."""

    expected: str
    at_us: int


@dataclass(slots=True)
class Heartbeats:
    """The armed keys."""

    beats: dict[str, Beat] = field(default_factory=dict)

    def beat(self, venue: Venue, key: str, sent: str, now_us: int) -> tuple[bool, str]:
        """Accept a beat, or not; return the id that is expected next either way."""
        armed = self.beats.get(key)
        if armed is not None and sent != armed.expected:
            return False, armed.expected
        if armed is not None and venue.faults.strikes("heartbeat-id-taken"):
            armed.expected = venue.new_uuid("heartbeat")
            return False, armed.expected
        fresh = venue.new_uuid("heartbeat")
        early = venue.faults.strikes("heartbeat-expires")
        self.beats[key] = Beat(fresh, now_us - SILENCE_US_MOST if early else now_us)
        return True, fresh

    def expire(self, venue: Venue, now_us: int) -> None:
        """Cancel the orders of every key that has been silent for too long."""
        for key, beat in list(self.beats.items()):
            if now_us - beat.at_us < SILENCE_US_MOST:
                continue
            del self.beats[key]
            live = [order for order in venue.live_orders() if order.owner == key]
            for order in live:
                cancel(venue, order)
            venue.log("heartbeat.expired", {"key": key, "cancelled": len(live)})
