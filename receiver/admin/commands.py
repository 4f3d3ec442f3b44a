"""The operations of the admin API that change something."""

from __future__ import annotations

from typing import Literal

from receiver.admin import (
    act_views,
    attention_groups,
    crm_erasure,
    erasure_views,
    parameters,
    replay_and_amend,
    views,
)
from receiver.admin.activity import alarms
from receiver.admin.configuration.reload import ReloadView, reload_configuration
from receiver.admin.operation import NotFound, OperationCall, UnfitParameter
from receiver.gateway import Gateway
from receiver.inbox import DeliverySelection, Unknown


class AdminCommands:
    """The handlers of these operations, over an open gateway."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._inbox = gateway.inbox

    async def replay(self, call: OperationCall) -> act_views.ReplayedView:
        body: parameters.ReplayBody = call.body
        done = await replay_and_amend.replay_events(
            self._gateway, await self._selection(body), dry_run=body.dry_run
        )
        return act_views.ReplayedView(
            done.again,
            done.chosen,
            done.lanes,
            body.dry_run,
            done.routed,
            done.notes,
            done.later,
            done.people,
            done.to_connectors(),
        )

    async def discard(self, call: OperationCall) -> act_views.DiscardedView:
        return act_views.DiscardedView(
            await self._inbox.discard_selected(
                await self._selection(call.body), now=self._gateway.now()
            )
        )

    async def _selection(self, body: parameters.DeliveriesBody) -> DeliverySelection:
        if body.group is None:
            return body.selection()
        return DeliverySelection(
            filter=attention_groups.group_filter(
                await attention_groups.find_group(self._inbox, body.group, "dead")
            )
        )

    async def discard_one(self, call: OperationCall) -> act_views.DiscardedView:
        discarded = await self._inbox.discard_selected(
            DeliverySelection(deliveries=(call.path.id,)), now=self._gateway.now()
        )
        if not discarded:
            raise NotFound(f"There is no delivery {call.path.id} that is pending or dead.")
        return act_views.DiscardedView(discarded)

    async def revalidate(self, _call: OperationCall) -> act_views.RevalidatedView:
        accepted, remaining = await replay_and_amend.revalidate_quarantine(self._gateway)
        return act_views.RevalidatedView(accepted, remaining)

    async def amend(self, call: OperationCall) -> act_views.AmendedView:
        body: parameters.AmendBody = call.body
        try:
            done = await replay_and_amend.amend_call(
                self._gateway, call.path.id, event=body.event, body=body.content()
            )
        except Unknown as unknown:
            raise NotFound(str(unknown)) from unknown
        if done.accepted is None:
            raise UnfitParameter(
                "Nothing was changed, it still has faults: "
                + "; ".join(f"{path or 'body'}: {why}" for path, why in done.errors)
            )
        status: Literal["accepted", "duplicate"] = (
            "duplicate" if done.accepted.duplicate else "accepted"
        )
        return act_views.AmendedView(
            done.accepted.id, done.event or "", status, done.accepted.deliveries
        )

    async def discard_calls(self, call: OperationCall) -> act_views.DiscardedView:
        body: parameters.CallsBody = call.body
        if body.ids is not None:
            return act_views.DiscardedView(await self._inbox.discard_quarantined(body.ids))
        if body.group is None:
            return act_views.DiscardedView(
                await replay_and_amend.discard_calls(self._gateway, body.filter())
            )
        group = await attention_groups.find_group(self._inbox, body.group, "quarantined")
        return act_views.DiscardedView(
            await replay_and_amend.discard_calls(
                self._gateway, attention_groups.group_filter(group)
            )
        )

    async def pause(self, call: OperationCall) -> views.PausedView:
        """No delivery begins from now on; what is under way ends."""
        name = self._connector(call)
        before = (await self._inbox.find_states()).get(name)
        await self._inbox.stop_connector([name], call.body.reason.strip(), now=self._gateway.now())
        return views.PausedView(paused=True, changed=not before or before.paused != "operator")

    async def resume(self, call: OperationCall) -> views.PausedView:
        changed = await self._inbox.start_connector(self._connector(call))
        return views.PausedView(paused=False, changed=changed)

    async def acknowledge(self, call: OperationCall) -> alarms.AlarmView:
        return await alarms.acknowledge_alarm(self._gateway, call.path.alarm)

    async def snooze(self, call: OperationCall) -> alarms.AlarmView:
        return await alarms.snooze_alarm(self._gateway, call.path.alarm, call.body.hours)

    def _connector(self, call: OperationCall) -> str:
        name: str = call.path.name
        if name not in self._gateway.settings.connectors:
            known = ", ".join(self._gateway.settings.connectors)
            raise NotFound(f"There is no connector {name!r}; there are: {known}.")
        return name

    async def reload(self, _call: OperationCall) -> ReloadView:
        return await reload_configuration(self._gateway)

    async def new_account(self, call: OperationCall) -> act_views.NewAccountView:
        name, there = call.path.name, self._gateway.settings.connectors
        if name not in there:
            raise NotFound(f"There is no connector {name!r}; there are: {', '.join(there)}.")
        return act_views.NewAccountView(name, await self._inbox.change_account(name))

    async def forget(self, call: OperationCall) -> erasure_views.ErasedView:
        address = call.path.email.strip().lower()
        gone, crm = await crm_erasure.forget_person(
            self._gateway, address, in_crm=call.query.in_crm
        )
        return erasure_views.ErasedView(
            crm=crm,
            beyond_reach=erasure_views.BEYOND_REACH_WITH_CRM if crm else erasure_views.BEYOND_REACH,
            events=gone.events,
            shared_events=gone.shared,
            deliveries=gone.deliveries,
            attempts=gone.attempts,
            lanes=gone.lanes,
            remote_ids=gone.remotes,
            mentions=gone.mentions,
        )
