"""The Railway estate seen from the operator's side: its stack, its cost, its proof of survival."""
