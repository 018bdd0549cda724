"""What names and declared types say of how series are derived, asked once for each metric."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from patternwatch.compiled import Flags
from patternwatch.contracts.present_states import PRESENT_STATES
from patternwatch.cortex.age_gauges import may_tell_age
from patternwatch.cortex.counter_names import is_told_by_form, may_count
from patternwatch.cortex.raw import Described
from patternwatch.cortex.state_ages import tells_of_runs


class NameRoles(NamedTuple):
    """Of N series, shape (N,) each.

    facts     only carry facts in their labels (`build_info 1`)
    counters  may be counters
    by_form   are counters only if their form says so
    ages      may tell how old something is
    runs      tell whether something runs that runs again and again
    """

    facts: Flags
    counters: Flags
    by_form: Flags
    ages: Flags
    runs: Flags


_NONE = NameRoles(*np.empty((len(NameRoles._fields), 0), dtype=bool))


def name_roles(raw: Described) -> NameRoles:
    """What the names and types of these series say.

    >>> from patternwatch.cortex.raw import ragged
    >>> names, types = ("batch_running", "build_info", "lag_seconds"), ["gauge", "gauge", "unknown"]
    >>> none = [np.array([])] * 3
    >>> roles = name_roles(ragged([{"__name__": name} for name in names], types, none, none))
    >>> roles.facts.tolist(), roles.counters.tolist(), roles.runs.tolist()
    ([False, True, False], [False, False, True], [True, False, False])
    """
    metrics: dict[tuple[str, str], int] = {}
    numbers = [
        metrics.setdefault((labels.get("__name__", ""), kind), len(metrics))
        for labels, kind in zip(raw.labels, raw.types, strict=True)
    ]
    told = np.array([_told(name, kind) for name, kind in metrics], dtype=bool)
    return NameRoles(*told[numbers].T) if numbers else _NONE


class KeptRoles:
    """`name_roles` for one selection again and again: asked anew only where series or types changed."""

    def __init__(self) -> None:
        self._of: tuple[Sequence[dict[str, str]], Sequence[str]] | None = None
        self._roles = _NONE

    def __call__(self, raw: Described) -> NameRoles:
        """The same as `name_roles`."""
        asked = raw.labels, raw.types
        if asked != self._of:
            self._roles, self._of = name_roles(raw), asked
        return self._roles


def _told(name: str, kind: str) -> tuple[bool, ...]:
    has_facts = (kind == "info" or name.endswith("_info")) and name not in PRESENT_STATES
    by_form = is_told_by_form(name, kind)
    return has_facts, may_count(kind), by_form, may_tell_age(name, kind), tells_of_runs(name)
