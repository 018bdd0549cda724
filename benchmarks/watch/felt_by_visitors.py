"""From which row on the visitors of a recording felt its fault, by what they counted themselves.

A fault acts when a process has taken it up, a request has run into it, and one that hangs has ended: seconds
after it was injected, where a row is a second. The metadata say how many bins were bad, and not which.
"""

import numpy as np

from patternwatch.contracts.series import SeriesBatch
from testbed.kube.user_view import BIN_S, MIN_BAD_BINS, Floats, Steps, bins, usual_of

TAKEN, WAITED = "user_steps_total", "user_step_duration_seconds"


def felt_row(batch: SeriesBatch, split: int) -> int | None:
    """The first row with a bad step of the first bad bin of any action; None where visitors felt nothing.

    split  the first row of the fault

    >>> labels = [{"__name__": TAKEN, "action": "add", "code": code} for code in ("200", "503")]
    >>> labels += [{"__name__": WAITED, "action": "add"}] * 2
    >>> values = np.ones((4, 100)) * [[4], [0], [0.02], [4]]
    >>> values[:2, 67:] = 2
    >>> batch = SeriesBatch(labels, 1000 * np.arange(100), values, ["rate", "rate", "mean", "count_rate"])
    >>> felt_row(batch, split=60), felt_row(batch, split=90)
    (67, None)
    """
    before, after = _actions(batch, slice(0, split + 1)), _actions(batch, slice(split + 1, None))
    rows = (_first_bad(before[name], after[name]) for name in before)
    return min((split + 1 + row for row in rows if row is not None), default=None)


def _first_bad(before: Steps, after: Steps) -> int | None:
    usual = usual_of(before)
    if usual is None:
        return None
    counters = after.taken, after.failed, after.seconds
    bad = np.flatnonzero(usual.exceeded(*(bins(counter) for counter in counters)))
    if len(bad) < MIN_BAD_BINS:
        return None
    first = BIN_S * int(bad[0])
    own = usual.exceeded(*(np.diff(counter[first : first + BIN_S + 1]) for counter in counters))
    return first + 1 + int(own.argmax())


def _actions(batch: SeriesBatch, rows: slice) -> dict[str, Steps]:
    """The counters of each action over these rows, from 0 on; a rate counts what it had a row."""
    row_s = float(batch.times[1] - batch.times[0]) / 1000
    columns = list(zip(batch.labels, batch.derivation, batch.values[:, rows], strict=True))
    names = {own["action"] for own, _, _ in columns if own["__name__"] == TAKEN}

    def of(action: str, name: str, derivation: str, *, failed: bool = False) -> Floats:
        mine = [
            np.nan_to_num(values)
            for own, derived, values in columns
            if (own["__name__"], own.get("action"), derived) == (name, action, derivation)
            and not (failed and own["code"] == "200")
        ]
        return np.sum(mine, axis=0) if mine else np.zeros(len(batch.times[rows]))

    found = {}
    for action in names:
        seconds = of(action, WAITED, "mean") * of(action, WAITED, "count_rate")
        each = of(action, TAKEN, "rate"), of(action, TAKEN, "rate", failed=True), seconds
        found[action] = Steps(*(np.cumsum(one) * row_s for one in each))
    return found
