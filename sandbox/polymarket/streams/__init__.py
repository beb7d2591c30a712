"""The sockets: market, user and price. They listen to the venue and decide nothing."""
