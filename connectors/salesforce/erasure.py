"""Erases a person from the org: the fields that we own are emptied, or the Contact is deleted.

An Account is never deleted: Salesforce deletes with it whatever stands under it (Salesforce Help,
"Deleting Accounts"). What is deleted stays in the org's Recycle Bin for 15 days.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from connectors.base import ObjectNeed, Plan, Problem, Ref, Report, Saved, Step
from connectors.error_rules import ErrorOutcome
from connectors.salesforce.error_table import PERMISSIONS
from connectors.salesforce.objects import api_name
from connectors.salesforce.records.lookup import FoundRow, fold_case, select_queries
from connectors.salesforce.records.row_writer import read_results
from connectors.salesforce.settings import key_field_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from connectors.base import Needs
    from connectors.salesforce.api import SalesforceApi
    from connectors.salesforce.errors import SalesforceFailure
    from connectors.salesforce.objects import ObjectCache, ObjectField, SObject
    from connectors.salesforce.settings import SalesforceSettings

AT_ONCE = 200
ERASED = "(erased)"
"""Stands in a name that Salesforce requires."""

ADDRESS = re.compile(r"[^\s<>\"'(),;:]+@[^\s<>\"'(),;:]+")
TEXTS = {"string", "textarea", "email", "phone", "url"}
ELSEWHERE = "{} {} has the person's e-mail, and the gateway never wrote it"
STAYS = "{} {} stays: its key holds no address, and orders are the school's books"
RIGHT = f"give the run-as user the right to {{}} {{}}: {PERMISSIONS}"


class ErasurePlanner:
    """Plans what is erased of one person."""

    def __init__(
        self, api: SalesforceApi, objects: ObjectCache, settings: SalesforceSettings, needs: Needs
    ) -> None:
        self._api = api
        self._objects = objects
        self._settings = settings
        self._needs = {api_name(need.object): need for need in needs}

    async def plan(self, addresses: Iterable[str], records: Mapping[Ref, str]) -> Plan:
        """List one step per record, and what is left to people."""
        person = frozenset(address.strip().lower() for address in addresses)
        steps: list[Step] = []
        blockers: list[Problem] = []
        places, others = await self._places(person, records)
        for name, id_ in places:
            sobject = await self._objects.need(name)
            delete = name != "Account" and self._settings.on_forget == "delete"
            steps.append(_deletion(name, id_) if delete else self._emptying(sobject, id_))
            if not (sobject.deletable if delete else sobject.updateable):
                blockers.append(_no_right("delete" if delete else "edit", name, id_))
        blockers += [
            Problem(f"{name} {id_}", text, "see to it yourself", fatal=False)
            for name, id_, text in others
        ]
        return Plan(tuple(steps), tuple(blockers))

    async def _places(
        self, person: Collection[str], records: Mapping[Ref, str]
    ) -> tuple[list[tuple[str, str]], list[tuple[str, str, str]]]:
        """Find the person's own records, and those that are left to people, with the reason."""
        known = {id_: ref for ref, id_ in records.items()}
        places: dict[str, str] = {}
        others: list[tuple[str, str, str]] = []
        for id_, ref in known.items():
            name = api_name(ref.object)
            if name == "Contact" or any(one in ref.key.lower() for one in person):
                places[id_] = name
            else:
                others.append((name, id_, STAYS.format(name, id_)))
        for name, row in await self._find_rows(person):
            own = name == "Account" or fold_case(row[self._key_of(name)]) in person
            if own:
                places.setdefault(str(row["Id"]), name)
            elif row["Id"] not in places:
                others.append((name, str(row["Id"]), ELSEWHERE.format(name, row["Id"])))
        return [(name, id_) for id_, name in places.items()], others

    async def _find_rows(self, person: Collection[str]) -> list[tuple[str, FoundRow]]:
        """Look for the person's Contacts by key and by e-mail, and for the Account of their own."""
        key = self._key_of("Contact")
        columns = ["Id", "Email", key]
        queries = [
            *select_queries(columns, "Contact", "Email", person),
            *select_queries(columns, "Contact", key, person),
        ]
        if self._settings.account.policy in ("person", "domain"):
            account_key = self._settings.account.key_field
            queries += select_queries(["Id"], "Account", account_key, person)
        rows = await self._api.query(*dict.fromkeys(queries))
        unique = {row["Id"]: row for row in rows}
        return [(row["attributes"]["type"], row) for row in unique.values()]

    def _key_of(self, name: str) -> str:
        if name == "Account":
            return self._settings.account.key_field
        need = self._needs.get(name)
        return key_field_of(self._settings, name, need.key_field if need else None)

    def _emptying(self, sobject: SObject, id_: str) -> Step:
        need = self._needs.get(sobject.name) or ObjectNeed(sobject.name, None, {})
        names = dict.fromkeys(
            (self._key_of(sobject.name), *(["Name"] if sobject.name == "Account" else need.fields))
        )
        body = dict(_emptied(sobject.fields[name] for name in names if name in sobject.fields))
        text = f"empty {', '.join(body)} of {sobject.name} {id_}"
        return Step(text, {"object": sobject.name, "id": id_, "body": body})


async def erase_records(api: SalesforceApi, plan: Plan) -> Report:
    """Carry out a plan, up to 200 records a call. What is gone already counts as done."""
    done: list[str] = []
    failed: list[Problem] = []
    deletions = [step for step in plan.steps if "body" not in step.data]
    updates = [step for step in plan.steps if "body" in step.data]
    for steps in (*_chunks(updates), *_chunks(deletions)):
        for step, result in zip(steps, await _carry_out(api, steps), strict=True):
            if result is None or result.outcome is ErrorOutcome.GONE:
                done.append(step.text)
            else:
                failed.append(
                    Problem(step.text, ADDRESS.sub("(address)", str(result)), result.rule.remedy)
                )
    return Report(tuple(done), tuple(failed))


async def _carry_out(api: SalesforceApi, steps: Sequence[Step]) -> list[SalesforceFailure | None]:
    if "body" in steps[0].data:
        records = [
            {
                "attributes": {"type": step.data["object"]},
                "id": step.data["id"],
                **step.data["body"],
            }
            for step in steps
        ]
        body = {"allOrNone": False, "records": records}
        answer = await api.call("PATCH", "composite/sobjects", body, writes=True)
    else:
        named = ",".join(step.data["id"] for step in steps)
        answer = await api.call(
            "DELETE", f"composite/sobjects?ids={named}&allOrNone=false", writes=True
        )
    return [_failure(result) for result in read_results(answer, len(steps))]


def _failure(result: Saved | SalesforceFailure) -> SalesforceFailure | None:
    return None if isinstance(result, Saved) else result


def _emptied(fields: Iterable[ObjectField]) -> Iterator[tuple[str, Any]]:
    """Give what each field is emptied to; one that can't be is left out."""
    for field in fields:
        if not field.updateable or field.parents:
            continue
        if field.type == "boolean":
            yield field.name, False
        elif not field.required:
            yield field.name, None
        elif field.type in TEXTS:
            yield field.name, ERASED


def _deletion(name: str, id_: str) -> Step:
    return Step(
        f"delete {name} {id_}, which stays in the Recycle Bin for 15 days",
        {"object": name, "id": id_},
    )


def _no_right(verb: str, name: str, id_: str) -> Problem:
    return Problem(
        f"{name} {id_}", f"the run-as user may not {verb} {name}", RIGHT.format(verb, name)
    )


def _chunks(steps: Sequence[Step]) -> Iterator[Sequence[Step]]:
    for start in range(0, len(steps), AT_ONCE):
        yield steps[start : start + AT_ONCE]
