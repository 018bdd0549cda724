"""The check: the ledger against what came of it. Pure, so that it can be shown to catch what it should.

lost         acknowledged, and no report that can be read, or an alert that leads to none
unexpected   a report that can be read of what nobody attempted
duplicates   two reports of one attempt or of alerts of one trouble, a revision that went backwards,
             one revision with two contents
wrong        counts or first entity differ from those of the same case without faults
never_whole  a report that is partial or failed long after everything has healed: nobody tried again
poison_lost  unreadable records that an agent should have set aside, and that are no dead letters
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from benchmarks.faults.ledger import Entry

FAILED_BY_SOURCE_S = 120.0
"""So long after a fault of the source ended, a report may still tell of it: waits, deadline and retries."""


class Content(NamedTuple):
    """What a report says that must not depend on faults."""

    selected: int
    analysed: int
    flagged: int
    entity: str


@dataclass(frozen=True, slots=True)
class Seen:
    """A report as it was seen: on its topic, or by the API.

    attempt  whose it is, by the cluster that it is about; empty where it names none
    case     which series it is about
    order    grows with time within one report: offsets, or the number of the look at the API
    at       when it was seen, in seconds since 1970
    """

    attempt: str
    case: int
    report_id: str
    revision: int
    status: str
    content: Content
    order: int
    at: float


class ShownAlert(NamedTuple):
    """An alert at the API: whose it is, its number there (0 the first), and the id of its report, if any."""

    attempt: str
    number: int
    report_id: str | None


@dataclass(frozen=True, slots=True)
class Finding:
    """One breach of what is promised."""

    kind: str
    attempt: str
    what: str


def lost(entries: Iterable[Entry], visible: Iterable[Seen]) -> list[Finding]:
    """Attempts that were acknowledged and have no report."""
    there = {seen.attempt for seen in visible}
    promised = {e["id"]: e for e in entries if e["what"] == "acknowledged"}
    return [
        Finding("lost", a, f"acknowledged at {e['at']:.1f}") for a, e in promised.items() if a not in there
    ]


def alerts_lost(entries: Iterable[Entry], shown: Iterable[ShownAlert]) -> list[Finding]:
    """Alerts that were acknowledged and lead to no report, or are not there at all."""
    leads = {(alert.attempt, alert.number) for alert in shown if alert.report_id is not None}
    return [
        Finding("lost", attempt, f"alert {number} leads to no report")
        for attempt, number in sorted(promised_alerts(entries) - leads)
    ]


def promised_alerts(entries: Iterable[Entry]) -> set[tuple[str, int]]:
    """Attempt and number of every alert that was acknowledged."""
    return {
        (e["id"], e.get("number", 0))
        for e in entries
        if e["what"] == "alert_acknowledged" or (e["what"] == "acknowledged" and e.get("way") == "webhook")
    }


def alerts_apart(shown: Iterable[ShownAlert]) -> list[Finding]:
    """Alerts of one trouble that lead to more than one report."""
    led = ((alert.attempt, alert.report_id) for alert in shown if alert.report_id is not None)
    return [
        Finding("duplicates", attempt, f"its alerts lead to {ids}") for attempt, ids in _several_reports(led)
    ]


def unexpected(entries: Iterable[Entry], visible: Iterable[Seen]) -> list[Finding]:
    """Reports of what was not attempted."""
    attempted = {e["id"] for e in entries if e["what"] == "attempt"}
    return [
        Finding("unexpected", seen.attempt, f"report {seen.report_id}")
        for seen in visible
        if seen.attempt not in attempted
    ]


def duplicates(published: Iterable[Seen], looked_at: Iterable[Seen]) -> list[Finding]:
    """What a reader sees twice, or the wrong way round.

    published  every record of the topic: a revision may come again after a crash, with the same content
    looked_at  what the API showed at each look, one after the other
    """
    several = _several_reports((seen.attempt, seen.report_id) for seen in looked_at)
    found = [Finding("duplicates", attempt, f"reports {ids} of one attempt") for attempt, ids in several]
    for source, where in ((published, "on the topic"), (looked_at, "at the API")):
        by_report: defaultdict[str, list[Seen]] = defaultdict(list)
        for seen in source:
            by_report[seen.report_id].append(seen)
        for each in by_report.values():
            found += _backwards(sorted(each, key=lambda s: s.order), where)
    return found


def _several_reports(pairs: Iterable[tuple[str, str]]) -> Iterable[tuple[str, list[str]]]:
    """The attempts with more than one report, with these, of pairs of an attempt and a report's id."""
    reports: defaultdict[str, set[str]] = defaultdict(set)
    for attempt, report_id in pairs:
        reports[attempt].add(report_id)
    return [(attempt, sorted(ids)) for attempt, ids in reports.items() if len(ids) > 1]


def _backwards(ordered: Sequence[Seen], where: str) -> Iterable[Finding]:
    contents: dict[int, Seen] = {}
    highest = -1
    for seen in ordered:
        if seen.revision < highest:
            yield Finding("duplicates", seen.attempt, f"revision {seen.revision} after {highest} {where}")
        highest = max(highest, seen.revision)
        same = contents.setdefault(seen.revision, seen)
        if (same.status, same.content) != (seen.status, seen.content):
            yield Finding("duplicates", seen.attempt, f"revision {seen.revision} with two contents {where}")


def wrong(
    visible: Iterable[Seen], truth: Mapping[int, Content], excused: Sequence[tuple[float, float]]
) -> tuple[list[Finding], int]:
    """Reports that say something else than without faults; and how many say themselves that they are partial.

    truth    what the report of each case says without faults
    excused  when the source failed: a report that is partial or failed, and was seen then or soon after, says
             so by right
    """
    found, told = [], 0
    for seen in visible:
        if seen.status == "complete":
            if seen.content != truth[seen.case]:
                found.append(Finding("wrong", seen.attempt, f"{seen.content} instead of {truth[seen.case]}"))
        elif any(begin <= seen.at <= end + FAILED_BY_SOURCE_S for begin, end in excused):
            told += 1
        else:
            found.append(Finding("wrong", seen.attempt, f"{seen.status} without a fault of the source"))
    return found, told


def never_whole(entries: Iterable[Entry], visible: Iterable[Seen]) -> list[Finding]:
    """Acknowledged attempts whose report is not complete; to be asked once all tries should be over."""
    promised = {e["id"] for e in entries if e["what"] == "acknowledged"}
    return [
        Finding("never_whole", seen.attempt, f"{seen.status} at revision {seen.revision}")
        for seen in visible
        if seen.attempt in promised and seen.status != "complete"
    ]


def poison_lost(
    entries: Iterable[Entry], dead_letters: Iterable[tuple[str, int, int]], consumed: Iterable[str]
) -> list[Finding]:
    """Unreadable records on consumed topics that are no dead letters (topic, partition, offset)."""
    there, topics = set(dead_letters), set(consumed)
    return [
        Finding("poison_lost", "", f"{e['topic']} partition {e['partition']} offset {e['offset']}")
        for e in entries
        if e["what"] == "poison"
        and e["topic"] in topics
        and (e["topic"], e["partition"], e["offset"]) not in there
    ]


def waits_s(entries: Iterable[Entry], published: Iterable[Seen], healed_at: float) -> list[float]:
    """How long each acknowledged attempt waited for its first report, from the heal on.

    Of those that had none when everything healed, or that were acknowledged later.
    """
    first: dict[str, float] = {}
    for seen in published:
        first[seen.attempt] = min(seen.at, first.get(seen.attempt, seen.at))
    return [
        max(first[e["id"]] - max(healed_at, e["at"]), 0.0)
        for e in entries
        if e["what"] == "acknowledged" and first.get(e["id"], 0.0) >= healed_at
    ]


def fault_times(entries: Iterable[Entry], prefix: str) -> list[tuple[float, float]]:
    """When faults of these kinds lasted, in seconds since 1970; one without an end lasts for ever."""
    begun: dict[int, float] = {}
    times = []
    for entry in entries:
        if entry["what"] == "fault" and entry["kind"].startswith(prefix):
            begun[entry["number"]] = entry["at"]
        elif entry["what"] == "fault_over" and entry["number"] in begun:
            times.append((begun.pop(entry["number"]), entry["at"]))
    return [*times, *((at, float("inf")) for at in begun.values())]
