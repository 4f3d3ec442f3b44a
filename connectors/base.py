"""What a connector is: the interface, version 1. Read this page, copy `connectors/sandbox`, run
`connectors.testing` against the copy.

A connector turns keyed records into calls of one CRM, and the CRM's answers into outcomes. The
gateway owns the rest: order, batches, rate, backoff, dead letters. It promises that a key stands
once in a batch, that one person is never in two batches at once, and that records arrive after the
records that they link to. A record may come again after a crash or a lost answer, so writing it
twice must be harmless. A synchronous client runs on `connectors.threads`.

Announce the class under the entry point group `aom_gateway.connectors`; its name there is the
`type` in the configuration:

    [project.entry-points."aom_gateway.connectors"]
    mycrm = "mycrm:MyConnector"

`Connector` is all that a connector must have. What it can do beyond that, it says by having the
methods of an optional part; the gateway looks for them with `isinstance`:

    Connector           API, Settings, limits, key_fields; open, upsert, check, aclose
    optional
    ├── Links           link: records are tied in calls of their own
    ├── Reads           read: what records hold now, for `overwrite` and `mode` of a mapping
    ├── Grows           grow: makes options of multiple-choice fields, for `grow` of a mapping
    ├── ShipsMappings   shipped_mappings: routes for `mapping = "standard"`, and others beside it
    ├── Identifies      account: which account of the CRM this is
    ├── Provisions      plan, provision: makes what the CRM lacks for a mapping
    ├── Erases          plan_erasure, erase: a person in the CRM
    ├── Browsable       objects, records: lists what the CRM holds
    └── Addressable     record_url: where a person sees a record

What `upsert` and `link` return speaks of each record:

    Outcome
    ├── Saved           written
    ├── Retry           not now: a lock, a parent that is not there yet
    └── Refused         never, as it stands: a dead letter

What they raise speaks of the whole call, and its type says what helps:

    ConnectorError
    ├── Throttled       the CRM wants fewer calls: wait, count no attempt
    ├── Unavailable     no usable answer (network, 5xx): back off and repeat
    │   └── TimedOut    no answer in time: smaller calls, once the CRM must be through with it
    ├── AuthFailed      the credentials are refused: pause, raise an alarm, count no attempt
    ├── Misconfigured   set-up is missing in the CRM (a field, a scope): the same
    └── BatchRefused    all refused for some record: split until the record stands alone

Anything else that is raised is treated as Unavailable, and counted as a defect of the connector.

`__all__` is the surface of version 1, whichever module of this package a name lives in. Within a
version it only grows: by optional parts, and by fields with defaults. What would break a connector
that keeps to it makes another version, and a connector that names another one is refused by
`connectors.registry`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, Protocol, Self, runtime_checkable

from connectors.outcomes import (
    AuthFailed,
    BatchRefused,
    ConnectorError,
    Misconfigured,
    Outcome,
    Refused,
    RefusedOption,
    Retry,
    Saved,
    Throttled,
    TimedOut,
    Unavailable,
)
from connectors.records import Append, JsonText, Link, Record, Ref, Value
from connectors.settings import CallGate, ConnectorSettings, Context, Limits, RateLimit

__all__ = [
    "API",
    "Addressable",
    "Append",
    "AuthFailed",
    "BatchRefused",
    "Browsable",
    "CallGate",
    "Connector",
    "ConnectorError",
    "ConnectorSettings",
    "Context",
    "Entry",
    "Erases",
    "FieldNeed",
    "FieldType",
    "Found",
    "Grows",
    "Identifies",
    "JsonText",
    "Limits",
    "Link",
    "Links",
    "Misconfigured",
    "Needs",
    "ObjectNeed",
    "Outcome",
    "Page",
    "Plan",
    "Problem",
    "Provisions",
    "RateLimit",
    "Reads",
    "Record",
    "Ref",
    "Refused",
    "RefusedOption",
    "Report",
    "Retry",
    "Saved",
    "ShipsMappings",
    "Step",
    "Throttled",
    "TimedOut",
    "Unavailable",
    "Value",
    "read_shipped_mappings",
]

API = 1
"""The version of this interface, the only one that this gateway speaks."""

# --- what a mapping needs of the CRM, and what stands in its way ---------------------------------

FieldType = Literal["string", "number", "boolean", "date", "datetime", "choice", "choices"]
"""What kind of value a field holds: one of its options is a `choice`, several are `choices`."""


@dataclass(frozen=True, slots=True)
class FieldNeed:
    """What a mapping writes into a field: its type where known, the constants that it can give."""

    type: FieldType | None = None
    values: frozenset[str] = frozenset()
    places: tuple[str, ...] = ()  # where in the mapping, e.g. "routes[1].upsert[0].fields.amount"
    grows: bool = False  # of `choices`: further options are made as they come, see `Grows`


@dataclass(frozen=True, slots=True)
class ObjectNeed:
    """What the mapping writes of one object."""

    object: str
    key_field: str | None
    fields: Mapping[str, FieldNeed]
    links: tuple[str, ...] = ()  # the objects that it is linked to


Needs = Sequence[ObjectNeed]
"""All that the configured routes write through one connector."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What will not work: its place, and its remedy in the CRM's own words ("Settings → …")."""

    where: str
    message: str
    remedy: str = ""
    fatal: bool = True  # False: a warning


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that `provision` would create. `data` is the connector's own."""

    text: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is missing in the CRM, and what stands in the way of creating it."""

    steps: tuple[Step, ...] = ()
    blockers: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """What `provision` did, in the plan's order; it stops for nothing but a ConnectorError."""

    done: tuple[str, ...] = ()
    failed: tuple[Problem, ...] = ()


# --- the required part ---------------------------------------------------------------------------


class Connector(Protocol):
    """One CRM account. All methods but `open` may call the CRM and raise ConnectorError."""

    API: ClassVar[int]
    """The version of the interface that it is written for, as a number: `API = 1`."""
    Settings: ClassVar[type[ConnectorSettings]]
    """What its table in the configuration may hold."""
    limits: Limits
    """How much the CRM takes at once."""
    key_fields: ClassVar[Mapping[str, str]]
    """The field that holds an object's key, unless a mapping says so: `{"contact": "email"}`."""

    @classmethod
    def open(cls, settings: Any, context: Context) -> Self:
        """Make a connector of checked settings (of `cls.Settings`). No call of the CRM yet."""

    async def upsert(self, object: str, records: Sequence[Record]) -> Sequence[Outcome]:
        """Write up to `limits.records` records of one object and one key field.

        Outcomes come in the same order, as many. Where a record has a `former_key`, the one with
        its `id` gets the new key; where another has that already, that one is written.
        """

    async def check(self, needs: Needs) -> Sequence[Problem]:
        """Find what is wrong with credentials, permissions and limits, and what is not taken."""

    async def aclose(self) -> None:
        """Give back threads and connections. Calls under way may finish."""


# --- optional parts ------------------------------------------------------------------------------


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
    """One record as the CRM holds it. `fields` are JSON values; `writes` counts its writes."""

    id: str
    key: str
    fields: Mapping[str, Any]
    links: tuple[Ref, ...]
    writes: int


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
class Addressable(Protocol):
    """A connector whose records have pages that people can open."""

    def record_url(self, object: str, id: str) -> str | None:
        """Give the https address of a record's page, None where it has none. Calls no CRM."""


def read_shipped_mappings(connector: type[Connector]) -> Mapping[str, str]:
    """Give the mappings that a connector ships, as TOML text by name; none where it ships none."""
    return connector.shipped_mappings() if issubclass(connector, ShipsMappings) else {}
