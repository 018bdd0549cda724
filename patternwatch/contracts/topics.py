"""The topics: the message on each, its key and how Kafka keeps it. Settings add a prefix to every name."""

from dataclasses import dataclass
from typing import Literal

from patternwatch.contracts.alerts import Alert
from patternwatch.contracts.attempts import Attempt
from patternwatch.contracts.base import Message
from patternwatch.contracts.dead_letters import DeadLetter
from patternwatch.contracts.episodes import Episode
from patternwatch.contracts.joined_alerts import JoinedAlert
from patternwatch.contracts.labelled_examples import LabelledExample
from patternwatch.contracts.looks import Look
from patternwatch.contracts.progress import Progress
from patternwatch.contracts.report import Report
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.contracts.shard_results import ShardResult
from patternwatch.contracts.shards import Shard
from patternwatch.contracts.ticks import Tick
from patternwatch.contracts.watch_states import WatchState
from patternwatch.contracts.watches import Watch


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic.

    name             without the prefix of the settings
    message          class of its records' values
    key              fields of the message that make the record's key; empty for records without one
    text             description for the AsyncAPI document
    cleanup          Kafka's `cleanup.policy`
    retention_hours  how long records are kept, where they are deleted by age

    >>> REPORTS.message.__name__, REPORTS.key, REPORTS.cleanup
    ('Report', ('tenant', 'report_id'), 'compact')
    """

    name: str
    message: type[Message]
    key: tuple[str, ...]
    text: str
    cleanup: Literal["delete", "compact", "compact,delete"] = "delete"
    retention_hours: int = 72


ALERTS = Topic(
    # By tenant alone: one worker at a time sees all of a tenant's alerts, and which of them are one trouble.
    "alerts",
    Alert,
    ("tenant",),
    "Alerts as Alertmanager reported them.",
)
REQUESTS = Topic("requests", AnalysisRequest, ("tenant", "request_id"), "Analyses to be made.")
SHARDS = Topic("shards", Shard, ("shard_id",), "Parts of requests that have several, for the analysts.")
SHARD_RESULTS = Topic(
    "shard-results", ShardResult, ("tenant", "request_id"), "What each scan found, for the collector."
)
REPORTS = Topic(
    "reports", Report, ("tenant", "report_id"), "The reports. A null value deletes one.", cleanup="compact"
)
PROGRESS = Topic(
    "progress", Progress, ("tenant", "request_id"), "How far each analysis has come.", retention_hours=24
)
TICKS = Topic("ticks", Tick, ("tenant", "watch"), "Times to look at watched clusters.", retention_hours=1)
WATCHES = Topic(
    "watches", Episode, ("tenant", "watch", "cause"), "Open episodes of watched clusters.", cleanup="compact"
)
WATCH_DEFINITIONS = Topic(
    "watch-definitions",
    Watch,
    ("tenant", "name"),
    "What is watched without an alert, and how. A null value ends a watch.",
    cleanup="compact",
)
WATCH_STATES = Topic(
    "watch-states",
    WatchState,
    ("tenant", "watch"),
    "How each watch does at its last look. A null value: it is watched no more.",
    cleanup="compact,delete",
    retention_hours=24 * 7,
)
LOOKS = Topic(
    "looks",
    Look,
    ("tenant", "request_id"),
    "What was analysed already, and when it is looked at again. A null value: it is over.",
    cleanup="compact",
)
JOINED_ALERTS = Topic(
    "joined-alerts",
    JoinedAlert,
    ("tenant", "fingerprint"),
    "Which analysis each alert belongs to: a cause raises many, and one report answers them.",
    cleanup="compact,delete",
    retention_hours=24 * 7,
)
ATTEMPTS = Topic(
    "attempts",
    Attempt,
    ("tenant", "work"),
    "What workers have begun and not ended: what kills them twice is set aside. A null value: it has ended.",
    cleanup="compact,delete",
    retention_hours=1,
)
LABELLED_EXAMPLES = Topic(
    "labelled-examples",
    LabelledExample,
    ("tenant", "example_id"),
    "What operators say that series show. A null value deletes one.",
    cleanup="compact",
)
DEAD_LETTERS = Topic(
    "dead-letter",
    DeadLetter,
    ("try_id",),
    "Records that could not be worked on. A null value: it was sent again, or dropped.",
    retention_hours=24 * 14,
)

TOPICS: tuple[Topic, ...] = (
    ALERTS,
    REQUESTS,
    SHARDS,
    SHARD_RESULTS,
    REPORTS,
    PROGRESS,
    TICKS,
    WATCHES,
    WATCH_DEFINITIONS,
    WATCH_STATES,
    LOOKS,
    JOINED_ALERTS,
    ATTEMPTS,
    LABELLED_EXAMPLES,
    DEAD_LETTERS,
)


SHARED_TOPICS: tuple[Topic, ...] = (ALERTS, REQUESTS, SHARDS, SHARD_RESULTS, TICKS)
"""Whose records the workers of a group share out by partition."""


def record_key(*parts: str) -> bytes:
    """The key of a record: its parts joined by a slash (which a tenant cannot hold).

    >>> record_key("default", "r1")
    b'default/r1'
    """
    return "/".join(parts).encode()
