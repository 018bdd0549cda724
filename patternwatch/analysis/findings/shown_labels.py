"""Which labels of each series a reader needs: what it measures and which part of its entity it is.

Most labels of a series say who scraped whom: of a pod that kube-state-metrics tells of, the container, port
and service are kube-state-metrics'. The subject knows which of them are its own.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence, Set

from patternwatch.analysis.identity import label_names
from patternwatch.analysis.identity.part_labels import KIND_OF_PART, explaining, explains
from patternwatch.contracts.findings import Finding

_PLACE = frozenset((*label_names.TENANT, *label_names.CLUSTER, *label_names.NAMESPACE))
_LAST = frozenset((*label_names.POD, *label_names.CONTAINER, *label_names.INSTANCE, *label_names.NODE))
"""What names the scraped one says less than what the metric says of itself."""
_OF_A_VERSION = frozenset(("image", *(name for name, kind in KIND_OF_PART.items() if kind == "version")))
"""What is worth showing where the entity runs two of it."""
_QUANTILE = "quantile"


def with_shown_labels(findings: Sequence[Finding]) -> list[Finding]:
    """The findings of a report, each with the names of its labels that a reader needs, the metric's first.

    Left out is what all have in common, what repeats the entity, and what belongs to the scrape; but two
    findings that a label tells apart are shown with one that does.

    >>> from patternwatch.contracts.subject import Subject
    >>> def ready(pod: str, **more: str) -> Finding:
    ...     teller = {"job": "ksm", "container": "kube-state-metrics", "endpoint": "http"}
    ...     return Finding(
    ...         rank=1, series_id=pod, name="kube_pod_status_ready", labels={"pod": pod} | teller | more,
    ...         expression="", entity="cart", subject=Subject(name="cart", pod=pod), category="health",
    ...         score=5.0, pattern="level_shift_down", pattern_type=1, evidence=[], pattern_probability=0.9,
    ...         direction="down", baseline=1.0, peak=0.0, points=[1.0],
    ...     )
    >>> three = ready("cart-0", condition="true"), ready("cart-1"), ready("cart-1", endpoint="https")
    >>> [finding.shown_labels for finding in with_shown_labels(three)]
    [('condition', 'pod'), ('pod', 'endpoint'), ('pod', 'endpoint')]
    """
    varying = _varying(findings)
    versions = {name: _by_entity(findings, name) for name in varying & _OF_A_VERSION}
    shown = [
        _telling(f, varying - {name for name, of in versions.items() if len(of[f.entity]) == 1})
        for f in findings
    ]
    alike: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for i, finding in enumerate(findings):
        row = (f"{name}={finding.labels[name]}" for name in shown[i])
        alike[finding.name, finding.entity, *row].append(i)
    for rows in (rows for rows in alike.values() if len(rows) > 1):
        for name in _telling_apart([findings[i] for i in rows]):
            for i in rows:
                shown[i] += [name] if name in findings[i].labels else []
    return [
        finding.model_copy(update={"shown_labels": tuple(names)})
        for finding, names in zip(findings, shown, strict=True)
    ]


def _varying(findings: Sequence[Finding]) -> set[str]:
    """The labels in which findings differ, all of a lone one; places where entities of one name do.

    What several metrics have, and all alike, differs only in being there at all.
    """
    values, metrics, bearing = (
        defaultdict[str, set[str]](set),
        defaultdict[str, set[str]](set),
        Counter[str](),
    )
    for finding in findings:
        metric = finding.labels.get("__name__", "")
        for name, value in finding.labels.items():
            values[name].add(value)
            metrics[name].add(metric)
        bearing.update(finding.labels.keys())
    names = values.keys() - {"__name__"} - _PLACE
    if len(findings) == 1:
        return names
    varying = {
        name
        for name in names
        if len(values[name]) > 1 or (len(metrics[name]) == 1 and bearing[name] < len(findings))
    }
    for name in _PLACE & {name for name, of in values.items() if len(of) > 1}:
        if any(len(of) > 1 for of in _by_entity(findings, name).values()):
            varying.add(name)
    return varying


def _by_entity(findings: Sequence[Finding], label: str) -> dict[str, set[str]]:
    """Entity -> the values of a label that say something."""
    values = defaultdict(set)
    for finding in findings:
        if label in finding.labels and explains(label, finding.labels):
            values[finding.entity].add(finding.labels[label])
    return values


def _telling(finding: Finding, varying: Set[str]) -> list[str]:
    """Those of the varying labels that are the metric's own, or name a part of what it tells of."""
    labels, subject = finding.labels, finding.subject
    own = set(labels)
    if subject.name:  # else nothing is known of who tells
        own = {name for name, _ in explaining(labels, subject)} | {_QUANTILE} & set(labels)
        if subject.pod:  # says more than its address, and where it runs is told beside it
            own -= {*label_names.INSTANCE, *label_names.NODE}
        if "endpoint" in labels:  # service and endpoint are of the scrape, by Prometheus' operator
            own.discard("service")
    known = {finding.entity, subject.namespace if varying.isdisjoint(_PLACE) else ""}
    told = (n for n in own & varying if labels[n] not in known and not _is_host_of(finding.entity, labels[n]))
    return sorted(told, key=lambda name: (name in _LAST, name))


def _is_host_of(entity: str, value: str) -> bool:
    """Whether the value is the entity's name within a cluster: `cart.shop.svc.cluster.local`."""
    return value.startswith(f"{entity}.") and ".svc" in value


def _telling_apart(findings: Sequence[Finding]) -> list[str]:
    """As few and short labels as tell these from each other, pods first, as far as labels do."""

    def length(name: str) -> tuple[bool, bool, int, str]:
        letters = sum(len(finding.labels.get(name, "")) for finding in findings)
        return name not in label_names.POD, name not in _LAST, letters, name

    names = sorted(_varying(findings), key=length)
    chosen: list[str] = []
    while names and (number := _number(findings, chosen)) < len(findings):
        best = max(names, key=lambda name: _number(findings, [*chosen, name]))
        if _number(findings, [*chosen, best]) == number:
            break
        chosen.append(best)
    return chosen


def _number(findings: Sequence[Finding], names: Sequence[str]) -> int:
    """How many of these are told apart by such labels."""
    return len({tuple(finding.labels.get(name) for name in names) for finding in findings})
