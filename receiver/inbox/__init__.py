"""The durable store: what was received, whom it has to be delivered to, and what came of it.

See `Inbox`.
"""

from receiver.inbox.db.errors import (
    InboxError,
    StoreDamaged,
    StoreLocked,
    StoreUnavailable,
    Unknown,
    Unstorable,
)
from receiver.inbox.db.event_filter import EventFilter
from receiver.inbox.db.event_ids import EventIds
from receiver.inbox.events.accept import AcceptedEvent, NewEvent
from receiver.inbox.events.erase import ErasedPerson
from receiver.inbox.events.original_calls import OriginalCall
from receiver.inbox.events.quarantine import QuarantinedCall
from receiver.inbox.inbox import Inbox
from receiver.inbox.lanes.ready import LaneQueue, PendingDelivery, ReadyLane
from receiver.inbox.lanes.record_state import RecordState, RecordStateRow
from receiver.inbox.lanes.replay import DeliverySelection, ReplayResult
from receiver.inbox.lanes.settle import AttemptRow, SettledLane, Settlement, SettleReport
from receiver.inbox.operation.audit import AuditEntry, AuditFilter, AuditOutcome
from receiver.inbox.operation.connector_state import ConnectorState, PauseKind
from receiver.inbox.operation.firing_alarms import FiringAlarm
from receiver.inbox.operation.leadership import LeaderTerm, process_name, role_of
from receiver.inbox.operation.mapping_history import MappingVersion
from receiver.inbox.operation.running_processes import RunningProcess
from receiver.inbox.operation.sent_alarms import SentAlarm
from receiver.inbox.operation.sessions import KeptSession
from receiver.inbox.operation.token_uses import TokenUse
from receiver.inbox.people.addresses import KnownPerson
from receiver.inbox.profiles.stored_facts import CountedEvent, PersonAt
from receiver.inbox.profiles.uncounted_events import UncountedEvent
from receiver.inbox.reads.attention_groups import AttentionGroup, GroupCounts, GroupKind
from receiver.inbox.reads.call_reader import CallReader, NamedEvent
from receiver.inbox.reads.change_mark import ChangeMark
from receiver.inbox.reads.coverage import EventCoverage, StoredCall
from receiver.inbox.reads.event_detail import (
    AttemptDetail,
    DeliveryDetail,
    EventDetail,
    PersonDetail,
    PersonLane,
    RemoteRecord,
)
from receiver.inbox.reads.outcomes import LatencyPercentiles, OutcomeCounts
from receiver.inbox.reads.person_deliveries import PersonDelivery
from receiver.inbox.reads.queries import (
    ConnectorStatus,
    DriftCount,
    EventRow,
    EventRowPage,
    StoreStatus,
)
from receiver.inbox.reads.search import FoundOrder, FoundRecord, SearchResult
from receiver.inbox.reads.sent_history import RecordHistory, SavedRecord
from receiver.inbox.reads.waiting_lanes import ACCOUNT_RULE, WaitingLanes

__all__ = [
    "ACCOUNT_RULE",
    "AcceptedEvent",
    "AttemptDetail",
    "AttemptRow",
    "AttentionGroup",
    "AuditEntry",
    "AuditFilter",
    "AuditOutcome",
    "CallReader",
    "ChangeMark",
    "ConnectorState",
    "ConnectorStatus",
    "CountedEvent",
    "DeliveryDetail",
    "DeliverySelection",
    "DriftCount",
    "ErasedPerson",
    "EventCoverage",
    "EventDetail",
    "EventFilter",
    "EventIds",
    "EventRow",
    "EventRowPage",
    "FiringAlarm",
    "FoundOrder",
    "FoundRecord",
    "GroupCounts",
    "GroupKind",
    "Inbox",
    "InboxError",
    "KeptSession",
    "KnownPerson",
    "LaneQueue",
    "LatencyPercentiles",
    "LeaderTerm",
    "MappingVersion",
    "NamedEvent",
    "NewEvent",
    "OriginalCall",
    "OutcomeCounts",
    "PauseKind",
    "PendingDelivery",
    "PersonAt",
    "PersonDelivery",
    "PersonDetail",
    "PersonLane",
    "QuarantinedCall",
    "ReadyLane",
    "RecordHistory",
    "RecordState",
    "RecordStateRow",
    "RemoteRecord",
    "ReplayResult",
    "RunningProcess",
    "SavedRecord",
    "SearchResult",
    "SentAlarm",
    "SettleReport",
    "SettledLane",
    "Settlement",
    "StoreDamaged",
    "StoreLocked",
    "StoreStatus",
    "StoreUnavailable",
    "StoredCall",
    "TokenUse",
    "UncountedEvent",
    "Unknown",
    "Unstorable",
    "WaitingLanes",
    "process_name",
    "role_of",
]
