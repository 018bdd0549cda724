"""Every claimed figure, each printed by a program: `python -m benchmarks.NAME [--json]`."""
