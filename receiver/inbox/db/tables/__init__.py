"""The tables, the same on SQLite and PostgreSQL; migrations make them, and a test compares both.

Times are microseconds since 1970. There are no foreign keys: their checks cost a third of an accept
on PostgreSQL, and few places write; tests look for orphans instead.
"""

from __future__ import annotations

from receiver.inbox.db.tables.columns import literal, metadata
from receiver.inbox.db.tables.events import drift, event, event_person, original
from receiver.inbox.db.tables.lanes import (
    DELIVERY_STATES,
    DeliveryState,
    LanePriority,
    attempt,
    delivery,
    lane,
    remote,
    remote_link,
    state_is,
)
from receiver.inbox.db.tables.operation import (
    alarm,
    connector_state,
    installation,
    leadership,
    mapping,
    process,
    pulse,
)
from receiver.inbox.db.tables.operators import audit, session
from receiver.inbox.db.tables.people import account, former_address, person_address
from receiver.inbox.db.tables.profiles import (
    profile_course,
    profile_order,
    profile_person,
    profile_start,
    profile_submission,
    uncounted,
)

__all__ = [
    "DELIVERY_STATES",
    "DeliveryState",
    "LanePriority",
    "account",
    "alarm",
    "attempt",
    "audit",
    "connector_state",
    "delivery",
    "drift",
    "event",
    "event_person",
    "former_address",
    "installation",
    "lane",
    "leadership",
    "literal",
    "mapping",
    "metadata",
    "original",
    "person_address",
    "process",
    "profile_course",
    "profile_order",
    "profile_person",
    "profile_start",
    "profile_submission",
    "pulse",
    "remote",
    "remote_link",
    "session",
    "state_is",
    "uncounted",
]
