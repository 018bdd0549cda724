"""What is muted of a watch: it shows, and counts for nothing."""

from collections.abc import Collection, Iterable

import numpy as np

from patternwatch.compiled import Flags
from patternwatch.contracts.ids import series_id
from patternwatch.contracts.metric_categories import METRIC_CATEGORIES
from patternwatch.contracts.watches import Mute
from patternwatch.watch.members.members import Members
from patternwatch.watch.suspects.suspects import Suspects


class Muting:
    """The mutes that count at one time.

    mutes       what is muted
    categories  the only categories that are watched; all where empty

    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> members = Members(AnalysisSettings(), 30_000)
    >>> labels = [{"__name__": name, "service": "cart"} for name in ("queue_length", "load")]
    >>> slots, _ = members.place(labels, ["", ""])
    >>> seen = Suspects(slots, np.array([True, True]), np.float32([9, 9]), np.float32([1, 1]))
    >>> muting = Muting([Mute(kind="metric", value="load")])
    >>> muting.of_suspects(seen, members).tolist(), muting.of_entities(members).tolist()
    ([False, True], [False])
    """

    def __init__(self, mutes: Iterable[Mute] = (), categories: Collection[str] = ()) -> None:
        values = [(mute.kind, mute.value) for mute in mutes]
        self._entities, self._metrics, self._series, muted = (
            frozenset(value for kind, value in values if kind == wanted)
            for wanted in ("entity", "metric", "series", "category")
        )
        self._categories = np.array(
            [name in muted or (len(categories) > 0 and name not in categories) for name in METRIC_CATEGORIES]
        )

    def of_suspects(self, suspects: Suspects, members: Members) -> Flags:
        """Which of K suspects are muted, shape (K,)."""
        muted = np.asarray(self._categories[members.category[suspects.slots]])
        if self._metrics or self._series:
            for k, slot in enumerate(suspects.slots.tolist()):
                own = members.labels[slot]
                muted[k] |= own.get("__name__", "") in self._metrics
                muted[k] |= bool(self._series) and series_id(own, members.derivation[slot]) in self._series
        return muted

    def of_entities(self, members: Members) -> Flags:
        """Which entities are muted, by number."""
        if not self._entities:
            return np.zeros(len(members.machines), dtype=np.bool_)
        return np.array([name in self._entities for name in members.names], dtype=np.bool_)


NOTHING_MUTED = Muting()
