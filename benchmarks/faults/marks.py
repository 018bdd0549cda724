"""The marks: states that a fault is there for, each seen in logs, topics or the ledger, or not.

A run whose faults reached none of them proves nothing, however clean it ended: a mark that was to be expected
and was not seen makes the verdict `unknown`. The idea is that of Antithesis' "sometimes assertions".
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from benchmarks.faults.check import Seen, fault_times
from benchmarks.faults.ledger import Entry
from benchmarks.faults.schedule import BY_NAME

LONG_RUN_S = 170.0
"""A failed analysis is tried again after a minute: a shorter run need not see it."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A state, and the kinds of faults of which any may bring it about.

    long_run  whether it is to be expected in long runs only
    """

    name: str
    text: str
    kinds: tuple[str, ...]
    long_run: bool = False


MARKS: tuple[Mark, ...] = (
    *(Mark(kind, "a fault of this kind reached what it was to hit", (kind,)) for kind in BY_NAME),
    Mark(
        "handler_ran_twice",
        "a request was planned by two processes, without being asked for again",
        ("kill_worker", "stop_worker", "kill_in_rebalance"),
        True,
    ),
    Mark(
        "killed_before_commit",
        "a killed worker had sent a shard's result, and another worker did the shard again",
        ("kill_worker", "kill_in_rebalance"),
        True,
    ),
    Mark(
        "duplicate_shard_result",
        "the result of a shard was published twice",
        ("kill_worker", "stop_worker", "lose_commit_answers", "kill_in_rebalance"),
    ),
    Mark("report_was_out", "a worker found a report out of which no state told", ("kill_after_report",)),
    Mark("look_after_restart", "a worker asked again for what failed in another", ("source_503",), True),
    Mark("feed_resumed", "a second API process went on from stored offsets", ("kill_api",)),
    Mark(
        "poison_between_good", "an unreadable request is a dead letter, a later one is reported", ("poison",)
    ),
    Mark(
        "reported_while_source_down",
        "a report came out while the source failed",
        ("source_503", "source_429", "source_slow"),
        True,
    ),
    Mark("partitions_taken_over", "others got the partitions of a stopped worker", ("stop_worker",)),
    Mark("api_said_503", "an attempt was refused while Kafka was away", ("kill_broker", "stop_broker"), True),
    Mark("disk_refused", "the read model could not write", ("full_disk",)),
    Mark(
        "sent_again",
        "records that were not confirmed were sent a second time",
        ("lose_produce_answers", "stop_broker", "kill_broker"),
    ),
    Mark("in_flight_at_crash", "the broker was killed with requests under way", ("kill_broker",)),
)


def expected(kinds: Iterable[str], length_s: float) -> list[Mark]:
    """The marks that a run with faults of these kinds must reach."""
    there = set(kinds)
    return [m for m in MARKS if there & set(m.kinds) and (length_s >= LONG_RUN_S or not m.long_run)]


def events_of(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """The events that each process logged, by the name of its log; other lines are left out."""
    return {path.stem: list(_events(path)) for path in sorted(folder.glob("*.log"))}


def _events(path: Path) -> Iterator[dict[str, Any]]:
    for line in path.read_text(errors="replace").splitlines():
        if line.startswith("{"):
            try:
                yield json.loads(line)
            except json.JSONDecodeError:
                continue  # cut off by a kill


def of_logs(logs: Mapping[str, Sequence[dict[str, Any]]], entries: Sequence[Entry]) -> set[str]:
    """The marks that the logs tell of."""
    killed = {e["process"] for e in entries if e["what"] == "killed"}
    by_event: defaultdict[str, list[tuple[str, dict[str, Any]]]] = defaultdict(list)
    for process, events in logs.items():
        for event in events:
            by_event[str(event.get("event"))].append((process, event))
    asked = {event["request_id"]: process for process, event in by_event["look.asked"]}
    planned = _processes(by_event["request.planned"], "request_id")
    scanned = _processes(by_event["shard.scanned"], "shard")
    found = {
        "handler_ran_twice": any(len(of) > 1 and key not in asked for key, of in planned.items()),
        "killed_before_commit": any(len(of) > 1 and of & killed for of in scanned.values()),
        "look_after_restart": any(
            asked.get(event["request_id"], process) != process for process, event in by_event["look.failed"]
        ),
        "report_was_out": bool(by_event["report.was_out"]),
        "feed_resumed": any(not process.endswith(".1") for process, _ in by_event["feed.connected"]),
        "disk_refused": any(
            "disk" in str(event.get("reason", "")) + str(event.get("exception", ""))
            for name in ("feed.died", "request.failed", "http.fault", "database.failed")
            for _, event in by_event[name]
        ),
        "partitions_taken_over": any(
            begin <= _seconds(event) <= end
            for _, event in by_event["partitions.assigned"]
            for begin, end in fault_times(entries, "stop_worker")
        ),
    }
    return {name for name, is_there in found.items() if is_there}


def _seconds(event: Mapping[str, Any]) -> float:
    return datetime.fromisoformat(event["timestamp"]).timestamp()


def _processes(events: Iterable[tuple[str, dict[str, Any]]], key: str) -> dict[str, set[str]]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for process, event in events:
        found[str(event.get(key))].add(process)
    return found


def of_topics(
    entries: Sequence[Entry],
    published: Sequence[Seen],
    results: Mapping[str, int],
    dead_letters: set[tuple[str, int, int]],
) -> set[str]:
    """The marks that topics and ledger tell of."""
    failing = fault_times(entries, "source_")
    poison = [e for e in entries if e["what"] == "poison" and e["topic"] == "requests"]
    set_aside = [e["at"] for e in poison if (e["topic"], e["partition"], e["offset"]) in dead_letters]
    first = {seen.attempt: seen.at for seen in reversed(published)}
    promised = [(e["at"], first.get(e["id"], float("inf"))) for e in entries if e["what"] == "acknowledged"]
    kills = [begin for begin, _ in fault_times(entries, "kill_broker")]
    found = {
        "duplicate_shard_result": any(n > 1 for n in results.values()),
        "reported_while_source_down": any(b <= seen.at <= e for seen in published for b, e in failing),
        "poison_between_good": any(seen.at > at for at in set_aside for seen in published),
        "api_said_503": any(e["what"] == "refused" and e["status"] == 503 for e in entries),
        "in_flight_at_crash": any(at <= kill < reported for kill in kills for at, reported in promised),
    }
    return {name for name, is_there in found.items() if is_there}
