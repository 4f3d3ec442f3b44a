"""What dead deliveries are grouped by, whatever values their reasons quote."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from receiver.inbox.reasons import reason_key

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

NAME = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
DELIVERY = sa.table("delivery", sa.column("id"), sa.column("connector"), sa.column("state"), sa.column("reason"), sa.column("reason_key"))


def upgrade() -> None:
    op.add_column("delivery", sa.Column("reason_key", NAME))
    known = op.get_bind().execute(sa.select(DELIVERY).where(DELIVERY.c.state == "dead"))
    keys = [{"of": row.id, "key": reason_key(row.connector, row.reason or "")} for row in known]
    if keys:
        these = sa.update(DELIVERY).where(DELIVERY.c.id == sa.bindparam("of"))
        op.get_bind().execute(these.values(reason_key=sa.bindparam("key")), keys)
