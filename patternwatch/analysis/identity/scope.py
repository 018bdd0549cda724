"""The entities of a request: what all of its shards know of whose a series is."""

from collections.abc import Iterable
from dataclasses import replace

from patternwatch.analysis.call_labels import call_of
from patternwatch.analysis.entities import Entity
from patternwatch.analysis.identity.census import kinds_of, more_telling
from patternwatch.analysis.identity.names_in_scope import NamesInScope
from patternwatch.analysis.identity.subject_reader import subject_reader
from patternwatch.contracts.messages import ShardResult
from patternwatch.contracts.series import Labels
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.contracts.subject import Subject


class Scope:
    """Names the entity of any series of a request.

    results  of the request's shards, in any order

    >>> results = []
    >>> Scope(results, AnalysisSettings()).entity_of({"__name__": "up", "service": "cart"}).name
    'cart'
    """

    def __init__(self, results: Iterable[ShardResult], settings: AnalysisSettings) -> None:
        self._reader = subject_reader(settings)
        self._peer_labels = settings.peer_labels
        kinds = kinds_of(r.census for r in results)
        self.names = NamesInScope(kinds)
        self._kinds: dict[str, str] = {}
        for key, kind in kinds.items():
            name = self.names.of(key)
            self._kinds[name] = more_telling(self._kinds.get(name), kind)

    def kind_of(self, name: str) -> str:
        """What the entity of this name is; empty where nothing tells."""
        return self._kinds.get(name, "")

    def subject_of(self, labels: Labels) -> Subject:
        """What a series tells of."""
        return self._reader.of(labels)

    def entity_of(self, labels: Labels) -> Entity:
        """The entity of a series, under the name that it bears in this scope."""
        return self.entity(self.subject_of(labels))

    def caller_of(self, labels: Labels) -> str:
        """Who calls, of a series about calls to its own entity; else empty."""
        subject = self.subject_of(labels)
        call = call_of(labels, subject.name, self._peer_labels)
        if call is None or call.callee != subject.name or not call.caller:
            return ""
        near = replace(subject.entity, namespace=call.caller_namespace or subject.namespace)
        return self.names.called(call.caller, near)

    def entity(self, subject: Subject) -> Entity:
        """The entity that a subject is or belongs to."""
        name = self.names.of(subject.entity)
        return Entity(
            name,
            subject.label,
            self._kinds.get(name, subject.kind),
            subject.tenant,
            subject.cluster,
            subject.namespace,
        )
