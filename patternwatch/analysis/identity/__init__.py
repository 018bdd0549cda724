"""Whose series it is: the workload, node or service that a series tells of, and who tells it."""
