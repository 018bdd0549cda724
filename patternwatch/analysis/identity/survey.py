"""What is made of a tenant's labels: the entities that a sample of its series names, and who tells of it."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from patternwatch.analysis.identity.census import KINDS, census_of, kinds_of
from patternwatch.analysis.identity.exporter_table import ExporterTable
from patternwatch.analysis.identity.names_in_scope import NamesInScope
from patternwatch.analysis.identity.owner_series import owners_told
from patternwatch.analysis.identity.owners_in_scope import owners_in_scope
from patternwatch.analysis.identity.subject_reader import subject_reader
from patternwatch.contracts.series import Labels
from patternwatch.contracts.settings import AnalysisSettings

ITSELF = "programs themselves"
"""Who tells where no exporter of the table does."""


@dataclass(frozen=True, slots=True)
class Survey:
    """What is made of the labels of some series.

    series     how many
    kinds      kind -> names of its entities, the kinds that say most first
    tellers    exporter -> how many series it tells of, the most first
    ambiguous  name -> what its entities are called, where several bear it
    unnamed    metric -> how many of its series name no subject, the most first
    """

    series: int
    kinds: Mapping[str, Sequence[str]]
    tellers: Mapping[str, int]
    ambiguous: Mapping[str, Sequence[str]]
    unnamed: Mapping[str, int]


def survey_of(labels: Sequence[Labels], settings: AnalysisSettings) -> Survey:
    """What is made of these labels.

    >>> pods = [{"__name__": "up", "namespace": name, "pod": "cart-5f6585d649-fnmft"} for name in ("a", "b")]
    >>> found = survey_of([*pods, {"__name__": "answer"}], AnalysisSettings())
    >>> found.kinds, found.ambiguous, found.unnamed
    ({'deployment': ['a/cart', 'b/cart']}, {'cart': ['a/cart', 'b/cart']}, {'answer': 1})
    """
    reader, table = subject_reader(settings), ExporterTable(settings.exporters)
    subjects = [reader.of(own) for own in labels]
    owners = owners_in_scope(owners_told(labels, subjects))
    places = kinds_of([census_of(subjects)])
    names = NamesInScope([*places, *(key for _, key in owners.values())], owners)
    kinds: dict[str, set[str]] = defaultdict(set)
    called: dict[str, set[str]] = defaultdict(set)
    for key, kind in places.items():
        name = names.of(key)
        kinds[owners[key][0] if key in owners else kind].add(name)
        called[names.owner_of(key).name].add(name)
    tellers = Counter(
        exporter.name if (exporter := table.exporter_of(own.get("__name__", ""))) else ITSELF
        for own in labels
    )
    unnamed = Counter(
        own.get("__name__", "") for own, subject in zip(labels, subjects, strict=True) if not subject.name
    )
    order = {kind: place for place, kind in enumerate(KINDS)}
    return Survey(
        series=len(labels),
        kinds={kind: sorted(kinds[kind]) for kind in sorted(kinds, key=lambda k: (order.get(k, 99), k))},
        tellers=dict(tellers.most_common()),
        ambiguous={name: sorted(own) for name, own in sorted(called.items()) if len(own) > 1},
        unnamed=dict(unnamed.most_common()),
    )
