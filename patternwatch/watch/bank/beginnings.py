"""What is expected of series that begin: a twin's history, one of zeros, or nothing for some rows."""

import numpy as np

from patternwatch.compiled import Integers
from patternwatch.contracts.metric_categories import METRIC_CATEGORIES
from patternwatch.watch.bank import views
from patternwatch.watch.bank.arrays import BankArrays
from patternwatch.watch.members.members import Members
from patternwatch.watch.suspects.roles import SYMPTOM, roles_by_category

BLANK_ROWS, BLANK_SYMPTOM_ROWS = 40, 16
"""Rows in which a new pod's series are not judged, while caches fill and memory finds its plateau; fewer of
what users feel, since a bad deploy shows in its first minutes."""
_ROLES = roles_by_category()
_ERROR = METRIC_CATEGORIES.index("error")


def begin(arrays: BankArrays, begun: Integers, members: Members, least: int) -> Integers:
    """New series in these slots: with a twin's history, with one of zeros, or with none.

    A counter of failures that begins in a part known before had none, where so many blocks are known.
    Gives the slots of these: their tails are to be read.

    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> members, arrays = Members(AnalysisSettings(), 30_000), BankArrays(ring_rows=480, history_blocks=336)
    >>> _, begun = members.place([{"__name__": "queue_length", "service": "cart"}], [""])
    >>> arrays.fit(len(members))
    >>> begin(arrays, begun, members, least=24).tolist()
    []
    """
    twins = members.twin[begun].astype(np.int64)
    of_twin = twins >= 0
    arrays.reset(begun[~of_twin])
    arrays.inherit(begun[of_twin], twins[of_twin])
    arrays.counts[begun, views.HEARD] = 0
    warm_up(arrays, begun[of_twin], members)
    if arrays.blocks < least:
        return begun[:0]
    fails = (members.category[begun] == _ERROR) & (members.counting[begun] > 0)
    silent: Integers = begun[members.alone[begun] & fails]
    arrays.expect_nothing(silent, arrays.blocks, 1.0 / members.counting[silent])
    return silent


def warm_up(arrays: BankArrays, slots: Integers, members: Members) -> None:
    """Series of parts that were just started: they are not judged for some rows.

    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> members, arrays = Members(AnalysisSettings(), 30_000), BankArrays(ring_rows=480, history_blocks=336)
    >>> names = "queue_length", "process_resident_memory_bytes"
    >>> labels = [{"__name__": name, "service": "cart"} for name in names]
    >>> slots, _ = members.place(labels, ["", ""])
    >>> arrays.fit(len(members))
    >>> warm_up(arrays, slots, members)
    >>> arrays.counts[slots, views.BLANK].tolist()
    [16, 40]
    """
    symptom = (_ROLES[members.category[slots]] == SYMPTOM).any(axis=1)
    arrays.counts[slots, views.BLANK] = np.where(symptom, BLANK_SYMPTOM_ROWS, BLANK_ROWS)
    arrays.counts[slots[~symptom], views.SINCE] = 0  # a fresh process has another level
