"""The watchdog: starts, watches and kills the engine. Standard library only, nothing of bot."""
