"""How much the series of each family moved, now and when nothing was wrong: what a scan tells of chance.

Source of the comparison: `chance`.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from patternwatch.analysis.scoring.changed import by_meaning
from patternwatch.analysis.scoring.deviations import are_failures, deviation_stats
from patternwatch.analysis.scoring.first_failures import failing_rows
from patternwatch.analysis.scoring.scores import log_size, scales_with_floors
from patternwatch.contracts.series import MIN_BASELINE_ROWS, STATE_AGE, Flags, Labels, Matrix
from patternwatch.contracts.shard_results import FamilyMovements
from patternwatch.detectors import CHANGE


def family_of(labels: Labels, derivation: str) -> str:
    """Series of one metric in one derivation move alike by chance; a flag's time in a state is of its flags.

    >>> family_of({"__name__": "http_requests_total", "code": "500"}, "rate")
    'rate(http_requests_total)'
    >>> family_of({"__name__": "batch_running"}, "age_state")
    'batch_running'
    """
    name = labels.get("__name__", "")
    return f"{derivation}({name})" if derivation not in ("", STATE_AGE) else name


def movements_of(
    values: Matrix,
    split: int,
    flagged: Flags,
    families: Sequence[str],
    categories: Sequence[str],
    *,
    is_part: bool = False,
) -> dict[str, FamilyMovements]:
    """Sizes of what is flagged now, and of what would have been at the beginning of the window, by family.

    values      shape (N, T); NaN is a gap
    split       first row of the current part
    flagged     which are abnormal from the split on, shape (N,)
    families    family of each
    categories  metric category of each
    is_part     whether there are further members elsewhere

    Whole families without a flagged series now are left out: nothing of theirs is to be explained.

    >>> rng = np.random.default_rng(0)
    >>> values = 10.0 + rng.normal(size=(200, 300))
    >>> values[0, 240:] += 30.0
    >>> flagged = np.arange(200) == 0
    >>> found = movements_of(values, 240, flagged, ["queue"] * 200, ["saturation"] * 200)["queue"]
    >>> found.series, len(found.now), len(found.past) < 15
    (200, 1, True)
    """
    of_interest = set(families) if is_part else {families[i] for i in np.flatnonzero(flagged).tolist()}
    rows = np.array([i for i, family in enumerate(families) if family in of_interest], dtype=np.intp)
    if not len(rows):
        return {}
    now = _sizes_by_family(values, split, np.flatnonzero(flagged), families, categories)
    past, past_split = values[:, split - 1 :: -1], _past_split(values.shape[1], split)
    moved = rows[:0]
    if past_split:
        own = [categories[i] for i in rows.tolist()]
        moved = rows[by_meaning(CHANGE(past[rows], past_split), own).flagged]
    then = _sizes_by_family(past, past_split, moved, families, categories)
    number = Counter(families[i] for i in rows.tolist())
    failing = _failing_rows(values, rows, families, categories)
    return {
        family: FamilyMovements(
            series=number[family],
            now=_packed(now[family]),
            past=_packed(then[family]),
            failing_rows=failing.get(family, []),
        )
        for family in sorted(of_interest)
    }


def _failing_rows(
    values: Matrix, rows: npt.NDArray[np.intp], families: Sequence[str], categories: Sequence[str]
) -> dict[str, list[int]]:
    """Of the families of failures that are counted one by one: how many series fail in how many rows."""
    own: dict[str, list[int]] = defaultdict(list)
    for i in rows.tolist():
        own[families[i]].append(i)
    return {
        family: failing_rows(values[counted]).tolist()
        for family, members in own.items()
        if len(counted := _counting_failures(members, families, categories))
    }


def _counting_failures(
    members: Sequence[int], families: Sequence[str], categories: Sequence[str]
) -> npt.NDArray[np.intp]:
    derivations = [families[i].rpartition("(")[0] for i in members]
    return np.array(members, dtype=np.intp)[are_failures([categories[i] for i in members], derivations)]


def _past_split(rows: int, split: int) -> int:
    """Where the baseline, backwards in time, is split so that its end is as long as the current part.

    0 where too little of a baseline would be left before it.
    """
    length = min(rows - split, split - MIN_BASELINE_ROWS)
    return split - length if length > 0 else 0


def _sizes_by_family(
    values: Matrix,
    split: int,
    rows: npt.NDArray[np.intp],
    families: Sequence[str],
    categories: Sequence[str],
) -> Mapping[str, list[float]]:
    found: dict[str, list[float]] = defaultdict(list)
    if len(rows):
        own = [categories[i] for i in rows.tolist()]
        derivations = [families[i].rpartition("(")[0] for i in rows.tolist()]
        moved = deviation_stats(values[rows], split, failures=are_failures(own, derivations))
        scale = scales_with_floors(moved, own, np.zeros(len(rows)))
        for i, size in zip(rows.tolist(), log_size(moved, scale).tolist(), strict=True):
            if size > 0.0:  # what only ticked has no score
                found[families[i]].append(size)
    return found


def _packed(sizes: Sequence[float]) -> npt.NDArray[np.float32]:
    return np.sort(np.array(sizes, dtype=np.float32))
