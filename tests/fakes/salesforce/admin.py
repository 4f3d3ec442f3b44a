"""The admin surface, `POST /__admin/{verb}` with the verb's arguments as JSON: how tests set the
fake up and look into it.
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

from tests.fakes.salesforce.faults import Chaos, Fault
from tests.fakes.salesforce.org import Options, Validation, folded, opened
from tests.fakes.salesforce.rows import make_primary
from tests.fakes.salesforce.schema import Field, SObject, text

if TYPE_CHECKING:
    from tests.fakes.salesforce.app import App


class Surface:
    """Its public methods are the verbs; `client.Admin` documents them."""

    def __init__(self, app: App) -> None:
        self._app = app

    def reset(self, bare: bool = False) -> None:
        self._app.org, self._app.faults, self._app.chaos = opened(bare=bare), [], Chaos()
        self.forget()

    def forget(self) -> None:
        self._app.counts.clear()
        self._app.requests.clear()

    def configure(self, **options: Any) -> None:
        unknown = options.keys() - {each.name for each in fields(Options)}
        if unknown:
            raise ValueError(f"no options: {', '.join(sorted(unknown))}")
        self._app.org.options = replace(self._app.org.options, **options)

    def seed(self, object: str, values: dict[str, Any]) -> str:
        id_ = self._app.org.insert(object, values)
        if object == "OpportunityContactRole" and values.get("IsPrimary"):
            make_primary(self._app.org, id_)
        return id_

    def records(self, object: str) -> list[dict[str, Any]]:
        return [
            row | {"writes": self._app.org.writes[row["Id"]]} for row in self._app.org.alive(object)
        ]

    def change(self, id: str, values: dict[str, Any]) -> None:
        found = self._app.org.row(id)
        if found is None:
            raise ValueError(f"no row {id}")
        real = {name: value for name, value in values.items() if not name.startswith("_")}
        found[1].update({name: value for name, value in values.items() if name.startswith("_")})
        self._app.org.update(found[0], found[1]["Id"], real)

    def delete(self, id: str) -> None:
        found = self._app.org.row(id)
        if found is None:
            raise ValueError(f"no row {id}")
        found[1]["IsDeleted"] = True
        # they go with the Contact or the Opportunity
        for role in self._app.org.alive("OpportunityContactRole"):
            role["IsDeleted"] = found[1]["Id"] in (role["OpportunityId"], role["ContactId"])

    def add_object(self, name: str, prefix: str) -> None:
        self._app.org.objects[name] = SObject(
            name,
            prefix,
            {"Id": Field("Id", "id", 18, createable=False, updateable=False, default="")},
        )
        self.add_field(name, {"name": "Name", "type": "string", "length": 80})
        for field in ("CreatedDate", "IsDeleted", "OwnerId"):
            self._app.org.objects[name].fields[field] = self._app.org.objects["Contact"].fields[
                field
            ]

    def add_field(self, object: str, field: dict[str, Any]) -> None:
        made = (
            Field(**field | {"options": tuple(field.get("options", ()))})
            if "type" in field
            else text(**field)
        )
        self._app.org.objects[object].fields[made.name] = made

    def change_field(self, object: str, field: str, changes: dict[str, Any]) -> None:
        kind = self._app.org.objects[object]
        kind.fields[field] = replace(kind.fields[field], **changes)
        self._app.org.reindex(object, field)

    def remove_field(self, object: str, field: str) -> None:
        del self._app.org.objects[object].fields[field]
        self._app.org.reindex(object, field)

    def grant_object(self, object: str, granted: bool, readable: bool) -> None:
        kind = self._app.org.objects[object]
        kind.granted, kind.readable = granted, readable

    def rule(self, object: str, field: str, value: Any, message: str, code: str) -> None:
        self._app.org.rules.append(Validation(object, field, value, message, code))

    def clear_rules(self) -> None:
        self._app.org.rules.clear()

    def lock(self, value: str, times: int = 1) -> None:
        self._app.org.locks[folded(value)] = times

    def expire_tokens(self) -> None:
        self._app.expire_tokens()

    def fault(self, **fault: Any) -> None:
        self._app.faults.append(Fault(**fault))

    def clear_faults(self) -> None:
        self._app.faults, self._app.chaos = [], Chaos()

    def misbehave(self, **chaos: Any) -> None:
        self._app.chaos = Chaos(
            **chaos | ({"kinds": tuple(chaos["kinds"])} if "kinds" in chaos else {})
        )

    def stats(self) -> dict[str, int]:
        counts = self._app.counts
        return {name: counts[name] for name in ("calls", "sign_ins", "sign_in_attempts")} | {
            "used": self._app.org.used
        }

    def requests(self) -> list[dict[str, Any]]:
        return self._app.requests
