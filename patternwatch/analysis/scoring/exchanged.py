"""Series that took each other's place: what one loses, another of the same metric has from then on.

A planned failover, a switch from blue to green, an address or the producers of a topic that move: roles and
work go from one to another, and nothing is more or less than before. What made them move, if it was a fault,
shows in what fails. Failures and answers' times are therefore no such role, but failures of requests go where
the requests go.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterator, Sequence
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


class Exchanges:
    """N series of which some may take each other's place.

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
    >>> moved = deviation_stats(leads, 2)
    >>> apart = [subjects[0], subjects[2], subjects[2]]
    >>> Exchanges(["other"] * 3, names, apart, families).among(moved).tolist()
    [True, True, False]
    >>> Exchanges(["other"] * 3, names, subjects, families).among(moved).tolist()
    [False, False, False]
    """

    def __init__(
        self,
        categories: Sequence[str],
        labels: Sequence[Labels],
        subjects: Sequence[Subject],
        families: Sequence[str],
    ) -> None:
        self._names = [own.get("__name__", "") for own in labels]
        self._fails = np.array([CATEGORIES[category].is_trouble for category in categories], dtype=bool)
        self._whose = _numbered(subjects)
        self._kin = _numbered(
            [
                (family, one.tenant, one.cluster, one.namespace, own.get("job") or one.name)
                for family, one, own in zip(families, subjects, labels, strict=True)
            ]
        )

    def among(self, moved: DeviationStats) -> Flags:
        """Which of N series took the place of another one of its metric, or gave it up, shape (N,).

        moved  how far each moved since the onset
        """
        whose, fails = self._whose, self._fails
        swing = np.where(moved.peak >= moved.median, moved.usual, -moved.usual)
        after = moved.median + swing
        found = np.zeros(len(self._names), dtype=bool)
        failures: list[tuple[str, Rows, Rows, Pairs, Flags]] = []
        with_work: defaultdict[str, set[int]] = defaultdict(set)
        for fell, rose in self._groups(swing):
            f, r = fell[:, None], rose[None, :]
            differ = np.maximum(np.abs(after[f] - moved.median[r]), np.abs(after[r] - moved.median[f]))
            far = np.maximum(np.abs(swing[f]), np.abs(swing[r]))
            alike = (differ <= _ALIKE * far) & (np.abs(moved.onset[f] - moved.onset[r]) <= _NEAR_ROWS)
            if not alike.any():
                continue
            name = self._names[fell[0]]
            pairs = np.minimum(whose[f], whose[r]) * len(whose) + np.maximum(whose[f], whose[r])
            of_failures = fails[f] | fails[r]
            flags = np.array(
                [_is_flag(name, float(moved.median[i]), float(after[i])) for i in fell], dtype=bool
            )
            roles = alike & ~of_failures & ((whose[f] != whose[r]) | ~flags[:, None])
            _mark(found, fell, rose, roles)
            with_work[name].update(np.unique(pairs[roles]).tolist())
            failures.append((name, fell, rose, pairs, alike & of_failures))
        for name, fell, rose, pairs, alike in failures:
            _mark(found, fell, rose, alike & np.isin(pairs, list(with_work[name])))
        return found

    def _groups(self, swing: Vector) -> Iterator[tuple[Rows, Rows]]:
        """Those that fell and those that rose, of one metric and place, where there are both.

        Of one scrape job, or one entity, too: others are no stand-ins for each other.
        """
        moving = np.isfinite(swing) & (swing != 0.0)
        fell, rose = moving & (swing < 0.0), moving & (swing > 0.0)
        both = np.intersect1d(self._kin[fell], self._kin[rose])
        for kin in both.tolist():
            own = self._kin == kin
            yield np.flatnonzero(own & fell), np.flatnonzero(own & rose)


def _numbered(things: Sequence[Hashable]) -> Rows:
    """A number for each, the same for equal ones."""
    numbers: dict[Hashable, int] = {}
    return np.array([numbers.setdefault(one, len(numbers)) for one in things], dtype=np.intp)


def _mark(found: Flags, fell: Rows, rose: Rows, pairs: Flags) -> None:
    found[fell] |= pairs.any(axis=1)
    found[rose] |= pairs.any(axis=0)


def _is_flag(name: str, before: float, after: float) -> bool:
    """Whether this is or may be one of several flags of one thing; a state told as a number is not."""
    return {before, after} <= {0.0, 1.0} and not tells_a_state(name)
