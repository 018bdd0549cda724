"""The calls that the series of a shard tell of, each end with its place."""

from collections.abc import Iterable, Sequence

from patternwatch.analysis.entities.call_graph import Pair
from patternwatch.analysis.entities.call_labels import Call, call_of, first_calls
from patternwatch.analysis.identity.names_in_scope import NamesInScope
from patternwatch.contracts.series import Labels
from patternwatch.contracts.subject import SEPARATOR, Key, Subject


def calls_told(
    labels: Iterable[Labels], subjects: Iterable[Subject], peer_labels: Sequence[str]
) -> list[Pair]:
    """Caller and callee of each call that these series tell of, as `first_calls` gives them.

    labels    N label sets
    subjects  what each series tells of
    peer_labels
              labels by which a service's own series name the service that it calls

    An end without a place is its name alone.

    >>> web = {"__name__": "errors", "app": "web", "peer": "cart"}
    >>> calls_told([web], [Subject("service", "app", "web")], ["peer"])
    [('web', 'cart')]
    """
    found = set()
    for own, subject in zip(labels, subjects, strict=True):
        call = call_of(own, subject.name, peer_labels)
        if call and call.caller and call.callee:
            found.add(_ends(call, subject))
    return first_calls([found])


def calls_in_scope(pairs: Iterable[Pair], names: NamesInScope) -> list[Pair]:
    r"""The same calls with each end as the report calls it.

    >>> names = NamesInScope([Key("", "", "a", "cart"), Key("", "", "b", "cart")])
    >>> calls_in_scope([("web", "\t\tb\tcart")], names)
    [('web', 'b/cart')]
    """
    return [(_called(caller, names), _called(callee, names)) for caller, callee in pairs]


def _ends(call: Call, subject: Subject) -> Pair:
    namespaces = (call.caller_namespace or subject.namespace, call.callee_namespace or subject.namespace)
    caller, callee = (
        _token(Key(subject.tenant, subject.cluster, namespace, name))
        for namespace, name in zip(namespaces, (call.caller, call.callee), strict=True)
    )
    return caller, callee


def _token(key: Key) -> str:
    return SEPARATOR.join((*key.place, key.name)) if any(key.place) else key.name


def _called(token: str, names: NamesInScope) -> str:
    if token.count(SEPARATOR) < 3:  # a name without a place
        return names.called(token, Key("", "", "", token))
    tenant, cluster, namespace, name = token.split(SEPARATOR, 3)
    return names.called(name, Key(tenant, cluster, namespace, name))
