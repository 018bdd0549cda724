"""Series that took each other's place: what one loses, another of the same metric has from then on.

A planned failover, a switch from blue to green, an address or the producers of a topic that move: roles and
work go from one to another, and nothing is more or less than before. What made them move, if it was a fault,
shows in what fails. Failures and answers' times are therefore no such role, but failures of requests go where
the requests go.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np

from patternwatch.analysis.metrics.categories import CATEGORIES, tells_a_state
from patternwatch.analysis.scoring.deviations import DeviationStats
from patternwatch.contracts.series import Flags, Labels, Vector
from patternwatch.contracts.subject import Subject

EXCHANGED = 0.5
"""Factor on what took another's place: no more than its own half of one move."""
_ALIKE = 0.25
"""Part of the movement by which what one has now may differ from what the other had; judgement."""
_NEAR_ROWS = 4
"""Rows within which both move; judgement: one may be scraped later, or take over after a check."""


def exchanged(
    moved: DeviationStats,
    categories: Sequence[str],
    labels: Sequence[Labels],
    subjects: Sequence[Subject],
    families: Sequence[str],
) -> Flags:
    """Which of N series took the place of another one of its metric, or gave it up, shape (N,).

    moved       how far each moved since the onset
    categories  N metric categories
    labels      N label sets
    subjects    what each tells of: a flag changes its place between two of them only, as else it may be a
                state that is told as one series each
    families    metric and derivation of each

    >>> from patternwatch.analysis.scoring.deviations import deviation_stats
    >>> leads = np.array([[1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 1.0], [0.0, 0.0, 1.0, 1.0]])
    >>> subjects = [Subject(name="kafka", instance=one) for one in "aab"]
    >>> names = [{"__name__": "active_controllers"}] * 2 + [{"__name__": "offline_partitions"}]
    >>> families = [one["__name__"] for one in names]
    >>> told = deviation_stats(leads, 2), ["other"] * 3, names
    >>> exchanged(*told, [subjects[0], subjects[2], subjects[2]], families).tolist()
    [True, True, False]
    >>> exchanged(*told, subjects, families).tolist()
    [False, False, False]
    """
    swing = np.where(moved.peak >= moved.median, moved.usual, -moved.usual)
    after = moved.median + swing
    found = np.zeros(len(labels), dtype=bool)
    failures: list[tuple[int, int]] = []
    with_work: set[tuple[str, Subject, Subject]] = set()
    for i, j in _pairs(families, swing, labels, subjects):
        far = max(abs(swing[i]), abs(swing[j]))
        differ = max(abs(after[i] - moved.median[j]), abs(after[j] - moved.median[i]))
        if differ > _ALIKE * far or abs(int(moved.onset[i]) - int(moved.onset[j])) > _NEAR_ROWS:
            continue
        if CATEGORIES[categories[i]].is_trouble or CATEGORIES[categories[j]].is_trouble:
            failures.append((i, j))
        elif subjects[i] != subjects[j] or not _is_flag(labels[i], moved, i, after[i]):
            found[[i, j]] = True
            name = labels[i].get("__name__", "")
            with_work |= {(name, subjects[i], subjects[j]), (name, subjects[j], subjects[i])}
    for i, j in failures:
        if (labels[i].get("__name__", ""), subjects[i], subjects[j]) in with_work:
            found[[i, j]] = True
    return found


def _pairs(
    families: Sequence[str], swing: Vector, labels: Sequence[Labels], subjects: Sequence[Subject]
) -> Iterator[tuple[int, int]]:
    """One that fell and one that rose, of one metric and place.

    Of one scrape job, or one entity, too: others are no stand-ins for each other.
    """
    groups: dict[tuple[object, ...], tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for i, family in enumerate(families):
        if np.isfinite(swing[i]) and swing[i]:
            kin = labels[i].get("job") or subjects[i].name
            groups[family, subjects[i].entity.place, kin][int(swing[i] > 0.0)].append(i)
    for fell, rose in groups.values():
        yield from ((i, j) for i in fell for j in rose)


def _is_flag(labels: Labels, moved: DeviationStats, i: int, after: float) -> bool:
    """Whether this is or may be one of several flags of one thing; a state told as a number is not."""
    values = {float(moved.median[i]), float(after)}
    return values <= {0.0, 1.0} and not tells_a_state(labels.get("__name__", ""))
