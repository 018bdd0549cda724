"""The read model's tables (SQLAlchemy 2; SQLite by default, PostgreSQL by URL, both run by the tests).

A change of them needs a revision in `migrations/versions`; a test compares what the revisions make with
what stands here.
"""

from typing import Any

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, Table, TypeDecorator, desc
from sqlalchemy import Text as AnyText


class Text(TypeDecorator[str]):
    """Text in which U+FFFD stands for NUL, which JSON may hold and PostgreSQL refuses."""

    impl = AnyText
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Any) -> str | None:
        """What is stored, or compared with what is stored."""
        return value if value is None else value.replace("\0", "\ufffd")


metadata = MetaData()

alerts = Table(
    "patternwatch_alerts",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("fingerprint", Text, primary_key=True),
    Column("replica_key", Text, nullable=False, index=True),
    Column("status", Text, nullable=False),
    Column("urgency", Integer, nullable=False),
    Column("starts_at_ms", BigInteger, nullable=False),
    Column("received_at_ms", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
    # A status is a range of urgencies, so this serves every list and count.
    Index("patternwatch_alerts_urgent", "tenant", "urgency", desc("starts_at_ms"), "fingerprint"),
)

joined_alerts = Table(
    "patternwatch_joined_alerts",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("fingerprint", Text, primary_key=True),
    Column("starts_at_ms", BigInteger, nullable=False),
    Column("request_id", Text, nullable=False),
    Column("own_request_id", Text, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Index("patternwatch_joined_alerts_own", "tenant", "own_request_id"),
    Index("patternwatch_joined_alerts_request", "tenant", "request_id"),
)
"""Which analysis each alert belongs to."""

analyses = Table(
    "patternwatch_analyses",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("request_id", Text, primary_key=True),
    Column("trigger", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("stage", Text, nullable=False),
    Column("stage_rank", Integer, nullable=False),
    Column("done", Integer, nullable=False, default=0),
    Column("of", Integer, nullable=False, default=0),
    Column("note", Text, nullable=False, default=""),
    Column("report_id", Text, nullable=False, default=""),
    Column("at_ms", BigInteger, nullable=False),
    Column("requested_at_ms", BigInteger, nullable=False),
    Column("selector", Text, nullable=False, default=""),
    Column("alert_fingerprint", Text),
    Column("window", Text),
    Column("compared_with", Text, nullable=False, default="none"),
    # Where its latest request lies on its topic; null where a release before this one wrote the row.
    Column("request_cluster", Text),
    Column("request_partition", Integer),
    Column("request_offset", BigInteger),
    Index("patternwatch_analyses_latest", "tenant", "requested_at_ms", "request_id"),
    Index("patternwatch_analyses_alert", "tenant", "alert_fingerprint", "requested_at_ms"),
)

reports = Table(
    "patternwatch_reports",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("report_id", Text, primary_key=True),
    Column("request_id", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("published_at_ms", BigInteger, nullable=False),
    Column("next_look_ms", BigInteger),
    Column("header", LargeBinary, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("patternwatch_reports_latest", "tenant", "published_at_ms", "report_id"),
)

examples = Table(
    "patternwatch_examples",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("example_id", Text, primary_key=True),
    Column("labelled_at_ms", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("patternwatch_examples_latest", "tenant", "labelled_at_ms", "example_id"),
)

watches = Table(
    "patternwatch_watches",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("changed_at_ms", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
)

watch_states = Table(
    "patternwatch_watch_states",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("watch", Text, primary_key=True),
    Column("at_ms", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
)
"""How each watch does at its last look."""

deletions = Table(
    "patternwatch_deletions",
    metadata,
    Column("cluster", Text, primary_key=True),
    Column("topic", Text, primary_key=True),
    Column("tenant", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("offset", BigInteger, nullable=False),
)
"""Tombstones that we sent and have not consumed yet: what lies before them on the topic is void."""

positions = Table(
    "patternwatch_positions",
    metadata,
    Column("cluster", Text, primary_key=True),
    Column("topic", Text, primary_key=True),
    Column("partition", Integer, primary_key=True),
    Column("next_offset", BigInteger, nullable=False),
)
"""Where the feed goes on, moved in the transaction that stores what was read. By Kafka cluster id,
since another cluster has other offsets."""

events = Table(
    "patternwatch_events",
    metadata,
    # SQLite counts up rows of this type only, and with AUTOINCREMENT gives no number twice.
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("tenant", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("request_id", Text, nullable=False),
    Column("report_id", Text, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)
"""What the event streams are told, written in the transaction that changed what they tell of: every process
on this database reads it from here."""

audit = Table(
    "patternwatch_audit",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("tenant", Text, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("who", Text, nullable=False),
    Column("caller", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("client", Text),
    Column("action", Text, nullable=False),
    Column("status", Integer, nullable=False),
    Column("what", LargeBinary, nullable=False),
    Index("patternwatch_audit_latest", "tenant", "at_ms", "number"),
    sqlite_autoincrement=True,
)
"""What the audit log says of each tenant. Unlike the rest it is on no topic: a database that was lost has
lost it, and the log lines are what remains."""

event_epochs = Table("patternwatch_event_epochs", metadata, Column("epoch", Text, primary_key=True))
"""One row: which count the numbers of `events` belong to. A database that was lost begins another."""
