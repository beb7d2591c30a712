"""A stand-in of Polymarket: one loopback process that matches, settles and misbehaves on demand.

Written from what is publicly known of the venue; it imports nothing else of this repository but
`sandbox.faults`, and never the vendor's own client, so that the two check each other.
"""
