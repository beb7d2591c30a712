"""Decides, never does: events in, effects out, the same for the same inputs."""
