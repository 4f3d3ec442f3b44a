"""The operations of the admin API; what is not here is not in it."""

from __future__ import annotations

from collections.abc import Sequence

from receiver.admin import act_views, erasure_views, parameters, views
from receiver.admin.activity.alarms import AlarmsView, AlarmView
from receiver.admin.audit import entries
from receiver.admin.commands import AdminCommands
from receiver.admin.configuration.mapping_view import MappingView
from receiver.admin.configuration.reload import ReloadView
from receiver.admin.operation import Operation
from receiver.admin.queries import AdminQueries
from receiver.gateway import Gateway

_MISSING = {404: "There is no such thing."}


def list_operations(gateway: Gateway) -> Sequence[Operation]:
    """All operations, over an open gateway."""
    queries, commands = AdminQueries(gateway), AdminCommands(gateway)
    return (
        *_gateway_queries(queries),
        *_event_queries(queries),
        *_record_queries(queries),
        *_delivery_commands(commands),
        *_quarantine_commands(commands),
        *_connector_commands(commands),
        *_gateway_commands(commands),
    )


def _gateway_queries(queries: AdminQueries) -> Sequence[Operation]:
    """How the gateway stands and what it works by."""
    return (
        Operation("GET", "/api/status", "How the gateway stands", queries.status, views.StatusView),
        Operation("GET", "/api/alarms", "The alarms that hold", queries.alarms, AlarmsView),
        Operation(
            "GET",
            "/api/mapping",
            "The mapping in force, without secrets",
            queries.mapping,
            MappingView,
        ),
        Operation(
            "GET",
            "/api/audit",
            "What operators did, newest first",
            queries.audit,
            entries.AuditPage,
            query=entries.AuditQuery,
        ),
        Operation("GET", "/api/replays", "Replays under way", queries.replays, views.ReplaysView),
    )


def _event_queries(queries: AdminQueries) -> Sequence[Operation]:
    """What has come in, one by one and in groups."""
    return (
        Operation(
            "GET",
            "/api/events",
            "Events, newest first",
            queries.events,
            views.EventPage,
            query=parameters.EventQuery,
            faults=_MISSING,
        ),
        Operation(
            "GET",
            "/api/events/{id}",
            "One event with its story",
            queries.event,
            views.EventView,
            takes=parameters.EventPath,
            faults=_MISSING,
        ),
        Operation(
            "GET",
            "/api/groups",
            "Dead deliveries and calls in quarantine, by their reasons",
            queries.groups,
            views.GroupsView,
            query=parameters.GroupsQuery,
        ),
        Operation(
            "GET",
            "/api/groups/{id}",
            "One group",
            queries.group,
            views.DeadGroup | views.QuarantinedGroup,
            takes=parameters.GroupPath,
            faults=_MISSING,
        ),
        Operation(
            "GET",
            "/api/drift",
            "Keys that no schema knows and values that count as absent, the most frequent first",
            queries.drift,
            views.DriftView,
        ),
    )


def _record_queries(queries: AdminQueries) -> Sequence[Operation]:
    """What is known of people, and of the records that they became."""
    return (
        Operation(
            "GET",
            "/api/people/{email:path}",
            "What this gateway knows of a person",
            queries.person,
            views.PersonView,
            takes=parameters.PersonPath,
        ),
        Operation(
            "GET",
            "/api/erasures/{email:path}",
            "What would be erased of a person in the CRMs",
            queries.erasure,
            erasure_views.CrmErasures,
            takes=parameters.PersonPath,
        ),
        Operation(
            "GET",
            "/api/connectors/{name}/held/{object}",
            "What the gateway knows of a record that it wrote",
            queries.written,
            views.WrittenRecordView,
            takes=parameters.RecordsPath,
            query=parameters.HeldQuery,
        ),
        Operation(
            "GET",
            "/api/connectors/{name}/records/{object}",
            "What a sandbox holds, newest first",
            queries.records,
            views.RecordPage,
            takes=parameters.RecordsPath,
            query=parameters.RecordsQuery,
            faults=_MISSING,
        ),
    )


def _delivery_commands(commands: AdminCommands) -> Sequence[Operation]:
    """What is done about deliveries."""
    return (
        Operation(
            "POST",
            "/api/replay",
            "Deliver again, with all that came later for the same people",
            commands.replay,
            act_views.ReplayedView,
            body=parameters.ReplayBody,
            faults=_MISSING,
        ),
        Operation(
            "POST",
            "/api/discard",
            "Give up deliveries that are pending or dead",
            commands.discard,
            act_views.DiscardedView,
            body=parameters.DeliveriesBody,
            faults=_MISSING,
        ),
        Operation(
            "POST",
            "/api/deliveries/{id}/discard",
            "Give up a delivery",
            commands.discard_one,
            act_views.DiscardedView,
            takes=parameters.DeliveryPath,
            faults=_MISSING,
        ),
    )


def _quarantine_commands(commands: AdminCommands) -> Sequence[Operation]:
    """What is done about calls that were not understood."""
    return (
        Operation(
            "POST",
            "/api/quarantine/revalidate",
            "Judge what is in quarantine anew",
            commands.revalidate,
            act_views.RevalidatedView,
        ),
        Operation(
            "POST",
            "/api/quarantine/{id}/amend",
            "Judge a call in quarantine anew with another event name or another body; as it "
            "came it stays beside it",
            commands.amend,
            act_views.AmendedView,
            takes=parameters.EventPath,
            body=parameters.AmendBody,
            faults=_MISSING,
        ),
        Operation(
            "POST",
            "/api/quarantine/discard",
            "Give up calls in quarantine",
            commands.discard_calls,
            act_views.DiscardedView,
            body=parameters.CallsBody,
            faults=_MISSING,
        ),
    )


def _connector_commands(commands: AdminCommands) -> Sequence[Operation]:
    """What is done about a connector."""
    return (
        Operation(
            "POST",
            "/api/connectors/{name}/pause",
            "Begin no delivery to a connector until it is resumed; events are taken and wait",
            commands.pause,
            views.PausedView,
            takes=parameters.ConnectorPath,
            body=parameters.PauseBody,
            faults=_MISSING,
        ),
        Operation(
            "POST",
            "/api/connectors/{name}/resume",
            "Deliver to a connector again that was paused by an operator",
            commands.resume,
            views.PausedView,
            takes=parameters.ConnectorPath,
            faults=_MISSING,
        ),
        Operation(
            "POST",
            "/api/connectors/{name}/new-account",
            "Go on with another account of the CRM: the ids of all records in the former one go",
            commands.new_account,
            act_views.NewAccountView,
            takes=parameters.ConnectorPath,
            faults=_MISSING,
            role="admin",
        ),
    )


def _gateway_commands(commands: AdminCommands) -> Sequence[Operation]:
    """What is done about alarms, the configuration and people."""
    return (
        Operation(
            "POST",
            "/api/alarms/{alarm:path}/acknowledge",
            "Tell an alarm no more until it is over and comes again",
            commands.acknowledge,
            AlarmView,
            takes=parameters.AlarmPath,
            faults=_MISSING,
        ),
        Operation(
            "POST",
            "/api/alarms/{alarm:path}/snooze",
            "Tell an alarm no more for some hours",
            commands.snooze,
            AlarmView,
            takes=parameters.AlarmPath,
            body=parameters.SnoozeBody,
            faults=_MISSING,
        ),
        Operation(
            "POST",
            "/api/reload",
            "Take the configuration over as its file says now",
            commands.reload,
            ReloadView,
            role="admin",
        ),
        Operation(
            "DELETE",
            "/api/people/{email:path}",
            "Erase a person from this gateway, and from the CRMs where that is asked for",
            commands.forget,
            erasure_views.ErasedView,
            takes=parameters.PersonPath,
            query=parameters.ErasureQuery,
            role="admin",
            act="forget",
        ),
    )
