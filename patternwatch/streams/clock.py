"""The clock of a worker's requests, deadlines and records."""

import time


def now_ms() -> int:
    """Now, in ms since 1970."""
    return time.time_ns() // 1_000_000
