"""Bugs in what becomes of records, values and links."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

from connectors.base import (
    Append,
    ConnectorError,
    Link,
    Needs,
    Outcome,
    Plan,
    Problem,
    Record,
    Refused,
    Saved,
    Value,
)
from connectors.testing import faults, links, ownership, records, setup, values
from tests.connectors.planted.bug import Bug
from tests.connectors.planted.connector import PlainConnector
from tests.connectors.planted.crm import MAX_TEXT

Types = Mapping[str, str]


class AnswersInAnotherOrder(PlainConnector):
    async def upsert(self, object: str, records: Sequence[Record]) -> Sequence[Outcome]:
        by_key = sorted(records, key=lambda record: record.key, reverse=True)
        return await super().upsert(object, by_key)


class AnswersTooFew(PlainConnector):
    async def upsert(self, object: str, records: Sequence[Record]) -> Sequence[Outcome]:
        outcomes = await super().upsert(object, records)
        return [one for one in outcomes if not isinstance(one, Saved) or one.created]


class RefusesAllForOne(PlainConnector):
    async def upsert(self, object: str, records: Sequence[Record]) -> Sequence[Outcome]:
        outcomes = await super().upsert(object, records)
        refused = [one for one in outcomes if isinstance(one, Refused)]
        return refused[:1] * len(outcomes) if refused else outcomes


class CreatesEachTime(PlainConnector):
    async def find(self, record: Record) -> str | None:
        return await self.known(record) if record.id else None


class CreatesTheDoubtful(PlainConnector):
    async def find(self, record: Record) -> str | None:
        return None if record.doubtful else await super().find(record)


class SaysCreatedOfAll(PlainConnector):
    async def write(self, record: Record, types: Types) -> Outcome:
        await super().write(record, types)
        return Saved(await self.find(record) or "", created=True)


class KeepsTheCaseOfAddresses(PlainConnector):
    def key(self, record: Record) -> str:
        return record.key


class WritesNoKnownRecord(PlainConnector):
    async def write(self, record: Record, types: Types) -> Outcome:
        if record.id and not record.former_key and not record.on_create:
            return Saved(record.id)
        return await super().write(record, types)


class WritesOnlyTheNewKey(PlainConnector):
    def body(
        self, record: Record, given: Mapping[str, Value], types: Types, held: Mapping[str, Any]
    ) -> dict[str, Any]:
        return super().body(record, {} if record.former_key else given, types, held)


class MakesWhatItMayNot(PlainConnector):
    async def write(self, record: Record, types: Types) -> Outcome:
        return await super().write(replace(record, creates=True), types)


class MakesHalfOfTheRecord(PlainConnector):
    async def write(self, record: Record, types: Types) -> Outcome:
        return await super().write(replace(record, on_create={}), types)


class WritesOnCreateAlways(PlainConnector):
    async def write(self, record: Record, types: Types) -> Outcome:
        all_of_it = {**record.on_create, **record.fields}
        return await super().write(replace(record, fields=all_of_it), types)


class OverwritesOptions(PlainConnector):
    def options(self, value: Append, held: Sequence[str]) -> list[str]:  # noqa: ARG002
        return [*value.values]


class AppendsOptionsTwice(PlainConnector):
    def options(self, value: Append, held: Sequence[str]) -> list[str]:
        return [*held, *value.values]


class DropsBlanks(PlainConnector):
    def body(
        self, record: Record, given: Mapping[str, Value], types: Types, held: Mapping[str, Any]
    ) -> dict[str, Any]:
        filled = {name: value for name, value in given.items() if value != ""}
        return super().body(record, filled, types, held)


class DropsZeros(PlainConnector):
    def body(
        self, record: Record, given: Mapping[str, Value], types: Types, held: Mapping[str, Any]
    ) -> dict[str, Any]:
        filled = {name: value for name, value in given.items() if value or value == ""}
        return super().body(record, filled, types, held)


class BlanksWhatIsAbsent(PlainConnector):
    def body(
        self, record: Record, given: Mapping[str, Value], types: Types, held: Mapping[str, Any]
    ) -> dict[str, Any]:
        return {**dict.fromkeys(types), **super().body(record, given, types, held)}


class DropsUnknownFields(PlainConnector):
    def body(
        self, record: Record, given: Mapping[str, Value], types: Types, held: Mapping[str, Any]
    ) -> dict[str, Any]:
        known = {name: value for name, value in given.items() if name in types}
        return super().body(record, known, types, held)

    async def check(self, needs: Needs) -> Sequence[Problem]:  # noqa: ARG002
        return []


class WritesMomentsAsDays(PlainConnector):
    def moment(self, value: datetime) -> str:
        return value.date().isoformat()


class LosesTheZone(PlainConnector):
    def moment(self, value: datetime) -> str:
        return value.replace(tzinfo=None).isoformat()


class MovesDays(PlainConnector):
    def encode(self, value: Value, held: Any) -> Any:
        if isinstance(value, date) and not isinstance(value, datetime):
            here = datetime.combine(value, time(), timezone(timedelta(hours=2)))
            return here.astimezone(UTC).date().isoformat()
        return super().encode(value, held)


class RoundsDecimals(PlainConnector):
    def encode(self, value: Value, held: Any) -> Any:
        return f"{value:.6g}" if isinstance(value, Decimal) else super().encode(value, held)


class TruncatesDecimals(PlainConnector):
    def encode(self, value: Value, held: Any) -> Any:
        return int(value) if isinstance(value, Decimal) else super().encode(value, held)


class LosesYesAndNo(PlainConnector):
    def encode(self, value: Value, held: Any) -> Any:
        return None if isinstance(value, bool) else super().encode(value, held)


class KnowsLatinAlone(PlainConnector):
    def encode(self, value: Value, held: Any) -> Any:
        if isinstance(value, str) and value:
            return value.encode("latin-1", "replace").decode("latin-1")
        return super().encode(value, held)


class KnowsTheBasicPlaneAlone(PlainConnector):
    def encode(self, value: Value, held: Any) -> Any:
        if isinstance(value, str) and value:
            return "".join(one if ord(one) < 0x10000 else "\ufffd" for one in value)
        return super().encode(value, held)


class LinksNothing(PlainConnector):
    async def tie(self, pair: Link) -> Outcome:  # noqa: ARG002
        return Saved("")


class LinksTwice(PlainConnector):
    async def tie(self, pair: Link) -> Outcome:
        path = f"/records/{pair.source.object}/{pair.source_id}/links"
        await self.call("POST", path, {"to": pair.target_id})
        return Saved("")


class PlansByMaking(PlainConnector):
    async def plan(self, needs: Needs) -> Plan:
        plan = await super().plan(needs)
        await self.provision(plan)
        return plan


class ProbesByWriting(PlainConnector):
    async def plan(self, needs: Needs) -> Plan:
        for need in needs:
            await self.call("POST", f"/records/{need.object}", {})
        return await super().plan(needs)


class ChecksByMaking(PlainConnector):
    async def check(self, needs: Needs) -> Sequence[Problem]:
        problems = await super().check(needs)
        await self.provision(await self.plan(needs))
        return problems


class ChecksNothing(PlainConnector):
    async def check(self, needs: Needs) -> Sequence[Problem]:  # noqa: ARG002
        return []


class FindsAllWellUnseen(PlainConnector):
    async def check(self, needs: Needs) -> Sequence[Problem]:
        try:
            return await super().check(needs)
        except ConnectorError:
            return []


class PlansNothingUnseen(PlainConnector):
    async def plan(self, needs: Needs) -> Plan:
        try:
            return await super().plan(needs)
        except ConnectorError:
            return Plan(())


class CutsLongTexts(PlainConnector):
    def encode(self, value: Value, held: Any) -> Any:
        return super().encode(value[:MAX_TEXT] if isinstance(value, str) else value, held)


class SwallowsErrorsOfLinks(PlainConnector):
    async def link(self, pairs: Sequence[Link]) -> Sequence[Outcome]:
        try:
            return await super().link(pairs)
        except ConnectorError:
            return [Saved("") for _ in pairs]


class SwallowsErrors(PlainConnector):
    async def outcome(self, record: Record, types: Types) -> Outcome:
        try:
            return await super().outcome(record, types)
        except ConnectorError:
            return Saved(record.id or "0")


BUGS = (
    Bug(AnswersInAnotherOrder, records.every_record_is_answered_in_order, "in the order of the"),
    Bug(AnswersTooFew, records.every_record_is_answered_in_order, "1 were sent, 0 outcomes"),
    Bug(RefusesAllForOne, records.one_refused_leaves_the_others, "only the record at fault"),
    Bug(CreatesEachTime, records.repeating_is_harmless, "sent again as it was finds the same"),
    Bug(CreatesTheDoubtful, records.repeating_is_harmless, "sent again as doubtful finds"),
    Bug(SaysCreatedOfAll, records.created_is_told_from_updated, "created is False for a record"),
    Bug(KeepsTheCaseOfAddresses, records.keys_fold, "became two"),
    Bug(WritesNoKnownRecord, ownership.a_known_record_is_written_again, "written by its id"),
    Bug(WritesOnlyTheNewKey, ownership.a_record_with_a_new_key_is_written, "gets a new key"),
    Bug(
        MakesWhatItMayNot,
        ownership.a_deleted_record_is_made_only_where_it_may_be,
        "may not be made, is Saved with an empty id",
    ),
    Bug(
        MakesHalfOfTheRecord,
        ownership.a_deleted_record_is_made_only_where_it_may_be,
        "is made with its `on_create`",
    ),
    Bug(
        WritesOnCreateAlways,
        ownership.a_record_that_is_there_needs_no_on_create,
        "was there, and `on_create` leaves it",
    ),
    Bug(OverwritesOptions, values.options_are_appended_again_and_again, "Append adds"),
    Bug(AppendsOptionsTwice, values.options_are_appended_again_and_again, "Append adds"),
    Bug(DropsBlanks, values.an_empty_text_clears, "'' is due, but the account holds"),
    Bug(DropsZeros, values.falsehoods_and_zeros_are_values, "newsletter was written: False is due"),
    Bug(BlanksWhatIsAbsent, values.an_absent_field_is_left_alone, "not named by the second write"),
    Bug(
        DropsUnknownFields,
        values.an_unknown_field_is_not_dropped_in_silence,
        "no_such_field was saved without a note",
    ),
    Bug(WritesMomentsAsDays, values.values_keep_their_types, "holds '2020-08-11'"),
    Bug(LosesTheZone, values.moments_keep_their_instant, "holds '2020-08-11T23:58:07'"),
    Bug(MovesDays, values.days_stay_days, "holds '1968-02-28'"),
    Bug(RoundsDecimals, values.decimals_keep_all_places, r"holds '98765\.6'"),
    Bug(TruncatesDecimals, values.decimals_keep_all_places, "holds 0"),
    Bug(LosesYesAndNo, values.values_keep_their_types, "newsletter was written: True is due"),
    Bug(KnowsLatinAlone, values.texts_are_held_in_any_script, r"holds '\?ofie"),
    Bug(KnowsTheBasicPlaneAlone, values.texts_are_held_in_any_script, "\ufffdda"),
    Bug(LinksNothing, links.links_are_there, "the account holds no link"),
    Bug(LinksTwice, links.linking_twice_is_harmless, "once, but the account holds"),
    Bug(PlansByMaking, setup.planning_changes_nothing, "planning again plans the same"),
    Bug(ProbesByWriting, setup.planning_changes_nothing, "but it wrote records"),
    Bug(ChecksByMaking, setup.checking_changes_nothing, "check changes nothing, so what is to"),
    Bug(ChecksNothing, setup.checking_changes_nothing, "check names what is missing"),
    Bug(FindsAllWellUnseen, setup.an_account_that_fails_is_never_fine, "check, .* all was fine"),
    Bug(PlansNothingUnseen, setup.an_account_that_fails_is_never_fine, "plan, .* all was fine"),
    Bug(CutsLongTexts, values.a_long_text_is_not_cut_in_silence, "holds 'long "),
    Bug(
        SwallowsErrorsOfLinks,
        faults.server_errors_are_unavailable,
        "nothing is Saved that is not there, but .* is linked",
    ),
    Bug(SwallowsErrors, faults.server_errors_are_unavailable, "nothing is Saved that is not there"),
)
