"""The limits of a strategy: parameters of its file (FR36), enforced by `bot.engine.risk`."""

from dataclasses import dataclass

from bot.domain.money import Price, Shares, Usd
from bot.engine.strategy.parameter import count, price, ratio, seconds, shares, usd


@dataclass(frozen=True, slots=True)
class Limits:
    """What risk allows; closing a position is held to fewer of them."""

    order_size_max: Shares = shares("0.01", "10000000", "largest order in shares", "500")
    order_notional_max_usd: Usd = usd("0.01", "10000000", "largest order in USD", "100")
    exposure_market_max_usd: Usd = usd("0.01", "10000000", "most at risk in one market", "100")
    exposure_total_max_usd: Usd = usd("0.01", "10000000", "most at risk in all markets", "300")
    open_orders_max: int = count("1", "10000", "most orders that are not final", "20")
    orders_per_minute_max: int = count("1", "10000", "most orders in any 60 s", "30")
    price_band: Price = price("0.0001", "0.9999", "farthest price from the touch", "0.05")
    spread_max: Price = price("0.0001", "0.9999", "widest spread to trade in", "0.05")
    book_age_s_max: int = seconds("1", "3600", "oldest book to trade on", "10")
    end_s_min: int = seconds("0", "86400", "least time to the end of the window", "5")
    drawdown_max_usd: Usd = usd("0.01", "10000000", "fall from the peak that halts", "100")
    day_loss_max_usd: Usd = usd("0.01", "10000000", "loss of a UTC day that halts", "100")
    series_loss_max_usd: Usd = usd(
        "0.01", "10000000", "realised loss of a series on a UTC day that closes it", "100"
    )
    equity_min_usd: Usd = usd("0", "10000000", "equity at which all halts, 0 for none", "0")
    losses_in_a_row_max: int = count("1", "10000", "lost windows in a row that halt", "10")


@dataclass(frozen=True, slots=True)
class Expected:
    """What the strategy states of its own trading: decides nothing, is compared and told."""

    orders: int = count("20", "1000", "newest orders and windows that are compared", "50")
    slippage_max_usd: Price = price("0.0001", "0.9999", "mean slippage of a share", "0.01")
    fill_ratio_min: int = ratio("0", "1", "filled part of what was asked for", "0.5")
    latency_ms_max: int = count("1", "60000", "milliseconds an answer takes", "500")
    late_share_max: int = ratio("0", "1", "share of answers that take longer", "0.05")
    fee_excess_max: int = ratio("0", "1", "fee per USD traded above the expected one", "0.002")
