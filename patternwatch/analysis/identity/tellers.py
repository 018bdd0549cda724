"""Exporters that no table knows: a program of which nearly every series names something else.

A database exporter of one's own has `database` on all that it tells of; a service that works on queues has
`queue` on some of its series, and others (requests, pools, caches) without. So the share decides, not the
number of values alone, and only labels count that name things which live for themselves (`COVERED`): a
`path`, a `code` or a `handler` is a part of the service itself. A machine counts (`MACHINES`) where one
instance tells of several by the same metric: else it is the one that the program runs on. A bridge from
another monitoring system hands out all items of all machines under one name, with the item in a label: each
item counts as a metric then. A job of several programs that name themselves by a tag (`TAGS`) is told apart
in the same way.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

import numpy as np

from patternwatch.analysis.identity.apart import is_program
from patternwatch.analysis.identity.label_names import COVERED, MACHINES, TAGS
from patternwatch.analysis.identity.named import first_of
from patternwatch.analysis.identity.readings import Readings
from patternwatch.analysis.identity.scrape_series import OF_PROCESS
from patternwatch.contracts.coverage import Coverage, Untold
from patternwatch.contracts.series import Labels
from patternwatch.contracts.subject import SEPARATOR, Key

_NEARLY_ALL = 0.9
"""Part of a teller's series that name what they tell of; judgement."""
_MANY = 3
"""Things that a teller tells of at least: one that tells of one is named as well by itself; judgement."""
_SEVERAL = 2
"""Programs that a job holds at least where a tag names them: of one it names the whole system."""
_MIN_METRICS = 3
"""Metrics of a teller at least: a service may have a metric or two, all by queue; judgement."""


def coverage_of(labels: Sequence[Labels], read: Readings) -> tuple[list[Coverage], Untold]:
    """What the scraped programs of a shard tell of, and the series of those that tell of none; adds up.

    labels  N label sets
    read    what each tells of, by its labels alone

    >>> from patternwatch.analysis.identity.subject_reader import SubjectReader
    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> labels = [{"__name__": "db_size", "job": "db-metrics", "database": name} for name in ("a", "b")]
    >>> [found], _ = coverage_of(labels, SubjectReader(AnalysisSettings()).read(labels))
    >>> found.key[-1], found.series, found.labels, found.values
    ('db-metrics', 0, {'database': 2}, {'database': ['a', 'b']})
    """
    programs = np.array([is_program(one.subject) for one in read.distinct], dtype=bool)
    members: dict[Key, list[int]] = defaultdict(list)
    for i in np.flatnonzero(programs[read.of]).tolist():
        members[read[i].entity].append(i)
    found: list[Coverage] = []
    untold: Untold = defaultdict(dict)
    for key in sorted(members, key=lambda key: (*key.place, key.name)):
        own = [labels[i] for i in members[key] if not _of_exporter(labels[i])]
        machines = _of_several_machines(own)
        told = [(item, one) for one in own if (item := _thing(one, machines))[0]]
        if told:
            found.append(_coverage(key, told, len(own) - len(told)))
        elif own:
            untold[SEPARATOR.join(key.place)][key.name] = len(own)
    return found, dict(untold)


def _of_exporter(labels: Labels) -> bool:
    """Whether a series is of the program that was scraped: of what it tells of where that names itself."""
    return OF_PROCESS.match(labels.get("__name__", "")) is not None and not first_of(labels, TAGS)[0]


def _thing(labels: Labels, machines: set[tuple[str, ...]]) -> tuple[str, str]:
    """The label that names what a series tells of, with its value; both empty where none does."""
    thing = first_of(labels, (*TAGS, *COVERED))
    if thing[0] or not machines:
        return thing
    label, value = first_of(labels, MACHINES)
    return (label, value) if (label, *_asked(labels)) in machines else thing


def _of_several_machines(series: Iterable[Labels]) -> set[tuple[str, ...]]:
    """Labels of machines, with metrics and instances of which each tells of several."""
    found: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for own in series:
        label, value = first_of(own, MACHINES)
        if label:
            found[label, *_asked(own)].add(value)
    return {by for by, values in found.items() if len(values) > 1}


def _asked(labels: Labels) -> tuple[str, str]:
    return labels.get("__name__", ""), labels.get("instance", "")


def _coverage(key: Key, told: Sequence[tuple[tuple[str, str], Labels]], rest: int) -> Coverage:
    values: dict[str, set[str]] = defaultdict(set)
    for (label, value), _ in told:
        values[label].add(value)
    return Coverage(
        key=(*key.place, key.name),
        series=rest,
        metrics=sorted({_question(label, own) for (label, _), own in told})[:_MIN_METRICS],
        labels=dict(sorted(Counter(label for (label, _), _ in told).items())),
        values={label: sorted(values[label])[:_MANY] for label in sorted(values)},
    )


def _question(label: str, labels: Labels) -> str:
    """What a series answers, whatever it tells of: its metric, of machines with the item of a bridge.

    label  the one that names what it tells of
    """
    name = labels.get("__name__", "")
    if label not in MACHINES:
        return name
    rest = {key: value for key, value in labels.items() if key not in ("__name__", label, "job", "instance")}
    return SEPARATOR.join((name, *(f"{key}={rest[key]}" for key in sorted(rest))))


def tellers_of(coverage: Iterable[Coverage], untold: Iterable[Untold] = ()) -> dict[Key, str]:
    r"""The programs that tell of others, with the label that names these; of all shards in any order.

    >>> labels = {"database": 12}
    >>> whole = Coverage(
    ...     key=("", "", "", "db-metrics"), series=0, metrics=["a", "b", "c"], labels=labels,
    ...     values={"database": ["a", "b", "c"]},
    ... )
    >>> tellers_of([whole])
    {Key(tenant='', cluster='', namespace='', name='db-metrics'): 'database'}
    >>> tellers_of([whole], [{"\t\t": {"db-metrics": 12}}])  # as many series without a database
    {}
    """
    series = Counter[Key]()
    metrics: dict[Key, set[str]] = defaultdict(set)
    carrying: dict[Key, Counter[str]] = defaultdict(Counter)
    values: dict[tuple[Key, str], set[str]] = defaultdict(set)
    for one in coverage:
        key = Key(*one.key)
        series[key] += one.series + sum(one.labels.values())
        metrics[key].update(one.metrics)
        carrying[key].update(one.labels)
        for label, own in one.values.items():
            values[key, label].update(own)
    for part in untold:
        for place, names in part.items():
            tenant, cluster, namespace = place.split(SEPARATOR, 2)
            for name, n in names.items():
                series[Key(tenant, cluster, namespace, name)] += n
    found = {}
    for key, labels in sorted(carrying.items(), key=lambda item: (*item[0].place, item[0].name)):
        label = min(labels, key=lambda name: (-labels[name], name), default="")
        is_told = labels[label] >= _NEARLY_ALL * series[key] > 0.0
        several = len(values[key, label]) >= (_SEVERAL if label in TAGS else _MANY)
        if is_told and several and len(metrics[key]) >= _MIN_METRICS:
            found[key] = label
    return found
