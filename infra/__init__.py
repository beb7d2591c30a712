"""What exists on Railway, declared; and the provider that makes it so."""
