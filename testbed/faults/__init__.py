"""Faults: each a way to hurt one service of the stack, for real, from a known instant on."""
