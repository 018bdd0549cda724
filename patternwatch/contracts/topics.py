"""The topics: what travels on each, how it is keyed and kept. Settings add a prefix to every name."""

from dataclasses import dataclass
from typing import Literal

from patternwatch.contracts.labelled_examples import LabelledExample
from patternwatch.contracts.messages import (
    Alert,
    AnalysisRequest,
    DeadLetter,
    Episode,
    Message,
    Progress,
    Shard,
    ShardResult,
    Tick,
)
from patternwatch.contracts.report import Report


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic: its bare name, its message, what the key is made of, and how Kafka keeps it."""

    name: str
    message: type[Message]
    key: tuple[str, ...]
    text: str
    cleanup: Literal["delete", "compact"] = "delete"
    retention_hours: int = 72


ALERTS = Topic("alerts", Alert, ("tenant", "fingerprint"), "Alerts as Alertmanager reported them.")
REQUESTS = Topic("requests", AnalysisRequest, ("tenant", "request_id"), "Analyses to be made.")
SHARDS = Topic("shards", Shard, ("shard_id",), "Parts of requests, for the analysts.")
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
LABELLED_EXAMPLES = Topic(
    "labelled-examples",
    LabelledExample,
    ("tenant", "example_id"),
    "What operators say that series show. A null value deletes one.",
    cleanup="compact",
)
DEAD_LETTERS = Topic(
    "dead-letter", DeadLetter, (), "Records that could not be worked on.", retention_hours=24 * 14
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
    LABELLED_EXAMPLES,
    DEAD_LETTERS,
)


def record_key(*parts: str) -> bytes:
    """The key of a record: its parts joined by a slash (a tenant cannot hold one)."""
    return "/".join(parts).encode()
