"""What the gateway keeps for its own operation, as methods of `Inbox`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from receiver.inbox.db.engine import (
    StoreEngines,
)
from receiver.inbox.db.transaction import TransactionRunner
from receiver.inbox.operation import (
    audit,
    connector_state,
    firing_alarms,
    leadership,
    mapping_history,
    running_processes,
    sent_alarms,
    sessions,
    token_uses,
)
from receiver.inbox.operation.audit import AuditEntry, AuditFilter, AuditOutcome
from receiver.inbox.operation.connector_state import ConnectorState
from receiver.inbox.operation.firing_alarms import FiringAlarm
from receiver.inbox.operation.leadership import LeaderTerm
from receiver.inbox.operation.running_processes import RunningProcess
from receiver.inbox.operation.sent_alarms import SentAlarm
from receiver.inbox.operation.sessions import KeptSession
from receiver.inbox.operation.token_uses import TokenUse
from receiver.inbox.reads import waiting_lanes
from receiver.inbox.reads.waiting_lanes import WaitingLanes


class InboxOperation:
    """Leadership, states of connectors, mappings that were in force, running processes, uses of
    tokens, alarms that were sent, sessions of the console, and what operators did.
    """

    _engines: StoreEngines
    _look: TransactionRunner
    _deliver: TransactionRunner
    _read: TransactionRunner
    _write: TransactionRunner

    async def find_state(self, connector: str) -> ConnectorState:
        return await self._look(partial(connector_state.find_state, connector=connector))

    async def find_states(self) -> Mapping[str, ConnectorState]:
        """The states of the connectors of which anything was ever kept."""
        return await self._read(connector_state.find_states)

    async def stop_connector(
        self, connectors: Collection[str], reason: str, *, now: datetime
    ) -> None:
        """Begin no delivery to these until `start_connector`; batches under way end."""
        await self._write(
            partial(
                connector_state.stop_connector, connectors=tuple(connectors), reason=reason, now=now
            )
        )

    async def start_connector(self, connector: str) -> bool:
        """Deliver to it again; False where no operator had stopped it."""
        return await self._write(partial(connector_state.start_connector, connector=connector))

    async def find_waiting(self, connectors: Iterable[str]) -> Mapping[str, WaitingLanes]:
        """Who is tried again at these connectors, and why; where nobody is, it is left out."""
        return await self._read(partial(waiting_lanes.find_waiting, connectors=tuple(connectors)))

    async def keep_state(self, state: ConnectorState, epoch: int) -> None:
        """Keep what its leader knows of a connector; nothing where another leads by now."""
        await self._deliver(partial(connector_state.keep_state, known=state, epoch=epoch))

    async def find_account(self, connector: str) -> str | None:
        """Of which account of the CRM the ids are that are remembered, if that is known."""
        return await self._look(partial(connector_state.find_account, connector=connector))

    async def keep_account(self, connector: str, account: str, epoch: int) -> None:
        """Remember of which account the ids are from now on; nothing where another leads by now."""
        await self._deliver(
            partial(connector_state.keep_account, connector=connector, account=account, epoch=epoch)
        )

    async def change_account(self, connector: str) -> int:
        """Forget which account a connector has written to, and the ids of all records there; who
        leads it begins anew, and finds out to which account they write.

        Returns how many records there were.
        """
        return await self._deliver(partial(connector_state.change_account, connector=connector))

    async def forget_account(self, connector: str, epoch: int) -> int:
        """The same, in the term of its leader; nothing where another leads by now."""
        return await self._deliver(
            partial(connector_state.forget_account, connector=connector, epoch=epoch)
        )

    @property
    def is_shared(self) -> bool:
        """Whether other processes may work on this store."""
        return self._engines.postgresql

    async def take_lead(
        self, role: str, *, holder: str, lease: timedelta, now: datetime
    ) -> LeaderTerm | None:
        """Lead from now on; None where another process does."""
        work = partial(
            leadership.take_lead,
            role=role,
            holder=holder,
            lease=lease,
            alone=not self.is_shared,
            now=now,
        )
        return await self._deliver(work)

    async def renew_lead(
        self, role: str, epoch: int, *, lease: timedelta, calls_end_in: float | None, now: datetime
    ) -> str | None:
        """Go on leading for another lease.

        None where another has taken over, else the rival that asks for the role, or "".
        """
        work = partial(
            leadership.renew_lead,
            role=role,
            epoch=epoch,
            lease=lease,
            calls_end_in=calls_end_in,
            now=now,
        )
        return await self._deliver(work)

    async def give_back_lead(
        self, role: str, epoch: int, *, calls_end_in: float | None, now: datetime
    ) -> None:
        """Let another lead at once; calls that were cut short may be under way for so many
        seconds.
        """
        await self._deliver(
            partial(
                leadership.give_back_lead,
                role=role,
                epoch=epoch,
                calls_end_in=calls_end_in,
                now=now,
            )
        )

    async def ask_for_lead(self, role: str, rival: str) -> None:
        """Tell the leader that a process which leads less would take the role."""
        await self._deliver(partial(leadership.ask_for_lead, role=role, rival=rival))

    async def find_sent_alarms(self, channel: str) -> list[SentAlarm]:
        """The alarms that a channel has told and that are not over."""
        return await self._read(partial(sent_alarms.find_sent_alarms, channel=channel))

    async def keep_sent_alarm(self, channel: str, key: str, about: str, *, now: datetime) -> None:
        """Remember that a channel told an alarm.

        `about` stays as long as the alarm: it must hold no personal data.
        """
        work = partial(sent_alarms.keep_sent_alarm, channel=channel, key=key, about=about, now=now)
        await self._write(work)

    async def forget_sent_alarm(self, channel: str, key: str) -> None:
        """An alarm is over, and a channel told that too."""
        await self._write(partial(sent_alarms.forget_sent_alarm, channel=channel, key=key))

    async def hand_over_channels(self, *, to: Collection[str]) -> None:
        """Let these channels tell the end of what channels that are no more have told."""
        await self._write(partial(sent_alarms.hand_over_channels, to=tuple(to)))

    async def find_firing_alarms(self) -> Sequence[FiringAlarm]:
        """The alarms that hold, with what an operator said of them."""
        return await self._read(firing_alarms.find_firing_alarms)

    async def keep_firing_alarms(self, found: Mapping[str, str]) -> None:
        """These alarms hold, by their keys with what each is about; all others are over."""
        await self._write(partial(firing_alarms.keep_firing_alarms, found=found))

    async def acknowledge_alarm(self, key: str, *, now: datetime) -> bool:
        """Tell an alarm no more until it is over and comes again; False where it does not hold."""
        return await self._write(partial(firing_alarms.acknowledge_alarm, key=key, now=now))

    async def snooze_alarm(self, key: str, *, until: datetime) -> bool:
        """Tell an alarm no more until then; False where it does not hold."""
        return await self._write(partial(firing_alarms.snooze_alarm, key=key, until=until))

    async def find_token_uses(self) -> Sequence[TokenUse]:
        """When each token of each source was used last, of former ones too."""
        return await self._read(token_uses.find_token_uses)

    async def keep_token_uses(self, uses: Iterable[TokenUse]) -> None:
        """Keep when tokens were used last, but where a later use is known already."""
        await self._write(partial(token_uses.keep_token_uses, uses=tuple(uses)))

    async def announce_process(self, running: RunningProcess, *, now: datetime) -> None:
        """Let the other processes know of this one; again and again, or it counts as gone."""
        await self._write(partial(running_processes.announce_process, running=running, now=now))

    async def withdraw_process(self, name: str) -> None:
        """Forget a process that ends."""
        await self._write(partial(running_processes.withdraw_process, name=name))

    async def forget_dead_processes(self) -> None:
        """Forget those that could not withdraw, where one process alone can work on the store."""
        if not self.is_shared:
            await self._write(running_processes.forget_processes)

    async def list_processes(self, *, now: datetime) -> Sequence[RunningProcess]:
        """All processes that work on this store now."""
        return await self._read(partial(running_processes.list_processes, now=now))

    async def keep_mapping(self, toml: str, *, now: datetime) -> None:
        """Keep the mapping that is in force from now on, beside the last few that were.

        It must hold no secret.
        """
        work = partial(mapping_history.keep_mapping, toml=toml, now=now)
        while not await self._write(work):
            pass

    async def add_audit_entry(
        self, who: str, what: str, about: Mapping[str, Any], outcome: AuditOutcome, *, now: datetime
    ) -> int:
        """Note what an operator does; returns the entry's id.

        `about` stays for more than a year: it must hold no personal data.
        """
        return await self._write(
            partial(audit.add_entry, who=who, what=what, about=about, outcome=outcome, now=now)
        )

    async def finish_audit_entry(self, id: int, outcome: AuditOutcome, result: str) -> None:
        """Note what came of it, without personal data."""
        await self._write(partial(audit.finish_entry, id=id, outcome=outcome, result=result))

    async def list_audit(
        self, chosen: AuditFilter, *, before: int | None = None, limit: int = 50
    ) -> Sequence[AuditEntry]:
        """What operators did, newest first, with ids below `before`."""
        return await self._read(
            partial(audit.list_entries, chosen=chosen, before=before, limit=limit)
        )

    async def keep_session(self, kept: KeptSession) -> None:
        """Keep who has signed in."""
        await self._write(partial(sessions.keep_session, kept=kept))

    async def find_session(self, id: str) -> KeptSession | None:
        """Whatever its end is; None where it was ended, or never was."""
        return await self._read(partial(sessions.find_session, id=id))

    async def touch_session(self, id: str, *, now: datetime) -> None:
        """Note that it was used."""
        await self._write(partial(sessions.touch_session, id=id, now=now))

    async def end_session(self, id: str) -> bool:
        """It is not taken any more; False where there is none."""
        return await self._write(partial(sessions.end_session, id=id))

    async def list_sessions(self, *, now: datetime) -> Sequence[KeptSession]:
        """Those that have not run out, the newest first."""
        return await self._read(partial(sessions.list_sessions, now=now))

    async def purge_operation(self, *, now: datetime) -> None:
        """Remove sessions that have run out, and entries of the audit that are too old."""
        await self._write(partial(sessions.purge_sessions, now=now))
        await self._write(partial(audit.purge_entries, now=now))
