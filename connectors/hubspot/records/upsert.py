"""Writing records: those whose id is known by it, others by their key.

What HubSpot turns down gets a second chance where there is another way.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from connectors.base import Misconfigured, Outcome, Record, Retry, Saved
from connectors.error_rules import ErrorOutcome
from connectors.hubspot.error_table import rule_of
from connectors.hubspot.errors import HubSpotCallRefused, call_error, record_outcome
from connectors.hubspot.json_answers import items_of, properties_of
from connectors.hubspot.records.account_rules import AccountRule, AccountRules, broken_rule
from connectors.hubspot.records.optional_properties import is_optional_property, left_out
from connectors.hubspot.records.result_match import MatchedResults, match_batch
from connectors.hubspot.records.rows import BatchRow, prepare_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from connectors.hubspot.account import AccountSchema
    from connectors.hubspot.api import HubSpotApi
    from connectors.hubspot.error_body import HubSpotError
    from connectors.hubspot.settings import HubSpotSettings

NO_OUTCOME = "HubSpot's answer does not say what became of this record"

OPTIONS_CHANGED = "an option has been taken away in HubSpot meanwhile: it is made again"
TAKEN = "CONFLICTING_UNIQUE_VALUE"

NOT_MADE_ANEW = "it was deleted in HubSpot, and the mapping makes none"

Outcomes = dict[str, Outcome]
"""By trace id."""


@dataclass(frozen=True, slots=True)
class UpsertBatch:
    """One upsert of one type of object, known by one property."""

    type: str
    key_field: str
    api: HubSpotApi
    account: AccountSchema
    rules: AccountRules
    settings: HubSpotSettings

    async def write(self, records: Sequence[Record]) -> list[Outcome]:
        """Outcomes in the order of the records. Raises what concerns all of them."""
        try:
            prepared = await prepare_rows(
                self.type, self.key_field, records, self.account, self.settings
            )
            outcomes = await self.send([row for row in prepared if isinstance(row, BatchRow)])
        except Misconfigured:
            self.account.forget(self.type)
            raise
        return [outcomes[row.trace] if isinstance(row, BatchRow) else row for row in prepared]

    async def send(self, rows: Sequence[BatchRow]) -> Outcomes:
        """Write what no known rule of the account refuses, and now and then what one does."""
        ruled = {row.trace: rule for row in rows if (rule := self.rules.concerning(self.type, row))}
        outcomes: Outcomes = {}
        for calls in _in_calls([row for row in rows if row.trace not in ruled]):
            outcomes |= await self._post(calls)
        for rule in dict.fromkeys(ruled.values()):
            outcomes |= await self._answer_by_rule(
                [row for row in rows if ruled.get(row.trace) == rule], rule
            )
        return outcomes

    async def _answer_by_rule(self, rows: Sequence[BatchRow], rule: AccountRule) -> Outcomes:
        """Answer from memory, unless it is time to see whether the rule still stands."""
        if not self.rules.take_turn(rule):
            return {row.trace: rule.hold() for row in rows}
        outcomes: Outcomes = {}
        for calls in _in_calls(rows):
            outcomes |= await self._post(calls)
        retries = (outcome for outcome in outcomes.values() if isinstance(outcome, Retry))
        if all(retry.rule != rule.text for retry in retries):
            self.rules.forget(rule)
        return outcomes

    async def _post(self, rows: Sequence[BatchRow]) -> Outcomes:
        """Write in one call what goes the same way.

        A refused batch of several is the gateway's to split.
        """
        if not rows:
            return {}
        way, inputs = (
            ("update", [row.as_update(self.key_field) for row in rows])
            if rows[0].known_id
            else ("upsert", [row.as_upsert(self.key_field) for row in rows])
        )
        try:
            path = self.api.paths.batch(self.type, way)
            data = await self.api.call("POST", path, {"inputs": inputs})
        except HubSpotCallRefused as error:
            if len(rows) > 1:
                return await self._refused_together(rows, error)
            return await self._again(rows, {rows[0].trace: error.fault})
        self.account.notice(items_of(data, "results"))
        found = match_batch(rows, self.key_field, data)
        outcomes: Outcomes = {**found.saved}
        refused = [row for row in rows if row.trace in found.faults]
        outcomes |= await self._again(refused, found.faults)
        return outcomes | await self._loose(found)

    async def _loose(self, found: MatchedResults) -> Outcomes:
        """Ask alone for what the answer says nothing certain of: then it is about nothing else."""
        if found.saved:
            return {row.trace: (await self._post([row]))[row.trace] for row in found.loose}
        if found.loose and found.stray_faults:
            raise call_error(found.stray_faults[0])  # as if the whole batch had been refused
        return {row.trace: Retry(NO_OUTCOME) for row in found.loose}

    async def _again(self, rows: Sequence[BatchRow], faults: dict[str, HubSpotError]) -> Outcomes:
        """Write refused rows another way where there is one, and say what becomes of the others."""
        outcomes: Outcomes = {}
        others: list[BatchRow] = []
        for row in rows:
            fault = faults[row.trace]
            if fault.field in row.grows and "INVALID_OPTION" in fault.words:
                self.account.forget(self.type)
                outcomes[row.trace] = Retry(OPTIONS_CHANGED)
            elif other := self._another_way(row, fault):
                others.append(other)
            else:
                outcomes[row.trace] = self._outcome(row, fault)
        for calls in _in_calls(others):
            outcomes |= await self._post(calls)
        return outcomes

    def _another_way(self, row: BatchRow, fault: HubSpotError) -> BatchRow | None:
        """The row as HubSpot may take it after this refusal; each way can be gone once."""
        name = fault.field or ""
        if name in row.properties and is_optional_property(self.type, fault, self.settings):
            return row.without(name, left_out(name, row.properties[name], fault.message))
        if row.known_id and rule_of(fault).outcome is ErrorOutcome.GONE:
            return row.made_anew() if row.creates else None
        if row.former_key is not None and (fault.existing_id or TAKEN in fault.words):
            return row.given_up()
        if fault.existing_id and self.type == "contacts" and not (row.known_id or row.claimed):
            own_key = {} if self.key_field == "email" else {self.key_field: row.key}
            return replace(
                row,
                known_id=fault.existing_id,
                claimed=True,
                properties={**row.properties, **own_key},
            )
        return None

    def _outcome(self, row: BatchRow, fault: HubSpotError) -> Outcome:
        if not row.creates and rule_of(fault).outcome is ErrorOutcome.GONE:
            return Saved("", notes=(NOT_MADE_ANEW,))
        is_rule = rule_of(fault).outcome is ErrorOutcome.ACCOUNT_RULE
        rule = broken_rule(self.type, fault, [row]) if is_rule else None
        if rule is None:
            return record_outcome(fault)
        self.rules.learn(rule)
        return rule.hold()

    async def _refused_together(
        self, rows: Sequence[BatchRow], error: HubSpotCallRefused
    ) -> Outcomes:
        """The whole call was refused.

        Where HubSpot says for what, the others are written all the same.
        """
        fault, outcome = error.fault, rule_of(error.fault).outcome
        gone = [row for row in rows if row.known_id in fault.ids]
        if gone and outcome is ErrorOutcome.GONE:
            outcomes = await self._post([row for row in rows if row not in gone])
            return outcomes | await self._again(gone, {row.trace: fault for row in gone})
        rule = broken_rule(self.type, fault, rows) if outcome is ErrorOutcome.ACCOUNT_RULE else None
        if rule is None or not any(rule.concerns(row) for row in rows):
            raise error
        return await self._hold_back(rows, rule)

    async def _hold_back(self, rows: Sequence[BatchRow], rule: AccountRule) -> Outcomes:
        """Let wait what a rule has just refused, and write what it can't be about."""
        self.rules.learn(rule)
        concerned = [row for row in rows if rule.concerns(row)]
        innocent = await self._innocent(concerned, rule)
        guilty = [row for row in concerned if row.trace not in innocent]
        outcomes: Outcomes = {row.trace: rule.hold() for row in guilty}
        others = [innocent.get(row.trace, row) for row in rows if row.trace not in outcomes]
        for calls in _in_calls(others):
            outcomes |= await self._post(calls)
        return outcomes

    async def _innocent(self, rows: Sequence[BatchRow], rule: AccountRule) -> dict[str, BatchRow]:
        """Those, by trace id, that HubSpot turns out to have, or to have the value of."""
        by_id = bool(rows[0].known_id)
        wanted = {"properties": [rule.needed, self.key_field], "propertiesWithHistory": []}
        keys = [row.known_id if by_id else row.key for row in rows]
        body = {
            **wanted,
            "inputs": [{"id": key} for key in keys],
            **({} if by_id else {"idProperty": self.key_field}),
        }
        try:
            data = await self.api.call("POST", self.api.paths.batch(self.type, "read"), body)
        except (Misconfigured, HubSpotCallRefused):
            return {}  # who may not look takes all for concerned
        found = match_batch(rows, self.key_field, data).saved
        read = items_of(data, "results")
        filled = {str(item.get("id")) for item in read if properties_of(item).get(rule.needed)}
        there = ((row, found[row.trace].id) for row in rows if row.trace in found)
        may = ((row, id_) for row, id_ in there if not rule.conditional or id_ in filled)
        return {row.trace: replace(row, known_id=id_) for row, id_ in may}


def _in_calls(rows: Iterable[BatchRow]) -> list[list[BatchRow]]:
    """Sort rows into calls: by key or by id, and no id twice in one, which HubSpot refuses."""
    calls: list[list[BatchRow]] = []
    for row in rows:
        fitting = (
            call
            for call in calls
            if bool(call[0].known_id) == bool(row.known_id)
            and (row.known_id is None or row.known_id not in {other.known_id for other in call})
        )
        call = next(fitting, None)
        if call is None:
            calls.append([row])
        else:
            call.append(row)
    return calls
