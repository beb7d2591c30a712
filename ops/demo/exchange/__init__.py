"""What the acts that trade live need of the stand-in exchange: its control, and its truth."""
