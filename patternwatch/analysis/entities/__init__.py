"""The entities that series belong to, ranked: with who calls whom among them."""
