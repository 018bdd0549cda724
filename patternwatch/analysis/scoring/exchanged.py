"""Series that took each other's place: what one loses, another of the same metric has from then on.

A planned failover, a switch from blue to green, an address or the producers of a topic that move: roles and
work go from one to another, and nothing is more or less than before. What made them move, if it was a fault,
shows in what fails. Failures and answers' times are therefore no such role, but failures of requests go where
the requests go.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from patternwatch.analysis.metrics.categories import CATEGORIES, tells_a_state
from patternwatch.analysis.scoring.deviations import DeviationStats
from patternwatch.contracts.series import Flags, Labels, Vector
from patternwatch.contracts.subject import Subject

Rows: TypeAlias = npt.NDArray[np.intp]
"""Positions of series."""
Pairs: TypeAlias = npt.NDArray[np.intp]
"""A number for each two subjects, of one that fell and one that rose, shape (F, R)."""

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
    fails = np.array([CATEGORIES[category].is_trouble for category in categories], dtype=bool)
    numbers: dict[Subject, int] = {}
    whose = np.array([numbers.setdefault(subject, len(numbers)) for subject in subjects], dtype=np.intp)
    found = np.zeros(len(labels), dtype=bool)
    failures: list[tuple[str, Rows, Rows, Pairs, Flags]] = []
    with_work: defaultdict[str, set[int]] = defaultdict(set)
    for fell, rose in _groups(families, swing, labels, subjects):
        f, r = fell[:, None], rose[None, :]
        differ = np.maximum(np.abs(after[f] - moved.median[r]), np.abs(after[r] - moved.median[f]))
        far = np.maximum(np.abs(swing[f]), np.abs(swing[r]))
        alike = (differ <= _ALIKE * far) & (np.abs(moved.onset[f] - moved.onset[r]) <= _NEAR_ROWS)
        if not alike.any():
            continue
        name = labels[fell[0]].get("__name__", "")
        pairs = np.minimum(whose[f], whose[r]) * len(numbers) + np.maximum(whose[f], whose[r])
        of_failures = fails[f] | fails[r]
        flags = np.array([_is_flag(name, float(moved.median[i]), float(after[i])) for i in fell], dtype=bool)
        roles = alike & ~of_failures & ((whose[f] != whose[r]) | ~flags[:, None])
        _mark(found, fell, rose, roles)
        with_work[name].update(np.unique(pairs[roles]).tolist())
        failures.append((name, fell, rose, pairs, alike & of_failures))
    for name, fell, rose, pairs, alike in failures:
        _mark(found, fell, rose, alike & np.isin(pairs, list(with_work[name])))
    return found


def _groups(
    families: Sequence[str], swing: Vector, labels: Sequence[Labels], subjects: Sequence[Subject]
) -> Iterator[tuple[Rows, Rows]]:
    """Those that fell and those that rose, of one metric and place, where there are both.

    Of one scrape job, or one entity, too: others are no stand-ins for each other.
    """
    groups: dict[tuple[object, ...], tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for i in np.flatnonzero(np.isfinite(swing) & (swing != 0.0)).tolist():
        subject = subjects[i]
        kin = labels[i].get("job") or subject.name
        key = families[i], subject.tenant, subject.cluster, subject.namespace, kin
        groups[key][int(swing[i] > 0.0)].append(i)
    for fell, rose in groups.values():
        if fell and rose:
            yield np.array(fell), np.array(rose)


def _mark(found: Flags, fell: Rows, rose: Rows, pairs: Flags) -> None:
    found[fell] |= pairs.any(axis=1)
    found[rose] |= pairs.any(axis=0)


def _is_flag(name: str, before: float, after: float) -> bool:
    """Whether this is or may be one of several flags of one thing; a state told as a number is not."""
    return {before, after} <= {0.0, 1.0} and not tells_a_state(name)
