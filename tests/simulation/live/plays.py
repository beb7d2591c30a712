"""How each fault of the stand-in is played against the bot, and by which words the bot names it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class When(StrEnum):
    """When a fault is armed."""

    TRADING = "while it trades"
    LISTING = "from the first listing on"
    RESTART = "between a kill and the next start"
    STOP = "before an orderly stop"
    RESTING = "before an orderly stop, with orders of another program of the same key"
    REFUSED = "before a start that it must refuse"


@dataclass(frozen=True, slots=True)
class Play:
    """One fault: when, how often, with which numbers, and the words (a regex) that name it.

    No words: a fault that shows nowhere but at the venue, or that the bot is built not to notice.
    """

    fault: str
    names: str = ""
    when: When = When.TRADING
    times: int = 2
    numbers: Mapping[str, float] = field(default_factory=dict)
    beside: str = ""
    """Another fault that it needs in order to strike."""
    wallet: str = "deposit"
    days: float = 1.0
    """How long it is played, in days of the campaign."""
    holds: bool = False
    """Nothing is sold, so that wins have to be redeemed."""


SHORT = {"for_s": 1.0, "then_s": 1.0}
LATE, AT_START, AT_STOP, NOT = When.LISTING, When.RESTART, When.STOP, When.REFUSED

PLAYS: tuple[Play, ...] = (
    # The venue took the order, and its answer does not say so.
    Play("timeout-after-accept", r"order.unknown late"),
    Play("html-502-after-accept", r"order.unknown (status: HTTP|late)"),
    Play("error-500-after-accept", r"order.unknown (status: HTTP|late)"),
    Play("not-json-after-accept", r"order.unknown (garbled|late)"),
    Play("cut-after-accept", r"order.unknown (broken|late)"),
    Play("reset-after-accept", r"order.unknown (broken|late)"),
    Play("context-canceled-after-accept", r"order.unknown (cancelled-context|late)"),
    Play("unmatched-after-accept", r"order.unknown (unmatched|late)"),
    Play("null-error-after-accept", r"order.unknown (garbled|late)"),
    # It proved that it took nothing; or it did not take it and does not say so.
    Play("refused-with-200", r"order.rejected no-match"),
    Play("error-500", r"order.unknown (status: HTTP|late)"),
    Play("market-not-ready", r"order.rejected not-ready"),
    Play("invalid-nonce", r"order.rejected nonce"),
    Play("address-banned", r"order.rejected banned"),
    Play("closed-only", r"order.rejected closed-only"),
    Play("deposit-wallet-only", r"order.rejected wallet-kind", wallet="proxy"),
    Play("allowance-missing", r"order.rejected funds"),
    # The venue as a whole.
    Play("engine-restart", r"order.rejected restarting", times=1, numbers=SHORT),
    Play("post-only", r"order.rejected mode: post-only", times=1, numbers=SHORT),
    Play("cancel-only", r"order.rejected mode: .*cancel-only", times=1, numbers=SHORT),
    Play("trading-disabled", r"order.rejected mode: .*disabled", times=1, numbers=SHORT),
    Play("rate-limited", r"order.rejected rate"),
    Play("cloudflare-403", r"HTTP|order.rejected edge", times=30),
    Play("unauthorized", r"unauthorised|401", times=20),
    Play("clock-skew", r"unauthorised|401|heartbeat", times=1),
    Play("geoblocked", r"geoblock: blocked in US", NOT, times=1),
    Play("geoblock-close-only", r"geoblock: close-only in SG", NOT, times=1),
    # Reads.
    Play("read-502", r"502", AT_START, times=3),
    Play("read-timeout", r"deadline|answer|within", AT_START, times=2),
    Play("read-trickles", "", AT_START, times=4),
    Play("page-lost", "", AT_START, times=2, numbers={"page": 2}),
    Play("order-late-visible"),
    Play("stale-balance", "", AT_START, times=2),
    Play("phantom-lock"),
    Play("data-429", "", AT_START),
    Play("data-lags", "", AT_START, times=4),
    # Cancels and heartbeats.
    Play("timeout-after-cancel", r"orders.cleared", AT_STOP, times=1),
    Play("html-502-after-cancel", r"orders.cleared", AT_STOP, times=1),
    Play("not-cancelled", r"external_order", When.RESTING),
    Play("heartbeat-hangs", r"heartbeat", times=9, days=4),
    Play("heartbeat-id-taken", r"another process sends heartbeats", times=1),
    Play("heartbeat-expires"),
    # Matches.
    Play("trade-fails", r"order.fill_reversed"),
    Play("trade-retry-fails", r"order.fill_reversed"),
    Play("trade-mined-then-fails", r"order.fill_reversed"),
    Play("trade-retry-mines"),
    Play("trade-never-confirmed"),
    Play("delayed-order", r"order.open delayed"),
    Play("delayed-order-dies", r"not open at the venue", beside="delayed-order"),
    Play("fak-answers-live", r"order.open live"),
    # Sockets of the CLOB.
    Play("socket-cut", r"feed.(market|user|price)_lost"),
    Play("socket-frozen", r"feed.(market_frozen|price_silent)|feed_silent"),
    Play("socket-dead", r"feed.(market_frozen|price_silent)|feed_silent"),
    Play("socket-refused", r"feed.(market|user|price)_lost", AT_START),
    Play("market-frame-lost"),
    Play("market-frame-twice"),
    Play("market-frames-swapped"),
    Play("market-frame-malformed", r"not_json"),
    Play("user-frame-lost"),
    Play("user-frame-twice"),
    Play("user-frames-swapped"),
    Play("user-frame-malformed"),
    Play("user-auth-refused", r"feed.user_lost", AT_START),
    Play("no-terminal-event"),
    # The price socket.
    Play("price-tick-lost", r"price_gap"),
    Play("price-frozen", r"price_silent"),
    Play("price-auth-unavailable", r"feed.price", AT_START),
    Play("price-closed-4001", r"price_lost"),
    # Markets.
    Play("tick-change", "", LATE, times=9),
    Play("late-book", "", LATE, times=9),
    Play("market-v2", "", LATE, times=9),
    Play("market-unknown-version", r"unknown_version", LATE, times=1),
    Play("market-resolved-absent", "", LATE, times=9),
    Play("late-resolution", "", LATE, times=2, numbers={}),
    # Chain and relayer.
    Play("relayer-busy", r"chain.step|redeem", holds=True),
    Play("relayer-429", r"chain.step|redeem", holds=True),
    Play("relayer-nonce", r"chain.step|redeem", holds=True),
    Play("relayer-cut-after-submit", r"chain.step|redeem", holds=True),
    Play("relayer-transaction-fails", r"chain.step|redeem", holds=True),
    Play("relayer-poll-502", r"chain.step|redeem", holds=True),
    Play("rpc-error", r"chain.step|redeem", holds=True),
    Play("rpc-502", r"chain.step|redeem", holds=True),
    Play("receipt-reverted", r"redeem", wallet="eoa", holds=True),
)
"""Every fault of the stand-in, each once."""
