"""The trading engine: a pure core that decides, and a thin shell that records and then acts."""
