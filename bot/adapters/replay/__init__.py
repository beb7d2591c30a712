"""Recordings: reading one as the market feed, writing one, importing one, looking into one.

The format is docs/recording.md. What frames mean is `bot.adapters.wire`; nothing here trades.
"""
