"""What Railway runs: a deployment is a real process in a directory that is really deleted."""
