"""Stopping from where a person sits: through the watchdog, without it, or from outside."""
