"""How a test talks to a fake's admin surface, whether the fake runs in its process or in
another.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.request import Request, urlopen


class Admin:
    """Sets up and looks into the fake that listens at `url`."""

    def __init__(self, url: str) -> None:
        self.url = url

    def reset(self, *, bare: bool = False) -> None:
        """Begin anew; a `bare` org has none of the gateway's fields."""
        self._do("reset", bare=bare)

    def forget(self) -> None:
        """Begin counting anew."""
        self._do("forget")

    def configure(self, **options: Any) -> None:
        """Change org.Options."""
        self._do("configure", **options)

    def seed(self, object: str, **values: Any) -> str:
        """Make a row and return its id; no checks are made."""
        return str(self._do("seed", object=object, values=values))

    def records(self, object: str) -> list[dict[str, Any]]:
        """All rows that are not deleted, oldest first; `writes` says how often a row was
        written.
        """
        return list(self._do("records", object=object))

    def change(self, id: str, **values: Any) -> None:
        """Edit a row as a person would; `_read_only=True` takes the right to edit it from everybody
        else.
        """
        self._do("change", id=id, values=values)

    def delete(self, id: str) -> None:
        self._do("delete", id=id)

    def add_object(self, name: str, prefix: str) -> None:
        self._do("add_object", name=name, prefix=prefix)

    def add_field(self, object: str, **field: Any) -> None:
        """Add a schema.Field: a text of 255 characters unless `type` says otherwise."""
        self._do("add_field", object=object, field=field)

    def change_field(self, object: str, field: str, **changes: Any) -> None:
        """Change what a schema.Field says; `granted=False` hides it."""
        self._do("change_field", object=object, field=field, changes=changes)

    def remove_field(self, object: str, field: str) -> None:
        self._do("remove_field", object=object, field=field)

    def grant_object(self, object: str, *, granted: bool, readable: bool = False) -> None:
        """Let everybody write an object, or only those to whom a permission set gives it;
        `readable` lets all read it.
        """
        self._do("grant_object", object=object, granted=granted, readable=readable)

    def rule(
        self,
        object: str,
        field: str,
        value: Any,
        message: str,
        code: str = "FIELD_CUSTOM_VALIDATION_EXCEPTION",
    ) -> None:
        """Add a validation rule: no row may hold this value.

        Another `code` makes it another refusal.
        """
        rule = {"object": object, "field": field, "value": value, "message": message, "code": code}
        self._do("rule", **rule)

    def clear_rules(self) -> None:
        self._do("clear_rules")

    def lock(self, value: str, times: int = 1) -> None:
        """Lock the row that holds this value, for so many writes."""
        self._do("lock", value=value, times=times)

    def expire_tokens(self) -> None:
        self._do("expire_tokens")

    def fault(self, match: str = "", **fault: Any) -> None:
        """Script a faults.Fault."""
        self._do("fault", match=match, **fault)

    def misbehave(self, rate: float, seed: int, **chaos: Any) -> None:
        """Spoil this share of all calls; see faults.Chaos."""
        self._do("misbehave", rate=rate, seed=seed, **chaos)

    def clear_faults(self) -> None:
        self._do("clear_faults")

    def stats(self) -> dict[str, int]:
        """Count `calls`, `sign_ins`, `sign_in_attempts` since the last `forget`, and `used` of the
        day's calls.
        """
        return dict(self._do("stats"))

    def requests(self) -> list[dict[str, Any]]:
        """List what was asked since the last `forget`: `call` like "GET /limits", `status` (None:
        no answer), `query`, `headers`.
        """
        return list(self._do("requests"))

    def called(self, start: str) -> int:
        """How many of these begin with such a call."""
        return sum(each["call"].startswith(start) for each in self.requests())

    def _do(self, verb: str, **arguments: Any) -> Any:
        request = Request(
            f"{self.url}/__admin/{verb}", json.dumps(arguments).encode(), method="POST"
        )
        with urlopen(request, timeout=30) as answer:
            return json.load(answer)["answer"]
