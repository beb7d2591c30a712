"""Every way in which Polymarket is known to fail, by name. What strikes where is said in `does`."""

from sandbox.faults import Fault

_CLOB = "Polymarket/py-clob-client"
_CLOB2 = "Polymarket/py-clob-client-v2"
_CODES = "docs.polymarket.com/resources/error-codes.md"
_LIMITS = "docs.polymarket.com/api-reference/trading-rate-limits.md"

FAULTS = (
    # An answer to POST /order or /orders that does not say what happened.
    Fault(
        "timeout-after-accept",
        "POST /order: the order is taken, the answer never comes (held until the client goes)",
        f"{_CLOB}#273 #261",
    ),
    Fault("html-502-after-accept", "POST /order: taken, then 502 text/html", f"{_CLOB}#261"),
    Fault("error-500-after-accept", "POST /order: taken, then 500 JSON", f"{_CLOB}#331"),
    Fault("not-json-after-accept", "POST /order: taken, then 200 with HTML", "polymarket.md 2.5"),
    Fault("cut-after-accept", "POST /order: taken, connection cut mid-answer", f"{_CLOB}#273"),
    Fault("reset-after-accept", "POST /order: taken, connection reset", f"{_CLOB}#273"),
    Fault(
        "context-canceled-after-accept",
        "POST /order: taken, then 400 'context canceled'",
        "a third-party bot's note: such a 400 says nothing about the order",
    ),
    Fault(
        "unmatched-after-accept",
        "POST /order: taken, then 200 with status 'unmatched'",
        "older official docs: unmatched is 'placement successful'",
    ),
    Fault("null-error-after-accept", "POST /order: taken, 200 with errorMsg null", "SDK 0.14.0"),
    # Refusals that prove that nothing was taken.
    Fault("refused-with-200", "POST /order: 200, success false, text in errorMsg", _CODES),
    Fault("error-500", "POST /order: 500 'could not run the execution', not taken", f"{_CLOB}#331"),
    Fault("market-not-ready", "POST /order: 400, the market is not yet ready", _CODES),
    Fault("invalid-nonce", "POST /order: 400 'invalid nonce'", _CODES),
    Fault("address-banned", "POST /order: 400 address banned", _CODES),
    Fault("closed-only", "buys: 400 address in closed only mode; the flag is true", _CODES),
    Fault("deposit-wallet-only", "types 0, 1, 2: 400 use the deposit wallet flow", f"{_CLOB2}#50"),
    Fault("allowance-missing", "POST /order: 400 the allowance is not enough", f"{_CLOB}#287"),
    # The venue as a whole.
    Fault(
        "engine-restart",
        "trading calls: 425 for for_s (90), then post-only 503 for then_s (120), then normal",
        "docs.polymarket.com/trading/matching-engine.md",
    ),
    Fault("post-only", "orders that are not post-only: 503 post_only_mode for for_s (120)", _CODES),
    Fault("cancel-only", "orders: 503 cancel-only for for_s (60)", _CODES),
    Fault("trading-disabled", "orders: 503 trading disabled for for_s (60)", _CODES),
    Fault("rate-limited", "trading calls: 429 with Retry-After", _LIMITS),
    Fault("cloudflare-403", "any call: 403 text/html", f"{_CLOB}#262"),
    Fault(
        "unauthorized", "private calls: 401 although the credentials are right", "polymarket 2.2"
    ),
    Fault("clock-skew", "protocol time is wrong by by_s (120) from now on: 401s", "polymarket 2.2"),
    Fault("geoblocked", "geoblock: blocked", "docs.polymarket.com on geoblocking"),
    Fault("geoblock-close-only", "geoblock: not blocked, but close-only Singapore", "same page"),
    # Reads.
    Fault("read-502", "any GET: 502 text/html", f"{_CLOB}#261"),
    Fault("read-timeout", "any GET: held until the client goes", f"{_CLOB2}#84"),
    Fault("read-trickles", "any GET: the body comes byte by byte", "polymarket-wire.md 0"),
    Fault(
        "page-lost",
        "/data/orders and /data/trades: 502 after the first page of `page` (100) rows",
        "nautilus #4876",
    ),
    Fault(
        "order-late-visible", "a new order is missing from /data/orders for 3 s", "nautilus #3797"
    ),
    Fault("stale-balance", "/balance-allowance: old until /update is called", f"{_CLOB}#290"),
    Fault("phantom-lock", "the lock of a match is never released", f"{_CLOB}#342 #287 #297"),
    Fault("data-429", "Data API: 429 with Retry-After 1", "polymarket-wire.md 4"),
    Fault("data-lags", "Data API: positions of 60 s ago", "docs.polymarket.com Data API"),
    # Cancels and heartbeats.
    Fault(
        "timeout-after-cancel", "DELETE: done, the answer never comes", "Polymarket/clob-client#244"
    ),
    Fault("html-502-after-cancel", "DELETE: done, then 502 text/html", f"{_CLOB}#261"),
    Fault(
        "not-cancelled", "DELETE: the order is named in not_canceled and stays", "clob-client#244"
    ),
    Fault(
        "heartbeat-hangs", "POST /v1/heartbeats: held until the client goes", "polymarket-wire 6.1"
    ),
    Fault("heartbeat-id-taken", "heartbeat: 400, another process has sent one", "SDK 0.14.0"),
    Fault(
        "heartbeat-expires",
        "a beat is accepted and expires at once: the key's orders are cancelled",
        "SDK 0.14.0",
    ),
    # Matches.
    Fault("trade-fails", "MATCHED, then FAILED", f"{_CLOB}#338, {_CLOB2}#34"),
    Fault("trade-retry-fails", "MATCHED, RETRYING, FAILED", f"{_CLOB}#338"),
    Fault("trade-mined-then-fails", "MATCHED, MINED, FAILED: a block was reverted", f"{_CLOB2}#34"),
    Fault("trade-retry-mines", "MATCHED, RETRYING (new hash), MINED, CONFIRMED", "nautilus #4876"),
    Fault("trade-never-confirmed", "stays MATCHED for ever", f"{_CLOB2}#100"),
    Fault(
        "delayed-order",
        "a marketable order is answered 'delayed', matched 250 ms later",
        "clob 2.5",
    ),
    Fault("delayed-order-dies", "a delayed order matches nothing", "docs on taker delay"),
    Fault(
        "fak-answers-live", "a FAK is answered 'live' and matched 250 ms later", "clob-client#317"
    ),
    # Sockets of the CLOB.
    Fault("socket-cut", "a frame: the connection is reset instead", "rtdc#26"),
    Fault("socket-frozen", "a frame: from now on PONG only, no data", f"{_CLOB}#292"),
    Fault("socket-dead", "a frame: from now on nothing, not even PONG", "rtdc#26"),
    Fault("socket-refused", "the handshake is answered 503", "polymarket-wire.md 6.3"),
    Fault("market-frame-lost", "a market frame is not sent", "nautilus #2238"),
    Fault("market-frame-twice", "a market frame is sent twice", "nautilus #4038"),
    Fault("market-frames-swapped", "a market frame comes after the next one", "nautilus #4038"),
    Fault("market-frame-malformed", "a market frame is cut in the middle", "pmxt#1944"),
    Fault("user-frame-lost", "a user frame is not sent", "real-time-data-client#42"),
    Fault("user-frame-twice", "a user frame is sent twice", "nautilus #4272"),
    Fault("user-frames-swapped", "a user frame comes after the next one", "nautilus #4272"),
    Fault("user-frame-malformed", "a user frame in a form the client drops", "nautilus"),
    Fault(
        "user-auth-refused", "the user socket closes on right credentials", "polymarket-wire 6.4"
    ),
    Fault("no-terminal-event", "an order ends without its last event", "nautilus #3728 #4024"),
    # The price socket.
    Fault("price-tick-lost", "a price is not sent", "rtdc#31: ticks missing for 8 s"),
    Fault("price-frozen", "a price: from now on pongs only", "real-time-data-client#26"),
    Fault("price-auth-unavailable", "auth is answered auth_unavailable", "PolyBolt AsyncAPI"),
    Fault("price-closed-4001", "a price: the socket is closed with 4001", "PolyBolt AsyncAPI"),
    # Markets.
    Fault(
        "tick-change",
        "tick 0.001 in the middle of a window, or at once where armed by the control address",
        "polymarket.md 3.2",
    ),
    Fault("late-book", "a new market has no book for 120 s: 404", "polymarket.md 5.1"),
    Fault("market-v2", "a new market is protocol v2", "docs.polymarket.com/migrate/polymarket-v2"),
    Fault("market-unknown-version", "a new market says version v9", "polymarket.md 1.2"),
    Fault("market-resolved-absent", "no market_resolved frame", "rs-clob-client#226"),
    Fault("late-resolution", "a window resolves 600 s later", "polymarket.md 5.2"),
    # Chain and relayer.
    Fault("relayer-busy", "POST /submit: 400 wallet busy, active action", "polymarket-wire.md 1.4"),
    Fault("relayer-429", "POST /submit: 429", "polymarket-wire.md 1.4"),
    Fault("relayer-nonce", "POST /submit: 400 batch nonce behind", "polymarket-wire.md 1.4"),
    Fault(
        "relayer-cut-after-submit", "POST /submit: done, connection reset", "polymarket-wire 1.4"
    ),
    Fault("relayer-transaction-fails", "a submitted transaction ends STATE_FAILED", "same"),
    Fault("relayer-poll-502", "the state of a transaction: 502", "polymarket-wire.md 1.4"),
    Fault("rpc-error", "a JSON-RPC call fails", "polymarket-wire.md 1.2"),
    Fault("rpc-502", "a JSON-RPC call: 502 text/html", "polymarket-wire.md 1.2"),
    Fault("receipt-reverted", "a chain transaction is mined as reverted", "polymarket-wire.md 1.2"),
)
