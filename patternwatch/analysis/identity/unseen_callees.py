"""Calls to somebody who has no series here: a bank's API, a database that nobody scrapes, a proxy's upstream.

What such a callee suffers, only its callers can tell: it is the entity of their series about these calls, as
it is where a mesh tells of them (`call_labels`), and `call_graph` decides whose the trouble is. The caller
keeps them where what it asks of others that are seen is changed as well: then it may be the caller's network.
Of a callee that is seen the calls stay the caller's, with its name beside them (`blamed_callees`).
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from patternwatch.analysis.identity.scope import Scope
from patternwatch.contracts.series import Labels
from patternwatch.contracts.subject import Subject

_OF_CALLEE = frozenset(("error", "availability", "latency", "health", "saturation"))
"""Categories by which calls tell how the callee is; how much is asked, and its cost, are the caller's."""


def with_unseen_callees(
    labels: Sequence[Labels], categories: Sequence[str], subjects: Sequence[Subject], scope: Scope
) -> tuple[list[Subject], list[str], list[str]]:
    """What each of N changed series tells of, and who calls where it is about calls to that, else empty.

    The third is who is called where it is about calls of what it tells of, else empty.

    labels      of the series
    categories  the metric category of each: only some are about the callee
    subjects    what each tells of by its labels, and by what all series say of owners
    scope       names the entities, and knows which of them have series

    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> scope = Scope([], AnalysisSettings())
    >>> errors = {"__name__": "client_errors_total", "service": "cart", "peer": "https://bank.example/pay"}
    >>> subjects, callers, _ = with_unseen_callees([errors], ["error"], [scope.subject_of(errors)], scope)
    >>> subjects[0].name, callers
    ('bank.example', ['cart'])
    """
    told, callers = list(subjects), [scope.caller_of(own) for own in labels]
    called = [""] * len(told)
    calls: dict[int, tuple[str, str]] = {}
    asked: defaultdict[str, set[str]] = defaultdict(set)
    for i, (own, category, subject) in enumerate(zip(labels, categories, subjects, strict=True)):
        callee, label = scope.callee_of(own, subject)
        if callee and category in _OF_CALLEE:
            asked[scope.entity(subject).name].add(callee)
            calls[i] = callee, label
    here = {subject.name for subject in subjects}
    seen = {c for callees in asked.values() for c in callees if c in here or scope.has_series_of(c)}
    unseen = set().union(*(callees for callees in asked.values() if callees.isdisjoint(seen)))
    for i, (callee, label) in calls.items():
        if callee in unseen:
            callers[i] = scope.entity(subjects[i]).name
            told[i] = replace(
                Subject("service", label, callee), tenant=subjects[i].tenant, cluster=subjects[i].cluster
            )
        elif callee in seen:
            called[i] = scope.names.called(callee, subjects[i].entity)
    return told, callers, called
