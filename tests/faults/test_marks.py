"""A mark is seen where its state was there, and only there; one that was to be expected counts."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.faults import marks
from benchmarks.faults.check import Finding
from benchmarks.faults.schedule import BY_NAME
from benchmarks.faults.verdict import EXIT_CODES, Checked
from tests.faults.test_check import SEEN

KILLED = [{"what": "killed", "process": "worker0.1", "at": 5.0}]
STOPPED = [
    {"what": "fault", "number": 0, "kind": "stop_worker", "at": 1_800_000_000.0},
    {"what": "fault_over", "number": 0, "at": 1_800_000_020.0},
]


def event(name: str, **fields: Any) -> dict[str, Any]:
    return {"event": name, "timestamp": "2027-01-15T08:00:10Z"} | fields


@pytest.mark.parametrize(
    ("mark", "logs", "without"),
    [
        (
            "handler_ran_twice",
            {n: [event("request.planned", request_id="r1")] for n in ("worker0.1", "worker1.1")},
            {"worker2.1": [event("look.asked", request_id="r1")]},
        ),
        (
            "killed_before_commit",
            {n: [event("shard.scanned", shard="r1-0")] for n in ("worker0.1", "worker1.1")},
            None,
        ),
        (
            "look_after_restart",
            {
                "worker0.1": [event("look.failed", request_id="r1")],
                "worker0.2": [event("look.asked", request_id="r1")],
            },
            None,
        ),
        ("report_was_out", {"worker0.2": [event("report.was_out", report_id="r1")]}, None),
        ("feed_resumed", {"api.2": [event("feed.connected")]}, None),
        ("disk_refused", {"api.1": [event("feed.died", reason="disk I/O error")]}, None),
        ("partitions_taken_over", {"worker1.1": [event("partitions.assigned")]}, None),
    ],
)  # fmt: skip
def test_marks_of_logs(mark: str, logs: dict[str, Any], without: dict[str, Any] | None) -> None:
    assert mark in marks.of_logs(logs, [*KILLED, *STOPPED])
    first = dict(list(logs.items())[:1])
    alone = (
        {"worker9.1": next(iter(first.values()))} if len(logs) > 1 else {"api.1": [event("feed.connected")]}
    )
    assert mark not in marks.of_logs(alone, [*KILLED, *STOPPED])
    if without is not None:
        assert mark not in marks.of_logs({**logs, **without}, KILLED)


def test_marks_of_topics() -> None:
    entries = [
        {"what": "fault", "number": 0, "kind": "kill_broker", "at": 50.0},
        {"what": "fault", "number": 1, "kind": "source_503", "at": 90.0},
        {"what": "fault_over", "number": 1, "at": 110.0},
        {"what": "poison", "topic": "requests", "partition": 1, "offset": 7, "at": 60.0},
        {"what": "acknowledged", "id": "000001", "at": 40.0},
        {"what": "refused", "id": "000002", "status": 503, "at": 41.0},
    ]
    found = marks.of_topics(entries, [SEEN], {"r1-0/0": 2}, {("requests", 1, 7)})
    assert found == {
        "api_said_503",
        "duplicate_shard_result",
        "in_flight_at_crash",
        "poison_between_good",
        "reported_while_source_down",
    }
    early = [replace(SEEN, at=45.0)]
    assert marks.of_topics(entries[:5], early, {"r1-0/0": 1}, set()) == set()


def test_events_are_read_from_logs_whatever_else_stands_there(tmp_path: Path) -> None:
    (tmp_path / "api.1.log").write_text('Traceback\n{"event": "a"}\n{"event": "cut o')
    (tmp_path / "ledger.jsonl").write_text(json.dumps({"event": "no log"}))
    assert marks.events_of(tmp_path) == {"api.1": [{"event": "a"}]}


def test_every_kind_of_fault_has_a_mark_and_there_are_ten_of_states_beside_them() -> None:
    names = [mark.name for mark in marks.MARKS]
    assert len(names) == len(set(names))
    assert set(BY_NAME) < set(names)
    assert len(set(names) - set(BY_NAME)) >= 10
    assert all(set(mark.kinds) <= set(BY_NAME) for mark in marks.MARKS)


def test_long_runs_must_reach_more_and_runs_without_a_kind_need_not_reach_its_marks() -> None:
    short, long = (marks.expected(["kill_worker"], seconds) for seconds in (60, 600))
    assert {m.name for m in short} == {"kill_worker", "duplicate_shard_result"}
    assert {m.name for m in long} > {m.name for m in short}


def test_the_verdict() -> None:
    expected = marks.expected(["kill_worker"], 60)
    reached = {mark.name for mark in expected}
    good = Checked([], 0, reached, expected)
    unknown = replace(good, reached={"kill_worker"})
    assert (good.verdict, unknown.verdict, unknown.missing) == ("pass", "unknown", ["duplicate_shard_result"])
    assert replace(unknown, findings=[Finding("lost", "000001", "")]).verdict == "fail"
    assert EXIT_CODES == {"pass": 0, "fail": 1, "unknown": 2}
