"""What the vendor sends, as domain events: one decoder for the sockets and for recordings.

Lowest of the adapters: the live venue and the replay both stand on it. No I/O, no clock, no vendor
library; what cannot be believed becomes `FrameRefused`, never a guess.
"""
