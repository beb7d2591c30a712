"""Where the other side of the market comes from: a recording, or a seeded synthetic flow."""
