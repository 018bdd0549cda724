"""How urgent an alert is, so that lists show first what must be looked at first."""

from patternwatch.contracts.alerts import Alert

_RANKS: dict[str, int] = {
    # Someone is woken.
    "page": 0,  # Prometheus documentation, "Alerting rules"; SRE workbook, chapter 5
    "critical": 0,  # kubernetes-mixin, OpenShift's alerting guidelines, PagerDuty's event format
    "emergency": 0,  # RFC 5424, severity 0
    "fatal": 0,  # OpenTelemetry, "Severity fields"
    "disaster": 0,  # Zabbix, "Trigger severity"
    "p1": 0,  # Opsgenie, "Alert priority"
    "s1": 0,  # GitLab's runbooks
    "sev1": 0,  # Atlassian's incident severity levels
    # Someone must act today.
    "error": 1,  # PagerDuty's event format, RFC 5424
    "high": 1,  # Grafana IRM, Zabbix
    "major": 1,  # ITU-T X.733, perceived severity
    "p2": 1,
    "s2": 1,
    "sev2": 1,
    # Someone looks at it in working hours.
    "warning": 3,  # kubernetes-mixin, OpenShift, PagerDuty, RFC 5424, Zabbix
    "warn": 3,
    "ticket": 3,  # SRE workbook, chapter 5
    "average": 3,  # Zabbix
    "medium": 3,
    "minor": 3,  # ITU-T X.733
    "p3": 3,
    "s3": 3,
    "sev3": 3,
    # Nobody need act.
    "notice": 4,  # RFC 5424
    "low": 4,
    "info": 4,  # kubernetes-mixin, OpenShift, PagerDuty
    "information": 4,  # Zabbix
    "informational": 4,  # RFC 5424
    "debug": 4,
    "none": 4,  # kube-prometheus: Watchdog, InfoInhibitor
    "p4": 4,
    "p5": 4,
    "s4": 4,
}
_UNKNOWN = 2
"""A word of somebody's own, or none: it may wake someone, so it does not stand below warnings."""
RESOLVED = 9
"""Whatever has resolved stands below whatever fires; among the resolved ones the time alone counts."""


def urgency(alert: Alert) -> int:
    """Ascending: firing alerts by their label `severity`, then the resolved ones.

    >>> fired = {"tenant": "a", "fingerprint": "f", "status": "firing", "starts_at_ms": 1}
    >>> labels = [{"severity": word} for word in ("Critical", "ours", "info")]
    >>> [urgency(Alert(**fired, received_at_ms=2, labels=each)) for each in labels]
    [0, 2, 4]
    """
    if alert.status == "resolved":
        return RESOLVED
    return _RANKS.get(alert.labels.get("severity", "").strip().lower(), _UNKNOWN)
