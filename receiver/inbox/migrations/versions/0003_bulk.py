"""Which lanes wait in bulk, behind those with live events."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("lane", sa.Column("bulk", sa.Integer(), nullable=False, server_default="0"))
    op.drop_index("lane_due", "lane")
    busy = sa.text("state != 'idle'")
    op.create_index("lane_due", "lane", ["connector", "bulk", "due_at"], sqlite_where=busy, postgresql_where=busy)
