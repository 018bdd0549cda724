"""Results are put together to a report, and what becomes of each is published."""
