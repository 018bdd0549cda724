"""What a tick showed, for people: the strongest entities with their series in words."""

import math
from collections.abc import Callable

import numpy as np

from patternwatch.analysis.metrics.units import unit_of
from patternwatch.analysis.metrics.values_in_words import value_in_words
from patternwatch.compiled import Flags
from patternwatch.contracts.arrays import Floats32
from patternwatch.contracts.series import Labels
from patternwatch.contracts.watch_states import MAX_SHOWN_ENTITIES, MAX_SHOWN_SERIES
from patternwatch.watch.episodes.evidence import GONE, EntityEvidence
from patternwatch.watch.episodes.observation import SeenEntity, SeenSeries
from patternwatch.watch.episodes.trigger import Trigger
from patternwatch.watch.members.members import Members
from patternwatch.watch.suspects.suspects import NO_SUSPECTS, Suspects

LEAST_SHOWN = 1.0
"""Evidence of an entity from which on the live view shows it."""
LEAST_BRIEF = 5.0
"""Score from which on it shows a lone row: of thousands of series one has it every few minutes."""


def seen_entities(
    evidence: EntityEvidence,
    trigger: Trigger,
    members: Members,
    level: Floats32,
    brief: Suspects = NO_SUSPECTS,
    now: Callable[[int], float] = lambda _: math.nan,
) -> tuple[SeenEntity, ...]:
    """The entities with most evidence, strongest first, each with its strongest series.

    Those of the open episode come before all others: a machine that fills up, or a batch job, may move
    farther than what opened, and is not what opened. A machine that takes part itself, as one that is not
    ready, comes before what runs on it, and a workload that gives no sample before those that call it.

    level  by slot: what is usual
    brief  what one row alone showed: it comes last, and makes no evidence
    now    of a slot: its value now, NaN where it is not known

    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> from patternwatch.watch.episodes.evidence import entity_evidence
    >>> members = Members(AnalysisSettings(), 30_000)
    >>> slots, _ = members.place([{"__name__": "http_request_duration_seconds", "service": "cart"}], ["p99"])
    >>> seen = Suspects(slots, np.array([True]), np.float32([6.5]), np.float32([0.6]))
    >>> evidence, trigger = entity_evidence(seen, members, slots[:0]), Trigger(bar=8.0)
    >>> [cart] = seen_entities(evidence, trigger, members, np.full(len(members), 0.2, dtype=np.float32))
    >>> cart.name, cart.score, cart.series[0].sentence
    ('cart', 4.0, 'p99 of http_request_duration_seconds is 800 ms, usually 200 ms')
    """
    weight = evidence.strength.copy()
    # What is muted, and what may be a lone spike, shows after what is not.
    brief = brief.take((brief.score >= LEAST_BRIEF) & ~np.isin(brief.slots, evidence.suspects.slots))
    of_brief = members.entity[brief.slots]
    np.maximum.at(weight, evidence.entity[evidence.muted], np.float32(LEAST_SHOWN))
    np.maximum.at(weight, of_brief, np.float32(LEAST_SHOWN))
    involved = trigger.is_involved(len(weight))
    weight[evidence.silent & involved] += np.float32(GONE)
    by_place = -weight, ~(involved & evidence.machine), ~involved
    order = np.lexsort((np.arange(len(weight)), *by_place))[:MAX_SHOWN_ENTITIES]
    found = []
    for entity in order[weight[order] >= LEAST_SHOWN].tolist():
        own = evidence.entity == entity
        series = _series(evidence.suspects.take(own), evidence.muted[own], members, level, now)
        lone = brief.take(of_brief == entity)
        series += _series(lone, np.zeros(len(lone), dtype=np.bool_), members, level, now)
        since = trigger.since_ms(entity)
        muted = bool(evidence.mute[entity] and not evidence.machine[entity])
        total, shown = float(evidence.total[entity]), tuple(series[:MAX_SHOWN_SERIES])
        found.append(SeenEntity(members.names[entity], total, since, shown, muted))
    return tuple(found)


def _series(
    suspects: Suspects, muted: Flags, members: Members, level: Floats32, now: Callable[[int], float]
) -> list[SeenSeries]:
    """Each in words, strongest first."""
    found = []
    for k in np.argsort(-suspects.score, kind="stable")[:MAX_SHOWN_SERIES].tolist():
        slot, up = int(suspects.slots[k]), bool(suspects.up[k])
        labels, derivation = members.labels[slot], members.derivation[slot]
        usual, size = float(level[slot]), float(suspects.size[k])
        sentence = in_words(labels, derivation, usual, size if up else -size, now(slot))
        found.append(SeenSeries(labels, derivation, up, float(suspects.score[k]), sentence, bool(muted[k])))
    return found


def in_words(labels: Labels, derivation: str, usual: float, change: float, now: float = math.nan) -> str:
    """One series in a sentence.

    usual   its level; NaN where that is not known, as after a long gap
    change  by how much it moved, against what is usual or against the rows before
    now     its value now; NaN where it is what `usual` and `change` make

    >>> series = {"__name__": "http_request_duration_seconds"}
    >>> in_words(series, "p99", 0.2, 0.7)
    'p99 of http_request_duration_seconds is 900 ms, usually 200 ms'
    >>> in_words(series, "p99", float("nan"), -0.7)
    'p99 of http_request_duration_seconds went down by 700 ms'
    >>> in_words(series, "p99", 0.2, -0.7, now=0.21)
    'p99 of http_request_duration_seconds went down by 700 ms, to 210 ms'
    """
    name = labels.get("__name__", "")
    unit = unit_of(name, derivation)
    what = f"{derivation} of {name}" if derivation else name
    value = usual + change if math.isnan(now) else now
    if math.isnan(usual) or abs(value - usual) < abs(change) / 2 or (value > usual) != (change > 0):
        to = "" if math.isnan(value) else f", to {value_in_words(value, unit)}"
        return f"{what} went {'up' if change > 0 else 'down'} by {value_in_words(abs(change), unit)}{to}"
    return f"{what} is {value_in_words(value, unit)}, usually {value_in_words(usual, unit)}"
