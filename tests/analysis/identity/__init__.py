"""Tests of whose series it is."""
