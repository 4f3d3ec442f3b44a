"""A row that is written to see whether the store can be written."""

from __future__ import annotations

from datetime import datetime

from receiver.inbox.statements import upsert
from receiver.inbox.tables import pulse
from receiver.inbox.times import micros
from receiver.inbox.transaction import Transaction


def beat(transaction: Transaction, now: datetime) -> None:
    new = upsert(transaction.connection.dialect, pulse).values(id=1, at=micros(now))
    transaction.connection.execute(new.on_conflict_do_update(index_elements=["id"], set_={"at": new.excluded.at}))
