"""Whether anything is felt: trouble by its meaning, as against a resource that only does more work.

A backup multiplies network and disk by a hundred and hurts nobody; a busy processor is a cause where
something fails, waits or slows down. What the user of a system feels are failures, latency and absence (the
symptoms of "Monitoring Distributed Systems" in Google's SRE book); that work waits says that a limit is
reached (saturation in Gregg's USE method), and so do a space that runs out and what is used up to its limit.
An interface, a session or a disk in another state than it was all the time is trouble too. Without any of
these nobody is called the cause, unless an alert says that just such work is trouble.
"""

import re
from collections.abc import Iterable, Sequence

import numpy as np

from patternwatch.analysis.metrics.categories import CATEGORIES, category_table, tells_a_state
from patternwatch.analysis.metrics.category_rules import COUNTED, WAITS
from patternwatch.analysis.metrics.space_left import runs_out
from patternwatch.analysis.verdict.batches import is_worked_off
from patternwatch.analysis.verdict.longer_queues import waits_no_longer
from patternwatch.analysis.verdict.more_work import comes_of_work
from patternwatch.analysis.verdict.set_states import is_set
from patternwatch.contracts.alerts import Alert
from patternwatch.contracts.findings import Finding
from patternwatch.contracts.metric_words import in_snake_case
from patternwatch.contracts.series import AGES

_MIN_SCORE = 0.5
"""Score of a finding from which it shows a symptom; judgement: an eighth of what names a cause."""
_WAITS = re.compile(WAITS)
_STILL_RUNS = re.compile(
    r"max_tx_duration|(oldest|longest|long_running)_\w*(tx|transaction|quer|statement)|(^|_)current_\w*duration"
)
"""Names of how long something has run that goes on: nobody has waited that long for an answer.

Of postgres_exporter, pg_exporter and others; the last of redis_exporter: a save, a rewrite.
"""
_UPKEEP = re.compile(
    r"compact(ion|ed|or)?s?(_|$)|(^|_)merg(e|es|ing)(?!_request)(_|$)|vacuum|defrag|scrub|reindex"
    r"|back_?up|snapshot|bgsave|(^|_)rdb_|aof_rewrite|latest_fork|log_?start_?offset"
)
"""Names of upkeep: how much of it is due, and how long it takes, nobody who asks for an answer waits for."""
_SWITCHED = re.compile(
    r"feature_?(flag|toggle)|(^|_)(toggles?|flags?_(enabled|on|state))(_|$)|(^|_)(hash|checksum|fingerprint)$"
)
"""Names of what somebody switches on and off, or of which version it is: what comes of it, others tell."""
_WORK = ("cpu", "memory", "disk", "network", "traffic")
"""Categories of which a change alone is more work, or less."""
_AT_WORK = re.compile(r"(^|_)(active|busy|running|workers?|in_?(use|flight|progress))(_|$)|load\d*$")
"""Names of saturation, and of others, that tell how many are at work: so do those that count what is done."""
_WORKING = re.compile(r"(?i)running|active|busy|executing|processing|in_?progress")
"""States of what is at work, as a label tells them: jobs by `state` (GitLab's runners, Argo, Flink)."""


def is_felt(findings: Iterable[Finding], alert: Alert | None = None) -> bool:
    """Whether a symptom is among the findings, or an alert calls what moved most trouble.

    findings  those that a report shows, the strongest first
    alert     the alert that the report is about; one whose name speaks of a resource is about that one only

    >>> from patternwatch.contracts.alerts import Alert
    >>> finding = Finding(
    ...     rank=1, series_id="s", name="cpu", labels={"__name__": "cpu_usage"}, expression="cpu_usage",
    ...     entity="cart", category="cpu", score=5.0, pattern="level_shift_up", pattern_type=1, evidence=[],
    ...     pattern_probability=0.9, direction="up", baseline=1.0, peak=9.0, points=[1.0, 9.0],
    ... )
    >>> is_felt([finding]), is_felt([finding, finding.model_copy(update={"category": "error"})])
    (False, True)
    >>> alerts = [
    ...     Alert(tenant="t", fingerprint="f", status="firing", labels={"alertname": name}, starts_at_ms=0,
    ...           received_at_ms=0)
    ...     for name in ("HostHighCpuLoad", "HostOutOfDiskSpace", "HighLatency")
    ... ]
    >>> [is_felt([finding], alert) for alert in alerts]
    [True, False, True]
    """
    shown = list(findings)
    if any(_is_symptom(one) and not _is_of_work(one, shown) for one in shown):
        return True
    if alert is None:
        return False
    about = category_table({}).category_of({"__name__": alert.name}, "")
    return about not in _WORK or any(f.category == about for f in shown[:1])


def is_work(finding: Finding, shown: Sequence[Finding] = ()) -> bool:
    """Whether a change of this series is more work, or less: what is used, and how much is done.

    shown  the findings of the report, of which some may say that it comes of more work

    >>> finding = Finding(
    ...     rank=1, series_id="s", name="rows", labels={"__name__": "rows_merged"}, expression="rows_merged",
    ...     entity="db", category="other", score=5.0, pattern="level_shift_up", pattern_type=1, evidence=[],
    ...     pattern_probability=0.9, direction="up", baseline=1.0, peak=9.0, points=[1.0, 9.0],
    ... )
    >>> is_work(finding), is_work(finding.model_copy(update={"derivation": "rate"}))
    (False, True)
    """
    name = in_snake_case(finding.labels.get("__name__", ""))
    if _STILL_RUNS.search(name):
        return True
    if is_set(finding, shown):
        return True
    if finding.is_life or CATEGORIES[finding.category].is_trouble or tells_a_state(name):
        return False
    if (_UPKEEP.search(name) or _SWITCHED.search(name)) and finding.derivation not in AGES:
        return True
    if _is_queue(finding, name) and is_worked_off(finding):
        return True
    is_done = finding.category in _WORK or finding.derivation in COUNTED
    at_work = _AT_WORK.search(name) is not None or any(
        _WORKING.fullmatch(finding.labels.get(label, "")) for label in ("state", "status", "phase")
    )
    return is_done or at_work or _is_of_work(finding, shown)


def _is_of_work(finding: Finding, shown: Sequence[Finding]) -> bool:
    """Whether more of it comes of more work that others of these tell of."""
    if _is_queue(finding, in_snake_case(finding.labels.get("__name__", ""))):
        return waits_no_longer(finding, shown)
    return is_set(finding, shown) or comes_of_work(finding, shown)


def _is_symptom(finding: Finding) -> bool:
    if finding.score < _MIN_SCORE:
        return False
    name = finding.labels.get("__name__", "")
    rose = finding.peak >= finding.baseline
    if finding.is_life:
        return finding.event != "began"
    # also where it began so: what is new is judged against what it took the place of
    if CATEGORIES[finding.category].is_trouble or tells_a_state(name):
        return True
    if finding.limit is not None or _runs_out(finding):
        return True
    if finding.category == "saturation" and finding.derivation in AGES:
        return rose
    return _waits(finding, in_snake_case(name)) if rose else finding.category == "traffic"


def _runs_out(finding: Finding) -> bool:
    name = finding.labels.get("__name__", "")
    return bool(runs_out([name], np.array([finding.baseline]), np.array([finding.peak]))[0])


def _waits(finding: Finding, name: str) -> bool:
    """Whether what rose tells of somebody who waits: for an answer, or for work to be done."""
    if _STILL_RUNS.search(name) or _UPKEEP.search(name):
        return False
    return finding.category == "latency" or (_is_queue(finding, name) and not is_worked_off(finding))


def _is_queue(finding: Finding, name: str) -> bool:
    return finding.category == "saturation" and _WAITS.search(name) is not None
