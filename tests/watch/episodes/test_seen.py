"""What stands out in words: what a series is now, not what a change and a level of other times add up to."""

import numpy as np

from patternwatch.contracts.arrays import Floats32
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.watch.arrays.columns import Columns
from patternwatch.watch.bank.bank import SeriesBank
from patternwatch.watch.bank.ring import NOW_ROWS
from patternwatch.watch.episodes.evidence import entity_evidence
from patternwatch.watch.episodes.seen import seen_entities
from patternwatch.watch.episodes.trigger import Trigger
from patternwatch.watch.members.members import Members
from patternwatch.watch.suspects.suspects import Suspects

STEP_MS = 30_000


def sentence(values: list[float], change: float, usual: float) -> str:
    """What is said of a processor that moved by `change` against the rows before, after these values."""
    members, bank = Members(AnalysisSettings(), STEP_MS), SeriesBank(STEP_MS)
    labels = {"__name__": "container_cpu_usage_seconds_total", "service": "cart"}
    slots, begun = members.place([labels], ["rate"])
    rows = np.full((len(members), len(values)), np.nan, dtype=np.float32)
    rows[slots] = values
    bank.update(Columns(STEP_MS * np.arange(1, len(values) + 1), rows, begun), members)
    seen = Suspects(slots, np.array([change > 0]), _float(9.0), _float(abs(change)))
    evidence = entity_evidence(seen, members, slots[:0])
    level = np.full(len(members), usual, dtype=np.float32)
    ((cart,),) = [seen_entities(evidence, Trigger(bar=8.0), members, level, now=bank.now)]
    return cart.series[0].sentence.removeprefix("rate of container_cpu_usage_seconds_total ")


def _float(value: float) -> Floats32:
    return np.array([value], dtype=np.float32)


def test_a_change_against_the_rows_before_is_not_added_to_the_usual_level() -> None:
    """It read "is -0.192 s/s, usually 0.0448 s/s"."""
    assert sentence([0.28] * 6 + [0.04] * NOW_ROWS, -0.24, 0.0448) == "went down by 0.24 s/s, to 0.04 s/s"


def test_what_lies_off_its_usual_level_is_said_by_both() -> None:
    assert sentence([0.04] * 6 + [0.5] * NOW_ROWS, 0.45, 0.05) == "is 0.5 s/s, usually 0.05 s/s"


def test_where_the_newest_rows_are_late_the_level_and_the_change_say_it() -> None:
    assert sentence([0.5] * 6 + [np.nan] * NOW_ROWS, 0.45, 0.05) == "is 0.5 s/s, usually 0.05 s/s"
