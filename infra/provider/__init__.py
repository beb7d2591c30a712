"""The railway provider: a Pulumi plugin of our own, a process the engine talks gRPC to.

See docs/adr/0010. It keeps no state: what it knows it is told by the engine or asks of Railway.
"""
