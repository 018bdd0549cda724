"""States that somebody set: an interface that is shut down on purpose is down, and nobody's fault.

Source: IF-MIB (RFC 2863): `ifAdminStatus` is the desired state of an interface, `ifOperStatus` what it is.
"""

from collections.abc import Iterable, Mapping

from patternwatch.contracts.findings import Finding
from patternwatch.contracts.metric_words import in_snake_case

_DESIRED: Mapping[str, str] = {"if_oper_status": "if_admin_status"}
"""Names in snake case: of actual states -> of those that are desired."""


def is_set(finding: Finding, shown: Iterable[Finding]) -> bool:
    """Whether a finding is a desired state, or an actual one that went where the desired one did.

    shown  the findings of the report

    >>> desired = Finding(
    ...     rank=1, series_id="s", name="port", labels={"__name__": "ifAdminStatus", "ifIndex": "3"},
    ...     expression="port", entity="switch", category="other", score=5.0, pattern="level_shift_up",
    ...     pattern_type=1, evidence=[], pattern_probability=0.9, direction="up", baseline=1.0, peak=2.0,
    ...     points=[1.0, 2.0],
    ... )
    >>> actual = desired.model_copy(update={"labels": {"__name__": "ifOperStatus", "ifIndex": "3"}})
    >>> is_set(desired, []), is_set(actual, [desired]), is_set(actual, [])
    (True, True, False)
    """
    name = _name(finding)
    if name in _DESIRED.values():
        return True
    return name in _DESIRED and any(
        _name(other) == _DESIRED[name]
        and {**other.labels, "__name__": ""} == {**finding.labels, "__name__": ""}
        and (other.baseline, other.peak) == (finding.baseline, finding.peak)
        for other in shown
    )


def _name(finding: Finding) -> str:
    return in_snake_case(finding.labels.get("__name__", ""))
