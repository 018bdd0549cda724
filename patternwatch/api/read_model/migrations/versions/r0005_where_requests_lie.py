"""Where the request of each analysis lies on its topic."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this revision."""
    for name, kind in (
        ("request_cluster", sa.Text),
        ("request_partition", sa.Integer),
        ("request_offset", sa.BigInteger),
    ):
        op.add_column("patternwatch_analyses", sa.Column(name, kind))
