"""What a connector can do beyond the required: each part counts where all its methods are there.

`connectors.base` exports all of it, and shows them as a tree.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from connectors.needs import Needs, Plan, Report
from connectors.outcomes import Outcome, RefusedOption
from connectors.records import Link, Record, Ref


@runtime_checkable
class Links(Protocol):
    """A connector that ties records in calls of their own.

    Others tie them within the write, by `Record.links`.
    """

    async def link(self, pairs: Sequence[Link]) -> Sequence[Outcome]:
        """Tie up to `limits.links` pairs of the same two objects.

        Outcomes come in the same order, as many; `Saved.id` may be empty.
        """


@dataclass(frozen=True, slots=True)
class Found:
    """What a record holds now. `fields` are the CRM's own values, None or "" where it is empty."""

    id: str
    fields: Mapping[str, Any]


@runtime_checkable
class Reads(Protocol):
    """A connector that can tell what records hold, so that staff's values are not written over.

    The gateway asks where a mapping says `overwrite` or `mode`, and only of what it does not know:
    mostly once in a record's life. A connector without it can't be used with such a mapping.

    Its `upsert` heeds `Record.on_create` and `Record.creates`: people may delete a record between
    `read` and `upsert`, or years later.
    """

    async def read(
        self, object: str, records: Sequence[Record], fields: Collection[str]
    ) -> Sequence[Found | None]:
        """Read up to `limits.records` records of one object and one key field.

        A record is found as `upsert` would find it: by its `id` alone where that is given, else by
        its key, or by whatever else a person is known by. The answers come in the same order, as
        many: None where `upsert` would make a record. Each has all `fields`, also empty ones.

        Asks the gate for each call, and raises ConnectorError as `upsert` does.
        """


@runtime_checkable
class Grows(Protocol):
    """A connector that can make options of multiple-choice fields while it delivers.

    A connector without it can't be used with a mapping that says `grow`.
    """

    async def grow(
        self, object: str, options: Mapping[str, Collection[str]]
    ) -> Sequence[RefusedOption]:
        """See to it that each field takes its options: those that the CRM lacks are made.

        Returns those that it lacks still. An option that differs from one that is there in case
        alone is there. The gateway asks before each write that holds such options, mostly for
        options that are there: remember them for a while. Repeating it is harmless.

        Asks the gate for each call, and raises ConnectorError as `upsert` does, but BatchRefused.
        """


@runtime_checkable
class Identifies(Protocol):
    """A connector that can tell one account of its CRM from another.

    The gateway remembers ids of records. In another account they are other records, or none: it
    asks before it writes for the first time, and stops where the account has changed.
    """

    async def account(self) -> str:
        """Name the account that the credentials lead to: `account 4711`; "" where it can't be told.

        The same account has the same name for ever. Asks the gate for each call, and raises
        ConnectorError as `upsert` does, but BatchRefused.
        """


@runtime_checkable
class ShipsMappings(Protocol):
    """A connector that brings routes of its own: `standard`, and others that add to it."""

    @classmethod
    def shipped_mappings(cls) -> Mapping[str, str]:
        """Give each by its name, as TOML text: `[[routes]]` without `connector`, `[snippets]`."""


@runtime_checkable
class Provisions(Protocol):
    """A connector that can make what the CRM lacks for a mapping."""

    async def plan(self, needs: Needs) -> Plan:
        """Say what `provision` would create for these needs. Changes nothing."""

    async def provision(self, plan: Plan) -> Report:
        """Create what `plan` lists. Repeating it is harmless."""


@runtime_checkable
class Erases(Protocol):
    """A connector that can erase a person: first a plan that a human reads, then its execution."""

    async def plan_erasure(
        self, addresses: Sequence[str], records: Mapping[Ref, str], needs: Needs
    ) -> Plan:
        """Say what `erase` would delete or empty of a person. Changes nothing.

        `addresses` are all that the person has had, the one of now first: the CRM may have them by
        any. `records` are those of the person that the gateway knows, with the CRM's ids; `needs`
        says which fields are written, and so are the gateway's to empty. What stands in the way, or
        is left to people, is a blocker of the plan.
        """

    async def erase(self, plan: Plan) -> Report:
        """Carry out what `plan_erasure` listed; repeating it is harmless.

        The report is kept, so it holds no address and no name.
        """


@dataclass(frozen=True, slots=True)
class Entry:
    """One record as the CRM holds it. `fields` are JSON values; `writes` counts its writes.

    `linked_from`: the records that link to it, where one record is asked for.
    """

    id: str
    key: str
    fields: Mapping[str, Any]
    links: tuple[Ref, ...]
    writes: int
    linked_from: tuple[Ref, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """Entries, newest first. `next` is the `before` of the page that follows, None on the last."""

    items: tuple[Entry, ...]
    next: str | None = None


@runtime_checkable
class Browsable(Protocol):
    """A connector that can list what its CRM holds.

    It asks nothing of the rate limit: people look, the gateway doesn't.
    """

    async def objects(self) -> Mapping[str, int]:
        """Count the records of each object that has any."""

    async def records(self, object: str, limit: int, before: str | None = None) -> Page:
        """List at most `limit` records of an object.

        Raises ValueError where `before` is no page's `next`.
        """


@runtime_checkable
class Searchable(Protocol):
    """A connector that finds records among those that it lists as `Browsable`.

    It asks nothing of the rate limit either.
    """

    async def find_record(self, object: str, *, id: str = "", key: str = "") -> Entry | None:
        """Give the record with this id, or else with this key, and with what links to it.

        None where there is none.
        """

    async def search_records(
        self, object: str, text: str, limit: int, before: str | None = None
    ) -> Page:
        """List at most `limit` records whose key holds the text, in whichever case.

        Raises ValueError where `before` is no page's `next`.
        """


@runtime_checkable
class Addressable(Protocol):
    """A connector whose records have pages that people can open."""

    def record_url(self, object: str, id: str) -> str | None:
        """Give the https address of a record's page, None where it has none. Calls no CRM."""
