"""Alerts that differ in a replica label only: an HA pair of Prometheus tells of one trouble twice.

Each of the pair evaluates the same rules and adds its external labels, the replica label among them, unless
`alert_relabel_configs` drops it (Prometheus documentation, "Alerting configuration"). What is left in is
another alert to Alertmanager, and to us; the trouble is one, and its analysis too.
"""

from collections.abc import Iterable, Mapping

from patternwatch.contracts.alerts import Alert
from patternwatch.contracts.ids import alert_fingerprint

MAX_APART_MS = 300_000
"""Of the starts of one trouble's alerts. Each replica evaluates at times of its own, once a minute by default
and rarely less than every five minutes. Databases call their own members replicas, too: one that fails later
is another trouble."""


def replica_key(labels: Mapping[str, str], replica_labels: Iterable[str]) -> str:
    """What alerts of one trouble share: the fingerprint of the other labels; empty without a replica label.

    >>> pair = [{"alertname": "Down", "prometheus_replica": name} for name in ("a", "b")]
    >>> len({replica_key(labels, ["prometheus_replica"]) for labels in pair})
    1
    >>> replica_key({"alertname": "Down"}, ["prometheus_replica"])
    ''
    """
    names = frozenset(replica_labels)
    if names.isdisjoint(labels):
        return ""
    return alert_fingerprint({name: value for name, value in labels.items() if name not in names})


def told_before(alert: Alert, others: Iterable[Alert]) -> Alert | None:
    """The alert of another replica whose analysis stands for this one's; None where this one has its own.

    others  alerts with the same `replica_key`, as they were last received

    >>> alert = Alert(
    ...     tenant="default", fingerprint="f1", status="firing", starts_at_ms=60_000, received_at_ms=60_000,
    ...     labels={"alertname": "Down", "replica": "a"},
    ... )
    >>> other = alert.model_copy(update={"fingerprint": "f2", "starts_at_ms": 75_000})
    >>> told_before(alert, [alert, other]).fingerprint
    'f2'
    >>> told_before(alert, [other.model_copy(update={"same_as": "f1"})]) is None
    True
    """
    analysed = [
        other
        for other in others
        if other.fingerprint != alert.fingerprint
        and not (other.same_as or other.not_analysed)
        and abs(other.starts_at_ms - alert.starts_at_ms) <= MAX_APART_MS
    ]
    return min(analysed, key=lambda other: (other.starts_at_ms, other.fingerprint), default=None)


def same_in_words(alert: Alert, other: Alert) -> str:
    """Why this alert starts no analysis: which other one does.

    >>> alert = Alert(
    ...     tenant="default", fingerprint="f1", status="firing", starts_at_ms=60_000, received_at_ms=60_000,
    ...     labels={"alertname": "Down", "replica": "a"},
    ... )
    >>> labels = {"alertname": "Down", "replica": "b"}
    >>> other = alert.model_copy(update={"labels": labels, "fingerprint": "f2"})
    >>> same_in_words(alert, other)
    'the same alert of another replica is analysed: f2 (replica="b")'
    """
    differing = sorted(other.labels.items() - alert.labels.items())
    told = ", ".join(f'{name}="{value}"' for name, value in differing)
    return f"the same alert of another replica is analysed: {other.fingerprint}" + (
        f" ({told})" if told else ""
    )
