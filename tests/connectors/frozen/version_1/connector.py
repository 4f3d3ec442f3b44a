"""Old Crm as a connector: the CRM's paths and shapes, and nothing else."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from importlib.resources import files
from typing import ClassVar, Self

from connectors.base import (
    Append,
    BatchRefused,
    ConnectorSettings,
    Context,
    Found,
    Limits,
    Link,
    Needs,
    Outcome,
    Plan,
    Problem,
    Record,
    Report,
    Retry,
    Saved,
    Step,
    Value,
)
from connectors.http import HttpApi, Json, KeyTaken, RecordGone, bearer, value_at

from .error_rules import RULES
from .settings import OldCrmSettings


class OldCrmConnector:
    """Writes one record per call: by its id where that is known, else looked up by its key."""

    API: ClassVar[int] = 1
    Settings: ClassVar[type[ConnectorSettings]] = OldCrmSettings
    key_fields: ClassVar[Mapping[str, str]] = {"contact": "email", "deal": "aom_order_key"}
    limits = Limits(records=50, concurrency=2)

    def __init__(self, settings: OldCrmSettings, context: Context) -> None:
        self._api = HttpApi(
            "Old Crm",
            settings,
            context,
            base_url=settings.base_url,
            headers={"Authorization": bearer(settings.api_token)},
            rules=RULES,
        )

    @classmethod
    def open(cls, settings: OldCrmSettings, context: Context) -> Self:
        return cls(settings, context)

    @classmethod
    def shipped_mappings(cls) -> Mapping[str, str]:
        return {"standard": (files(__package__) / "standard.toml").read_text("utf-8")}

    # --- records ---

    async def upsert(self, object: str, records: Sequence[Record]) -> Sequence[Outcome]:
        return await self._api.write_each(records, self._save)

    async def _save(self, record: Record) -> Outcome:
        if record.id and not _appends(record):
            try:
                return await self._update(record, record.id, {})
            except (RecordGone, KeyTaken):
                pass  # it is there by its key, or made again
        held = await self._by_key(record) or await self._by_id(record)
        if held:
            return await self._update(record, held.id, held.fields)
        return await self._create(record) if record.creates else Saved("")

    async def _update(self, record: Record, id: str, held: Mapping[str, Json]) -> Outcome:
        fields = self._keyed(record, record.fields, held)
        await self._api.call("PATCH", record.object, id, json={"fields": fields})
        return _with_note(record, Saved(id))

    async def _create(self, record: Record) -> Outcome:
        fields = self._keyed(record, {**record.fields, **record.on_create}, {})
        try:
            answer = await self._api.call("POST", record.object, json={"fields": fields})
        except KeyTaken:
            return Retry("another call has just made it")
        return Saved(value_at(answer, "id", type_=str), created=True)

    async def read(
        self, object: str, records: Sequence[Record], fields: Collection[str]
    ) -> Sequence[Found | None]:
        async def read(record: Record) -> Found | None:
            found = await (self._by_id(record) if record.id else self._by_key(record))
            return found and _only(fields, found)

        return await self._api.read_each(records, read)

    async def _by_id(self, record: Record) -> Found | None:
        if not record.id:
            return None
        try:
            return _found(await self._api.call("GET", record.object, record.id))
        except RecordGone:
            return None

    async def _by_key(self, record: Record) -> Found | None:
        asked = {"field": self._key_field(record), "value": record.key}
        answer = await self._api.call("GET", record.object, params=asked)
        return next(map(_found, value_at(answer, "items", type_=list)), None)

    async def link(self, pairs: Sequence[Link]) -> Sequence[Outcome]:
        async def tie(pair: Link) -> Outcome:
            place = (pair.source_id, "links", pair.target.object, pair.target_id)
            await self._api.call("PUT", pair.source.object, *place)
            return Saved("")

        return await self._api.write_each(pairs, tie)

    def _key_field(self, record: Record) -> str:
        return record.key_field or self.key_fields.get(record.object, "key")

    def _keyed(
        self, record: Record, fields: Mapping[str, Value], held: Mapping[str, Json]
    ) -> dict[str, Json]:
        """Give the fields as the CRM takes them, and the key among them."""
        given = {name: _json(value, held.get(name)) for name, value in fields.items()}
        return {**given, self._key_field(record): record.key}

    # --- set-up ---

    async def check(self, needs: Needs) -> Sequence[Problem]:
        await self._api.call("GET", "account")  # raises what is wrong with the credentials
        plan = await self.plan(needs)
        remedy = "Create it with `aom-gateway provision`, or at Settings → Fields"
        missing = [
            Problem(str(step.data["place"]), f"{step.text} is missing", remedy)
            for step in plan.steps
        ]
        return [*plan.blockers, *missing]

    async def plan(self, needs: Needs) -> Plan:
        steps: list[Step] = []
        blockers: list[Problem] = []
        for need in needs:
            try:
                answer = await self._api.call("GET", "fields", need.object)
            except RecordGone:
                blockers.append(Problem(need.object, "the CRM has no such object"))
                continue
            known = {item["name"] for item in value_at(answer, "items", type_=list)}
            wanted = {need.key_field or "key": None, **need.fields}
            for name in sorted(wanted.keys() - known):
                field = wanted[name]
                place = ", ".join(field.places) if field and field.places else need.object
                kind = (field and field.type) or "string"
                data = {"object": need.object, "name": name, "type": kind, "place": place}
                steps.append(Step(f"{need.object}: the {kind} field {name}", data))
        return Plan(tuple(steps), tuple(blockers))

    async def provision(self, plan: Plan) -> Report:
        done: list[str] = []
        failed: list[Problem] = []
        for step in plan.steps:
            body = {"name": step.data["name"], "type": step.data["type"]}
            try:
                await self._api.call("POST", f"fields/{step.data['object']}", json=body)
            except KeyTaken:
                pass  # somebody has made it meanwhile
            except BatchRefused as refused:
                failed.append(Problem(step.text, str(refused)))
                continue
            done.append(step.text)
        return Report(tuple(done), tuple(failed))

    async def aclose(self) -> None:
        await self._api.aclose()


def _json(value: Value, held: Json) -> Json:
    """Give a value as the CRM takes it: null empties a field, options are added to those held."""
    if isinstance(value, Append):
        return list(dict.fromkeys([*(held or []), *value.values]))
    return None if value == "" else value


def _appends(record: Record) -> bool:
    return any(isinstance(value, Append) for value in record.fields.values())


def _with_note(record: Record, outcome: Outcome) -> Outcome:
    """Tell of both records where another one had the new key of this already."""
    if not record.former_key or not isinstance(outcome, Saved) or outcome.id == record.id:
        return outcome
    note = f"{outcome.id} has this key and was written; {record.id} stays {record.former_key}"
    return replace(outcome, notes=(note,))


def _found(item: Json) -> Found:
    return Found(value_at(item, "id", type_=str), value_at(item, "fields", type_=dict))


def _only(fields: Collection[str], found: Found) -> Found:
    return Found(found.id, {name: found.fields.get(name) for name in fields})
