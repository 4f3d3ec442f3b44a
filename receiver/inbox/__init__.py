"""The durable store: what was received, whom it has to be delivered to, and what came of it. See `Inbox`."""

from receiver.inbox.accept import Accepted, NewEvent
from receiver.inbox.alarms import Told
from receiver.inbox.connector_state import ConnectorState, PauseKind
from receiver.inbox.detail import Attempt, Delivery, Event, Person, PersonLane, RemoteRecord
from receiver.inbox.erase import Erased
from receiver.inbox.errors import InboxError, StoreDamaged, StoreLocked, StoreUnavailable, Unknown, Unstorable
from receiver.inbox.filters import Filter
from receiver.inbox.groups import Group, GroupCounts, GroupKind
from receiver.inbox.identifiers import EventIds
from receiver.inbox.inbox import Inbox
from receiver.inbox.leadership import Term, process_name, role_of
from receiver.inbox.original import Original
from receiver.inbox.quarantine import Quarantined
from receiver.inbox.queries import ConnectorStatus, DriftCount, EventRow, Page, Status
from receiver.inbox.reach import Kept, Reached
from receiver.inbox.ready import Pending, Queue, ReadyLane
from receiver.inbox.remote import Remote, RemoteRow
from receiver.inbox.replay import Replayed, Selection
from receiver.inbox.settle import AttemptRow, Settled, Settlement, SettleReport
from receiver.inbox.waiting import ACCOUNT_RULE, Waiting

__all__ = [
    "ACCOUNT_RULE",
    "Accepted",
    "Attempt",
    "AttemptRow",
    "ConnectorState",
    "ConnectorStatus",
    "Delivery",
    "DriftCount",
    "Erased",
    "Event",
    "EventIds",
    "EventRow",
    "Filter",
    "Group",
    "GroupCounts",
    "GroupKind",
    "Inbox",
    "InboxError",
    "Kept",
    "NewEvent",
    "Original",
    "Page",
    "PauseKind",
    "Pending",
    "Person",
    "PersonLane",
    "Quarantined",
    "Queue",
    "Reached",
    "ReadyLane",
    "Remote",
    "RemoteRecord",
    "RemoteRow",
    "Replayed",
    "Selection",
    "SettleReport",
    "Settled",
    "Settlement",
    "Status",
    "StoreDamaged",
    "StoreLocked",
    "StoreUnavailable",
    "Term",
    "Told",
    "Unknown",
    "Unstorable",
    "Waiting",
    "process_name",
    "role_of",
]
