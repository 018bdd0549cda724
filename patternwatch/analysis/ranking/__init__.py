"""Which entity is the cause: candidates evaluated at their onset, entities ranked and explained."""
