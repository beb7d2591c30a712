"""Whether trading goes as the strategy stated: slippage, fill ratio, latency, fee, hit rate."""
