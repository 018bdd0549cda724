"""The series that a scan puts forward because they moved, or burst as they did before."""

import numpy as np
import numpy.typing as npt

from patternwatch.analysis.lifecycle.succession import Succession
from patternwatch.analysis.scanning.screening import MIN_CHANGE, Screened
from patternwatch.analysis.scoring.recurrent_trouble import MAX_RECURRENT, burst_size, is_recurrent
from patternwatch.analysis.scoring.seasonal import SeasonalComparison
from patternwatch.analysis.series.ids import SeriesIds
from patternwatch.contracts.arrays import as_float32
from patternwatch.contracts.series import Matrix, SeriesBatch, Vector
from patternwatch.contracts.shard_results import Candidate


def moved_candidates(
    batch: SeriesBatch,
    screened: Screened,
    worth: Vector,
    max_candidates: int,
    succeeded: Succession,
    ids: SeriesIds,
) -> list[tuple[int, Candidate]]:
    """The series that moved farthest beyond chance, with their positions; ties by movement, then by id.

    worth      the movements less what is expected by chance, shape (K,)
    succeeded  which have the values of a predecessor before their birth
    ids        of the batch's series

    The order of series in the batch does not matter.

    >>> from patternwatch.analysis.scanning.screening import screen
    >>> rng, times = np.random.default_rng(0), np.arange(300)
    >>> values = np.array([rng.normal(size=300), rng.normal(size=300) + 40.0 * (times >= 240)])
    >>> labels = [{"__name__": "cpu_usage", "service": name} for name in ("cart", "redis")]
    >>> batch = SeriesBatch(labels, times, values, ["", ""])
    >>> screened, _ = screen(batch, 240, ["cpu", "cpu"])
    >>> ids = SeriesIds(labels, batch.derivation)
    >>> [(i, c)] = moved_candidates(batch, screened, screened.screening_score, 1, Succession(values), ids)
    >>> i, c.labels["service"]
    (1, 'redis')
    """
    kept, score = screened.kept, screened.screening_score
    rows = np.flatnonzero(screened.change >= MIN_CHANGE)
    order = rows[np.lexsort((-score[rows], -worth[rows]))]
    if len(order) > max_candidates:
        # Ids cost: they are made of those alone that they may decide between.
        last = order[max_candidates - 1]
        alike = (worth[order] == worth[last]) & (score[order] == score[last])
        order = order[: int(np.flatnonzero(alike)[-1]) + 1]
    named = {i: ids[int(kept[i])] for i in order.tolist()}
    chosen = sorted(named, key=lambda i: (-worth[i], -score[i], named[i]))[:max_candidates]
    return _put_forward(batch, screened, succeeded, chosen, score, recurs=False)


def recurrent_candidates(
    batch: SeriesBatch, screened: Screened, split: int, succeeded: Succession, ids: SeriesIds
) -> list[tuple[int, Candidate]]:
    """The series that burst before and after the split, and moved no farther than before; strongest first.

    Only all shards know whether that is trouble (`recurrent_trouble`); `MAX_RECURRENT` at most.

    >>> from patternwatch.analysis.scanning.screening import screen
    >>> rng, times = np.random.default_rng(0), np.arange(300)
    >>> values = rng.normal(50.0, 1.0, size=(2, 300))
    >>> values[1] += 40.0 * (times % 40 < 8)
    >>> labels = [{"__name__": "errors", "service": name} for name in ("cart", "redis")]
    >>> batch = SeriesBatch(labels, times, values, ["", ""])
    >>> screened, _ = screen(batch, 240, ["error", "error"])
    >>> ids = SeriesIds(labels, batch.derivation)
    >>> [(i, c)] = recurrent_candidates(batch, screened, 240, Succession(values), ids)
    >>> i, c.recurs, c.change_score < 0.5
    (1, True, True)
    """
    rows = np.flatnonzero(screened.change < MIN_CHANGE)
    own = [screened.categories[i] for i in rows.tolist()]
    ordered, counts = screened.baseline
    found = is_recurrent(screened.values[rows], split, own, (ordered[rows], counts[rows]))
    if not found.any():
        return []
    rows, own = rows[found], [own[k] for k in np.flatnonzero(found).tolist()]
    size = np.zeros(len(screened.kept))
    size[rows] = burst_size(screened.values[rows], split, own)
    named = {i: ids[int(screened.kept[i])] for i in rows.tolist()}
    chosen = sorted(named, key=lambda i: (-size[i], named[i]))[:MAX_RECURRENT]
    return _put_forward(batch, screened, succeeded, chosen, size, recurs=True)


def _put_forward(
    batch: SeriesBatch,
    screened: Screened,
    succeeded: Succession,
    chosen: list[int],
    score: Vector,
    *,
    recurs: bool,
) -> list[tuple[int, Candidate]]:
    """The candidates of these screened series, with their positions."""
    packed = as_float32(_shown(batch, screened, succeeded, chosen))
    positions = screened.kept[chosen].tolist()
    return [
        (
            position,
            Candidate(
                labels=batch.labels[position],
                derivation=batch.derivation[position],
                native=position in batch.native,
                category=screened.categories[i],
                screening_score=float(score[i]),
                change_score=float(screened.change[i]),
                values=packed[k],
                expected=_expected(screened.compared, i),
                born=succeeded.born.get(position),
                predecessor=succeeded.predecessors.get(position, ""),
                recurs=recurs,
            ),
        )
        for k, (i, position) in enumerate(zip(chosen, positions, strict=True))
    ]


def _shown(batch: SeriesBatch, screened: Screened, succeeded: Succession, chosen: list[int]) -> Matrix:
    """The values of these screened series, newborns with their warm-up."""
    values = screened.values[chosen]
    kept = screened.kept[chosen]
    born = [k for k, i in enumerate(kept.tolist()) if i in succeeded.born]
    if born:
        values[born] = succeeded.with_warm_up(batch.values, kept[born])
    return values


def _expected(compared: SeasonalComparison | None, row: int) -> npt.NDArray[np.float32] | None:
    if compared is None or not compared.known[row]:
        return None
    return as_float32(compared.expected.get(row, np.empty(0)))
