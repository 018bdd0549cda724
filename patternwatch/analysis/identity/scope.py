"""The entities of a request: what all of its shards know of whose a series is."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from patternwatch.analysis.entities.call_labels import call_of
from patternwatch.analysis.entities.entities import Entity
from patternwatch.analysis.identity.apart import NO_WORKLOAD, POD, Apart
from patternwatch.analysis.identity.census import kinds_of, more_telling
from patternwatch.analysis.identity.label_names import TAGS
from patternwatch.analysis.identity.named import without_scheme
from patternwatch.analysis.identity.names_in_scope import NamesInScope
from patternwatch.analysis.identity.owners_in_scope import Owned, owners_in_scope
from patternwatch.analysis.identity.readings import Readings
from patternwatch.analysis.identity.scrape_series import OTHER, says_of
from patternwatch.analysis.identity.scraped_hosts import scraped_hosts
from patternwatch.analysis.identity.subject_reader import subject_reader
from patternwatch.analysis.identity.tellers import tellers_of
from patternwatch.contracts.pod_labels import POD as POD_LABELS
from patternwatch.contracts.series import Labels
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.contracts.shard_results import ShardResult
from patternwatch.contracts.subject import Key, Subject

_POD_LABELS = frozenset(POD_LABELS)


class Scope:
    """Names the entity of any series of a request.

    results  of the request's shards, in any order

    >>> scope = Scope([], AnalysisSettings())
    >>> scope.entity(scope.subject_of({"__name__": "up", "service": "cart"})).name
    'cart'
    """

    def __init__(self, results: Iterable[ShardResult], settings: AnalysisSettings) -> None:
        self._reader = subject_reader(settings)
        self._peer_labels = settings.peer_labels
        good = list(results)
        kinds = kinds_of(r.census for r in good)
        pods_wanted = not _POD_LABELS.isdisjoint(settings.entity_labels)  # and not what owns them
        self._owners = {} if pods_wanted else owners_in_scope(link for r in good for link in r.owners)
        self._tellers = tellers_of([one for r in good for one in r.coverage], [r.untold for r in good])
        self._places = kinds
        self._hosts = scraped_hosts((r.lives for r in good), kinds)
        self.names = NamesInScope([*kinds, *(key for _, key in self._owners.values())], self._owners)
        self._kinds: dict[str, str] = {}
        for key, kind in kinds.items():
            name = self.names.of(key)
            self._kinds[name] = more_telling(self._kinds.get(name), kind)
        # What a series says outright goes before what names were read as.
        self._kinds |= {self.names.of(key): kind for kind, key in sorted(self._owners.values(), key=str)}

    def kind_of(self, name: str) -> str:
        """What the entity of this name is; empty where nothing tells."""
        return self._kinds.get(name, "")

    def read(self, labels: Sequence[Labels]) -> Readings:
        """What series tell by their labels alone, as a scan reads them."""
        return self._reader.read(labels)

    def subject_of(self, labels: Labels) -> Subject:
        """What a series tells of, with what all series say about owners and nodes."""
        subject = self._reader.of(labels)
        changes = {}
        if subject.node:
            at = Key(subject.tenant, subject.cluster, "", subject.node)
            changes["node"] = self.names.owner_of(at).name
        scraped = subject.tenant, subject.cluster, labels.get("job", ""), subject.instance
        if scraped in self._hosts and says_of(labels.get("__name__", "")) != OTHER:
            node = self._hosts[scraped].name
            return replace(subject, kind="node", name=node, namespace="", node=node, instance="")
        owned = self._owned(subject)
        label = self._tellers.get(subject.entity, "")
        if told := labels.get(label, ""):
            is_itself = label in TAGS
            changes |= {
                "kind": "service" if is_itself else "target",
                "label": label,
                "name": without_scheme(told),
            }
            changes |= {} if is_itself else {"instance": ""}
        elif owned:
            kind, key = owned
            changes |= {"kind": kind, "name": key.name}
        return replace(subject, **changes) if changes else subject

    def _owned(self, subject: Subject) -> Owned | None:
        """What it belongs to by other series: its pod, where no label names the workload, else itself."""
        by_pod = None
        if subject.pod and subject.kind in NO_WORKLOAD:
            by_pod = self._owners.get(Key(*subject.entity.place, subject.pod))
        return by_pod or self._owners.get(subject.entity)

    def host_scraped(self, key: Key, job: str, instance: str) -> str:
        """What the node is called of which this job mostly tells by this instance; else empty."""
        host = self._hosts.get((key.tenant, key.cluster, job, instance))
        return self.names.of(host) if host else ""

    def may_be_owned(self, key: Key) -> bool:
        """Whether replicas that their labels alone place at `key` may belong to others by other series."""
        return bool(self._owners) and self._places.get(key) in NO_WORKLOAD

    def name_of_replica(self, key: Key, replica: str) -> str:
        """What the entity is called that a replica belongs to which its labels alone place at `key`."""
        pod = Key(*key.place, replica)
        return self.names.of(pod if pod in self._owners and self.may_be_owned(key) else key)

    def target_of(self, key: Key, apart: Apart) -> str:
        """What the entity is called that the teller `key` tells of by these series; empty for its own."""
        label, value = apart
        if not label or self._tellers.get(key) != label:
            return ""
        return self.names.of(Key(*key.place, without_scheme(value)))

    def name_apart(self, key: Key, apart: Apart) -> str:
        """What the entity is called of series that their labels alone place at `key`."""
        label, value = apart
        return (
            self.name_of_replica(key, value)
            if label == POD
            else self.target_of(key, apart) or self.names.of(key)
        )

    def caller_of(self, labels: Labels) -> str:
        """Who calls, of a series about calls to its own entity that others tell of; else empty."""
        subject = self.subject_of(labels)
        call = call_of(labels, subject.name, self._peer_labels)
        if call is None or call.by_callee or call.callee != subject.name or not call.caller:
            return ""
        near = replace(subject.entity, namespace=call.caller_namespace or subject.namespace)
        return self.names.called(call.caller, near)

    def callee_of(self, labels: Labels, subject: Subject) -> tuple[str, str]:
        """Whom the subject of a series calls, where it is about its calls, and the label that says so."""
        call = call_of(labels, subject.name, self._peer_labels)
        return (call.callee, call.peer) if call and call.peer and call.caller == subject.name else ("", "")

    def has_series_of(self, name: str) -> bool:
        """Whether any series of the request, changed or not, tells of an entity of this name."""
        return self.names.holds(name)

    def entity(self, subject: Subject) -> Entity:
        """The entity that a subject is or belongs to, under the name that it bears in this scope."""
        name = self.names.of(subject.entity)
        return Entity(
            name,
            subject.label,
            self._kinds.get(name, subject.kind),
            subject.tenant,
            subject.cluster,
            subject.namespace,
        )
