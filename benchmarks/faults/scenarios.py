"""The bugs that the lab found and what is promised, each with its tests: `make fault-NAME`.

A run of the lab finds a bug by chance of timing; a scenario shows it each time. docs/faults.md tells of them.
"""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]

SCENARIOS: Mapping[str, str] = {
    "followers": (
        "tests/streams/test_worker_on_kafka.py::test_of_two_workers_each_look_and_each_watch_has_one_owner"
    ),
    "late-parts": (
        "tests/streams/agents/looks/test_looker.py::test_parts_that_came_too_late_to_revise_a_report_are_asked_for_again"
    ),
    "results-in-turns": (
        "tests/streams/consumer/test_fair_queue.py::"
        "test_results_of_a_tenant_keep_their_order_so_that_reports_are_whole_one_after_the_other"
    ),
    "planned-at-once": (
        "tests/streams/agents/planning/test_parts_under_way.py::"
        "test_no_more_is_planned_than_is_worked_on_and_the_rest_follows_in_its_order"
    ),
    "redelivery": (
        "tests/streams/agents/looks/test_every_analysis_ends.py::"
        "test_what_was_asked_for_by_hand_is_not_reported_twice_when_its_records_come_again"
    ),
    "revision-back": (
        "tests/streams/agents/reports/test_no_revision_goes_back.py::"
        "test_the_next_owner_publishes_no_lower_revision_on_kafka"
    ),
    "endless-window": "tests/streams/consumer/test_endless_window.py",
    "topic-made-again": (
        "tests/streams/test_worker_on_kafka.py::test_a_topic_that_was_made_again_is_read_from_its_beginning"
    ),
    "full-consumer": "tests/streams/consumer/test_a_full_consumer.py",
    "last-asked-first": (
        "tests/streams/agents/planning/test_parts_under_way.py::"
        "test_under_a_load_that_leaves_some_waiting_nobody_waits_for_its_end"
    ),
    "room-in-a-rebalance": (
        "tests/streams/consumer/test_fair_queue.py::"
        "test_what_waited_for_room_in_a_rebalance_does_not_stand_for_those_before_it"
    ),
    "ends-asked-before": (
        "tests/kafka/test_topic_reader.py::"
        "test_records_that_come_while_the_ends_are_asked_for_do_not_look_like_a_new_topic"
    ),
    "suspended": (
        "tests/streams/consumer/test_watchdog.py::test_a_process_that_was_frozen_is_not_stalled_when_it_wakes"
    ),
    "followed-past-the-end": (
        "tests/kafka/test_compacted.py::test_what_comes_while_the_end_is_asked_for_is_no_topic_made_again"
    ),
    "done-again": "tests/streams/agents/reports/test_what_is_out_is_not_done_again.py",
    "sent-twice": (
        "tests/streams/agents/planning/test_planner.py::test_a_request_becomes_the_same_shards_every_time"
    ),
    "planned-in-a-rebalance": (
        "tests/streams/agents/reports/test_lone_parts.py::"
        "test_what_was_being_planned_when_partitions_are_dealt_anew_is_made_from_its_second_record"
    ),
    "later-look-once-more": (
        "tests/streams/agents/shards/test_attempts.py::test_a_later_look_tries_once_more_what_two_workers_died_with"
    ),
    "failed-after-its-report": (
        "tests/streams/agents/reports/test_no_revision_goes_back.py::"
        "test_a_second_planning_that_fails_does_not_follow_the_report_of_the_first_one"
    ),
    "out-of-sequence": (
        "tests/kafka/test_security.py::test_who_loses_the_right_to_send_sends_again_when_it_is_back"
    ),
    "a-read-each": (
        "tests/streams/agents/reports/test_no_revision_goes_back.py::"
        "test_all_who_wait_for_a_read_share_the_next_one"
    ),
    "week-of-alerts": ("tests/streams/state/test_joined_alerts.py::test_a_storm_takes_next_to_no_memory"),
    "rolling-restart": "tests/faults/test_rolling_restart.py",
}
"""The tests of each, as pytest names them: that of a bug failed before it was mended."""


def show(name: str) -> int:
    """Run the test of a scenario; its exit code."""
    command = [sys.executable, "-m", "pytest", "--no-cov", "-q", SCENARIOS[name]]
    return subprocess.run(command, cwd=ROOT, check=False).returncode
