"""The first tables, as they were before they had revisions (layout 7)."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this revision."""
    _alerts()
    _analyses()
    _reports_and_examples()
    op.create_table(
        "patternwatch_deletions",
        sa.Column("cluster", sa.Text, primary_key=True),
        sa.Column("topic", sa.Text, primary_key=True),
        sa.Column("tenant", sa.Text, primary_key=True),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("offset", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "patternwatch_positions",
        sa.Column("cluster", sa.Text, primary_key=True),
        sa.Column("topic", sa.Text, primary_key=True),
        sa.Column("partition", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("next_offset", sa.BigInteger, nullable=False),
    )


def _alerts() -> None:
    op.create_table(
        "patternwatch_alerts",
        sa.Column("tenant", sa.Text, primary_key=True),
        sa.Column("fingerprint", sa.Text, primary_key=True),
        sa.Column("replica_key", sa.Text, nullable=False, index=True),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("urgency", sa.Integer, nullable=False),
        sa.Column("starts_at_ms", sa.BigInteger, nullable=False),
        sa.Column("received_at_ms", sa.BigInteger, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Index("patternwatch_alerts_urgent", "tenant", "urgency", "starts_at_ms"),
    )
    op.create_table(
        "patternwatch_joined_alerts",
        sa.Column("tenant", sa.Text, primary_key=True),
        sa.Column("fingerprint", sa.Text, primary_key=True),
        sa.Column("starts_at_ms", sa.BigInteger, nullable=False),
        sa.Column("request_id", sa.Text, nullable=False),
        sa.Column("own_request_id", sa.Text, nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Index("patternwatch_joined_alerts_own", "tenant", "own_request_id"),
    )


def _analyses() -> None:
    op.create_table(
        "patternwatch_analyses",
        sa.Column("tenant", sa.Text, primary_key=True),
        sa.Column("request_id", sa.Text, primary_key=True),
        sa.Column("trigger", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("stage", sa.Text, nullable=False),
        sa.Column("stage_rank", sa.Integer, nullable=False),
        sa.Column("done", sa.Integer, nullable=False),
        sa.Column("of", sa.Integer, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("report_id", sa.Text, nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("requested_at_ms", sa.BigInteger, nullable=False),
        sa.Column("selector", sa.Text, nullable=False),
        sa.Column("alert_fingerprint", sa.Text),
        sa.Column("window", sa.Text),
        sa.Column("compared_with", sa.Text, nullable=False),
        sa.Index("patternwatch_analyses_latest", "tenant", "requested_at_ms"),
        sa.Index("patternwatch_analyses_alert", "tenant", "alert_fingerprint"),
    )


def _reports_and_examples() -> None:
    op.create_table(
        "patternwatch_reports",
        sa.Column("tenant", sa.Text, primary_key=True),
        sa.Column("report_id", sa.Text, primary_key=True),
        sa.Column("request_id", sa.Text, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("published_at_ms", sa.BigInteger, nullable=False),
        sa.Column("header", sa.LargeBinary, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Index("patternwatch_reports_latest", "tenant", "published_at_ms", "report_id"),
    )
    op.create_table(
        "patternwatch_examples",
        sa.Column("tenant", sa.Text, primary_key=True),
        sa.Column("example_id", sa.Text, primary_key=True),
        sa.Column("labelled_at_ms", sa.BigInteger, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
