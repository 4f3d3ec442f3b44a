"""The operations of the admin API that change nothing."""

from __future__ import annotations

from dataclasses import replace

from connectors.base import Browsable
from receiver.admin import (
    attention_groups,
    crm_erasure,
    erasure_views,
    parameters,
    presenters,
    views,
)
from receiver.admin.activity import alarms
from receiver.admin.audit import entries
from receiver.admin.configuration.mapping_view import MappingView
from receiver.admin.operation import NotFound, OperationCall, UnfitParameter
from receiver.admin.written_records import find_written_records
from receiver.gateway import Gateway
from receiver.inbox import Unknown
from receiver.settings.mapping_document import MappingDocument


class AdminQueries:
    """The handlers of these operations, over an open gateway."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._inbox = gateway.inbox

    async def audit(self, call: OperationCall) -> entries.AuditPage:
        return await entries.list_audit(self._inbox, call.query)

    async def status(self, _call: OperationCall) -> views.StatusView:
        return await presenters.present_status(self._gateway)

    async def alarms(self, _call: OperationCall) -> alarms.AlarmsView:
        return await alarms.list_alarms(self._gateway)

    async def events(self, call: OperationCall) -> views.EventPage:
        query: parameters.EventQuery = call.query
        chosen = query.filter()
        if query.key:
            chosen = replace(chosen, ids=await self._inbox.find_key_events(query.key.strip()))
        if query.group:
            chosen = attention_groups.narrow_filter(
                await attention_groups.find_group(self._inbox, query.group), chosen
            )
        unsearched = await self._inbox.count_unsearched(chosen)
        return presenters.present_page(
            await self._inbox.list_events(chosen, before=query.before, limit=query.limit),
            unsearched,
        )

    async def event(self, call: OperationCall) -> views.EventView:
        try:
            stored = await self._inbox.find_event(call.path.id)
        except Unknown as unknown:
            raise NotFound(str(unknown)) from unknown
        people = await presenters.find_people(self._gateway, stored)
        return presenters.present_event(self._gateway, stored, people)

    async def groups(self, call: OperationCall) -> views.GroupsView:
        query: parameters.GroupsQuery = call.query
        dead, quarantined = await self._inbox.list_groups(
            most=query.limit, skip=query.skip, by=query.by
        )
        number = await self._inbox.count_groups()
        shown = (
            tuple(map(presenters.present_dead_group, dead)),
            tuple(map(presenters.present_quarantined_group, quarantined)),
        )
        return views.GroupsView(*shown, number.dead, number.quarantined)

    async def group(self, call: OperationCall) -> views.DeadGroup | views.QuarantinedGroup:
        found = await attention_groups.find_group(self._inbox, call.path.id)
        return (
            presenters.present_dead_group(found)
            if found.kind == "dead"
            else presenters.present_quarantined_group(found)
        )

    async def drift(self, _call: OperationCall) -> views.DriftView:
        return views.DriftView(tuple(await self._inbox.list_drift()))

    async def replays(self, _call: OperationCall) -> views.ReplaysView:
        running = self._gateway.replays.running()
        return views.ReplaysView(
            tuple(views.RunningReplayView(one.started_at, one.done, one.lanes) for one in running)
        )

    async def mapping(self, _call: OperationCall) -> MappingView:
        return MappingView(MappingDocument.of(self._gateway.settings).to_toml())

    async def person(self, call: OperationCall) -> views.PersonView:
        return presenters.present_person(
            await self._inbox.find_person(call.path.email.strip().lower())
        )

    async def erasure(self, call: OperationCall) -> erasure_views.CrmErasures:
        address = call.path.email.strip().lower()
        return erasure_views.CrmErasures(await crm_erasure.plan_erasure(self._gateway, address))

    async def written(self, call: OperationCall) -> views.WrittenRecordView:
        refs = [(call.path.object, call.query.key)]
        (record,) = await find_written_records(self._gateway, call.path.name, refs)
        return record

    async def records(self, call: OperationCall) -> views.RecordPage:
        connector = self._gateway.connectors.get(call.path.name)
        if connector is None:
            raise NotFound(
                f"There is no connector {call.path.name!r}; there are: "
                f"{', '.join(self._gateway.connectors)}."
            )
        if not isinstance(connector, Browsable):
            raise NotFound(
                f"The connector {call.path.name!r} cannot list its records; look in the CRM itself."
            )
        try:
            return presenters.present_record_page(
                await connector.records(call.path.object, call.query.limit, call.query.before)
            )
        except ValueError as error:
            raise UnfitParameter(f"`before`: {error}") from error
