"""The venue's other services: Gamma, Data, relayer, chain, geoblock, and the control address."""
