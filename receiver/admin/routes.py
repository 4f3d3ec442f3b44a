"""The operations of the admin API; what is not here is not in it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import cache
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from receiver.admin import erasure_views, parameters, views
from receiver.admin.audit import entries
from receiver.admin.commands import AdminCommands
from receiver.admin.configuration.mapping_view import MappingView
from receiver.admin.configuration.reload import ReloadView
from receiver.admin.openapi import describe_operations
from receiver.admin.operation import Operation
from receiver.admin.queries import AdminQueries
from receiver.gateway import Gateway
from receiver.http.authentication import OperatorAuthentication
from receiver.http.authentication_log import AuthenticationLog
from receiver.http.operators import OperatorTokens

_MISSING = {404: "There is no such thing."}


def list_operations(gateway: Gateway) -> Sequence[Operation]:
    """All operations, over an open gateway."""
    return (*_query_operations(AdminQueries(gateway)), *_command_operations(AdminCommands(gateway)))


def _query_operations(look: AdminQueries) -> Sequence[Operation]:
    return (
        Operation("GET", "/api/status", "How the gateway stands", look.status, views.StatusView),
        Operation(
            "GET",
            "/api/events",
            "Events, newest first",
            look.events,
            views.EventPage,
            query=parameters.EventQuery,
            faults=_MISSING,
        ),
        Operation(
            "GET",
            "/api/events/{id}",
            "One event with its story",
            look.event,
            views.EventView,
            takes=parameters.EventPath,
            faults=_MISSING,
        ),
        Operation(
            "GET",
            "/api/groups",
            "Dead deliveries and calls in quarantine, by their reasons",
            look.groups,
            views.GroupsView,
            query=parameters.GroupsQuery,
        ),
        Operation(
            "GET",
            "/api/groups/{id}",
            "One group",
            look.group,
            views.DeadGroup | views.QuarantinedGroup,
            takes=parameters.GroupPath,
            faults=_MISSING,
        ),
        Operation(
            "GET",
            "/api/drift",
            "Keys that no schema knows and values that count as absent, the most frequent first",
            look.drift,
            views.DriftView,
        ),
        Operation(
            "GET",
            "/api/mapping",
            "The mapping in force, without secrets",
            look.mapping,
            MappingView,
        ),
        Operation(
            "GET",
            "/api/audit",
            "What operators did, newest first",
            look.audit,
            entries.AuditPage,
            query=entries.AuditQuery,
        ),
        Operation("GET", "/api/replays", "Replays under way", look.replays, views.ReplaysView),
        Operation(
            "GET",
            "/api/people/{email:path}",
            "What this gateway knows of a person",
            look.person,
            views.PersonView,
            takes=parameters.PersonPath,
        ),
        Operation(
            "GET",
            "/api/erasures/{email:path}",
            "What would be erased of a person in the CRMs",
            look.erasure,
            erasure_views.CrmErasures,
            takes=parameters.PersonPath,
        ),
        Operation(
            "GET",
            "/api/connectors/{name}/held/{object}",
            "What the gateway knows of a record that it wrote",
            look.written,
            views.WrittenRecord,
            takes=parameters.RecordsPath,
            query=parameters.HeldQuery,
        ),
        Operation(
            "GET",
            "/api/connectors/{name}/records/{object}",
            "What a sandbox holds, newest first",
            look.records,
            views.RecordPage,
            takes=parameters.RecordsPath,
            query=parameters.RecordsQuery,
            faults=_MISSING,
        ),
    )


def _command_operations(act: AdminCommands) -> Sequence[Operation]:
    return (
        Operation(
            "POST",
            "/api/replay",
            "Deliver again, with all that came later for the same people",
            act.replay,
            views.ReplayedView,
            body=parameters.ReplayBody,
            faults=_MISSING,
        ),
        Operation(
            "POST",
            "/api/discard",
            "Give up deliveries that are pending or dead",
            act.discard,
            views.DiscardedView,
            body=parameters.DeliveriesBody,
            faults=_MISSING,
        ),
        Operation(
            "POST",
            "/api/deliveries/{id}/discard",
            "Give up a delivery",
            act.discard_one,
            views.DiscardedView,
            takes=parameters.DeliveryPath,
            faults=_MISSING,
        ),
        Operation(
            "POST",
            "/api/quarantine/revalidate",
            "Judge what is in quarantine anew",
            act.revalidate,
            views.RevalidatedView,
        ),
        Operation(
            "POST",
            "/api/quarantine/{id}/amend",
            "Judge a call in quarantine anew with another event name or another body; as it "
            "came it stays beside it",
            act.amend,
            views.AmendedView,
            takes=parameters.EventPath,
            body=parameters.AmendBody,
            faults=_MISSING,
        ),
        Operation(
            "POST",
            "/api/quarantine/discard",
            "Give up calls in quarantine",
            act.discard_calls,
            views.DiscardedView,
            body=parameters.CallsBody,
            faults=_MISSING,
        ),
        Operation(
            "POST",
            "/api/connectors/{name}/pause",
            "Begin no delivery to a connector until it is resumed; events are taken and wait",
            act.pause,
            views.PausedView,
            takes=parameters.ConnectorPath,
            body=parameters.PauseBody,
            faults=_MISSING,
        ),
        Operation(
            "POST",
            "/api/connectors/{name}/resume",
            "Deliver to a connector again that was paused by an operator",
            act.resume,
            views.PausedView,
            takes=parameters.ConnectorPath,
            faults=_MISSING,
        ),
        Operation(
            "POST",
            "/api/reload",
            "Take the configuration over as its file says now",
            act.reload,
            ReloadView,
            role="admin",
        ),
        Operation(
            "POST",
            "/api/connectors/{name}/new-account",
            "Go on with another account of the CRM: the ids of all records in the former one go",
            act.new_account,
            views.NewAccountView,
            takes=parameters.ConnectorPath,
            faults=_MISSING,
            role="admin",
        ),
        Operation(
            "DELETE",
            "/api/people/{email:path}",
            "Erase a person from this gateway, and from the CRMs where that is asked for",
            act.forget,
            erasure_views.ErasedView,
            takes=parameters.PersonPath,
            query=parameters.ErasureQuery,
            role="admin",
            act="forget",
        ),
    )


def admin_routes(gateway: Gateway) -> list[Route]:
    """The operations for the operators, if there are any; and the description, which holds no
    secret.
    """
    listed = list_operations(gateway)

    @cache
    def describe() -> dict[str, Any]:
        return describe_operations(listed)

    async def openapi(_request: Request) -> Response:
        # made when it is asked for: it takes long enough to be felt when a gateway starts
        return JSONResponse(await asyncio.to_thread(describe))

    if not gateway.settings.has_operators:
        return [Route("/openapi.json", openapi)]
    operators = OperatorAuthentication(
        OperatorTokens(gateway.settings),
        gateway.guesses,
        AuthenticationLog(gateway.metrics, gateway.now),
    )
    routes = [operation.route(operators, gateway.audit) for operation in listed]
    return [Route("/openapi.json", openapi), *routes]
