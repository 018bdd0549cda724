"""Which part of its workload a pod is by its own labels: kube-state-metrics tells them, its series do not.

Source: github.com/kubernetes/kube-state-metrics, docs/metrics/workload/pod-metrics.md and the argument
`--metric-labels-allowlist`; Kubernetes, "Recommended Labels".
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from patternwatch.analysis.identity.part_labels import KIND_OF_PART
from patternwatch.contracts.label_counts import LabelCount
from patternwatch.contracts.pod_labels import POD
from patternwatch.contracts.pod_parts import PodPart
from patternwatch.contracts.series import Labels
from patternwatch.contracts.subject import Subject

_TOLD_BY = "kube_pod_labels"
_PREFIX = "label_"
_BY_ITSELF = ("pod", "instance", "node")
"""Parts that its series name."""
MAX_PARTS = 5000


def pod_parts(labels: Sequence[Labels], subjects: Iterable[Subject]) -> list[PodPart]:
    """The parts that the series of a shard tell of, in order.

    labels    N label sets
    subjects  what each tells of, by its labels alone

    >>> own = {"__name__": "kube_pod_labels", "pod": "cart-0", "label_version": "v2", "label_team": "shop"}
    >>> [(one.pod, one.labels) for one in pod_parts([own], [Subject(name="cart", pod="cart-0")])]
    [('cart-0', {'version': 'v2'})]
    """
    found = {}
    for own, subject in zip(labels, subjects, strict=True):
        if own.get("__name__") == _TOLD_BY and subject.pod:
            parts = {
                name: value
                for label, value in sorted(own.items())
                if label.startswith(_PREFIX)
                and value
                and KIND_OF_PART.get(name := label.removeprefix(_PREFIX), "pod") not in _BY_ITSELF
            }
            if parts:
                entity = (*subject.entity.place, subject.name)
                found[entity, subject.pod] = PodPart(entity, subject.pod, parts)
    return [found[key] for key in sorted(found)][:MAX_PARTS]


def counted_by_parts(
    family: Mapping[str, LabelCount], parts: Mapping[str, Mapping[str, str]]
) -> dict[str, LabelCount]:
    """The counts of a family of an entity's series with those of its pods' labels.

    parts  the labels of each of its pods

    Only where all of its pods are known, each with as many series: then their numbers follow.

    >>> pods = {"pod": LabelCount(series=6, distinct=3, values={"c": 2})}
    >>> parts = {"a": {"version": "v1"}, "b": {"version": "v1"}, "c": {"version": "v2"}}
    >>> counted_by_parts(pods, parts)["version"]
    LabelCount(series=6, distinct=2, values={'v1': 4, 'v2': 2})
    """
    pods = next((family[label] for label in POD if label in family), None)
    if pods is None or pods.distinct != len(parts) or pods.series % pods.distinct:
        return dict(family)
    numbers: dict[str, Counter[str]] = defaultdict(Counter)
    for labels in parts.values():
        for label, value in labels.items():
            numbers[label][value] += pods.series // pods.distinct
    told = {
        label: LabelCount(series=values.total(), distinct=len(values), values=dict(sorted(values.items())))
        for label, values in sorted(numbers.items())
        if len(values) > 1
    }
    return told | dict(family)
