"""Which windows of the past a watch learns from when it begins: a week coarsely, the last day at the step.

In pieces that bound what is read at a time, older before newer. A piece is as long in time however coarse it
is: a source hands out every sample in between, too.
"""

from patternwatch.contracts.series import Window

DAY_MS = 24 * 3_600_000
COARSE_STEP_MS = 300_000
MAX_PIECE_SAMPLES = 6_000_000
"""Samples of a piece, 16 bytes each while it is read."""
MIN_PIECE_ROWS, MAX_PIECE_ROWS = 60, 600
"""Rows of a piece at the step: fewer would ask too often, more would hold others up too long."""


def history_windows(
    from_ms: int, until_ms: int, step_ms: int, series: int, *, coarse: bool = True
) -> list[Window]:
    """The windows from `from_ms` up to the row before `until_ms`, in the order in which they are learned.

    series  how many there are, about
    coarse  whether what is older than a day is read at 5 minutes, where that is coarser than the step

    Each window's split is its last row: all of it is history.

    >>> windows = history_windows(0, 7 * DAY_MS, 30_000, 10_000)
    >>> len(windows), windows[0].step_ms, windows[0].rows, windows[-1].step_ms, windows[-1].rows
    (34, 300000, 60, 30000, 489)
    """
    day_ms = until_ms - DAY_MS
    rows = max(min(MAX_PIECE_SAMPLES // max(series, 1), MAX_PIECE_ROWS), MIN_PIECE_ROWS)
    windows: list[Window] = []
    if coarse and from_ms < day_ms and step_ms < COARSE_STEP_MS:
        coarse_ms = -(-COARSE_STEP_MS // step_ms) * step_ms  # each of its rows stands for so many at the step
        windows += _pieces(from_ms, day_ms, coarse_ms, rows * step_ms)
        from_ms = windows[-1].end_ms + step_ms if windows else from_ms
    return windows + _pieces(from_ms, until_ms, step_ms, rows * step_ms)


def _pieces(from_ms: int, until_ms: int, step_ms: int, piece_ms: int) -> list[Window]:
    """Windows on the grid of the step; a remainder of less than two rows is left out."""
    per_piece = max(piece_ms // step_ms, 2)
    first, behind = -(-from_ms // step_ms), -(-until_ms // step_ms)
    return [
        Window(
            start_ms=at * step_ms, split_ms=(end - 1) * step_ms, end_ms=(end - 1) * step_ms, step_ms=step_ms
        )
        for at in range(first, behind, per_piece)
        if (end := min(at + per_piece, behind)) - at >= 2
    ]
