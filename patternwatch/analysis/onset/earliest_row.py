"""From which row on an onset may lie: enough of a baseline is before it."""

from patternwatch.contracts.series import MIN_BASELINE_ROWS

_EARLIEST_SHARE = 5
"""No onset lies in the first fifth of the window: too little of a baseline is before it."""


def earliest_row(rows: int, split: int) -> int:
    """The first row at which an onset may lie in a window of `rows` rows: enough baseline lies before it.

    >>> earliest_row(300, 240), earliest_row(1200, 1000)
    (60, 240)
    """
    return min(split, max(MIN_BASELINE_ROWS, rows // _EARLIEST_SHARE))
