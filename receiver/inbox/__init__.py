"""The durable store: what was received, whom it has to be delivered to, and what came of it. See `Inbox`."""

from receiver.inbox.db.errors import InboxError, StoreDamaged, StoreLocked, StoreUnavailable, Unknown, Unstorable
from receiver.inbox.db.event_filter import Filter
from receiver.inbox.db.event_ids import EventIds
from receiver.inbox.events.accept import Accepted, NewEvent
from receiver.inbox.events.erase import Erased
from receiver.inbox.events.original_calls import Original
from receiver.inbox.events.quarantine import Quarantined
from receiver.inbox.inbox import Inbox
from receiver.inbox.lanes.ready import Pending, Queue, ReadyLane
from receiver.inbox.lanes.record_state import Remote, RemoteRow
from receiver.inbox.lanes.replay import Replayed, Selection
from receiver.inbox.lanes.settle import AttemptRow, Settled, Settlement, SettleReport
from receiver.inbox.operation.connector_state import ConnectorState, PauseKind
from receiver.inbox.operation.leadership import Term, process_name, role_of
from receiver.inbox.operation.sent_alarms import Told
from receiver.inbox.reads.attention_groups import Group, GroupCounts, GroupKind
from receiver.inbox.reads.coverage import Kept, Reached
from receiver.inbox.reads.event_detail import Attempt, Delivery, Event, Person, PersonLane, RemoteRecord
from receiver.inbox.reads.queries import ConnectorStatus, DriftCount, EventRow, Page, Status
from receiver.inbox.reads.waiting_lanes import ACCOUNT_RULE, Waiting

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
