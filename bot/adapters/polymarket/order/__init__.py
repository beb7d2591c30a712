"""An order on its way: amounts, signature, hash, what an answer means, how often we may ask."""
