"""The CLOB as clients see it: REST and sockets. Reads the venue's state, decides nothing."""
