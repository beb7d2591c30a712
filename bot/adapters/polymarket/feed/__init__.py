"""What the venue says, live: sockets and polls into one ordered inbox, read by the one decoder.

The vendor's SDK hides raw frames, reconnects and malformed events (docs/adr/0013), so the sockets
here are plain ones. Nothing of the SDK is imported: a process that only listens cannot trade.
"""
