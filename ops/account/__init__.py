"""What commands do with our account at the venue; heavy to import, so only when it is asked for."""
