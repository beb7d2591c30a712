"""The real venue, by the vendor's own SDK: the only package that imports `polymarket` and httpx.

Nothing here decides what to trade, and nothing outside sees the SDK's types or exceptions.
"""
