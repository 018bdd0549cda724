"""Watched clusters: looked at tick by tick, their episodes kept, their series held for analyses."""
