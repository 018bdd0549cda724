"""Events that every process reads, when a report is looked at again, and indexes for every list's order."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_ALERTS, _JOINED = "patternwatch_alerts", "patternwatch_joined_alerts"
_ANALYSES, _EXAMPLES = "patternwatch_analyses", "patternwatch_examples"


def upgrade() -> None:
    """To this revision."""
    op.create_table(
        "patternwatch_events",
        sa.Column(
            "number",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            primary_key=True,
            autoincrement=True,
        ),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("request_id", sa.Text, nullable=False),
        sa.Column("report_id", sa.Text, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table("patternwatch_event_epochs", sa.Column("epoch", sa.Text, primary_key=True))
    op.add_column("patternwatch_reports", sa.Column("next_look_ms", sa.BigInteger))
    latest = sa.text("starts_at_ms DESC")
    _anew("patternwatch_alerts_urgent", _ALERTS, ["tenant", "urgency", latest, "fingerprint"])
    _anew("patternwatch_analyses_latest", _ANALYSES, ["tenant", "requested_at_ms", "request_id"])
    _anew("patternwatch_analyses_alert", _ANALYSES, ["tenant", "alert_fingerprint", "requested_at_ms"])
    op.create_index("patternwatch_joined_alerts_request", _JOINED, ["tenant", "request_id"])
    op.create_index("patternwatch_examples_latest", _EXAMPLES, ["tenant", "labelled_at_ms", "example_id"])


def _anew(name: str, table: str, columns: list[str | sa.TextClause]) -> None:
    op.drop_index(name, table)
    op.create_index(name, table, columns)
